"""The model card: what a model was made of, as plain JSON."""

from __future__ import annotations

import hashlib
import json
import platform
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.features import Selection
from leadscore.fitting import Fit
from leadscore.snapshotfacts import bare

__all__ = ["installed_versions", "make_card", "quantiles"]

_NEEDED = {"ebm": ("interpret-core",)}  # to fit it, not to read it


def make_card(
    data: pd.DataFrame,
    fitted: Fit,
    *,
    selection: Selection,
    limits: Mapping[str, tuple[float, float]],
    excluded: list[dict[str, str]],
    set_aside: list[dict[str, str]],
    recipe: dict[str, Any],
) -> dict[str, Any]:
    """Return the card of a model just fitted, without metrics and quantiles.

    Parameters
    ----------
    data : DataFrame
        The training rows that were used.
    fitted : Fit
        The pipeline and its recalibration.
    selection : Selection
        Types and options of the properties that were used.
    limits : mapping
        Of prepared columns, as `leadscore.features.value_limits` gives them.
    excluded, set_aside : list of dict
        ``property`` and ``why``: leaks and wishes, and clocks that did not help.
    recipe : dict
        The arguments that make the same model again: ``drop``, ``keep``, ``seed``, ``learner``.
    """
    facts = data.attrs
    card: dict[str, Any] = {
        "goal": facts.get("goal", ""),
        "goal_text": str(facts.get("goal_text", facts.get("goal", ""))),
        "horizon_days": facts.get("horizon_days"),
        "time_known": bool(facts.get("time_known", True)),
        "store_version": facts.get("store_version"),
        "features": _features(data, selection),
        "limits": {name: list(span) for name, span in limits.items()},
        "ahead": bool(facts.get("history")),
        "history": bool(facts.get("history")),
        "snapshots": facts.get("snapshots"),
        "pairs": [list(pair) for pair in fitted.pairs],
        "means": defaultdict(float),  # of each term; known once the terms are
        "excluded": excluded,
        "set_aside": set_aside,
        "recipe": recipe,
        "training": _training(data),
        "recalibration": _recalibration(data, fitted),
        "strength": fitted.strength,
        "protocol": None,
        "metrics": None,
        "versions": installed_versions(*_NEEDED.get(recipe.get("learner", ""), ())),
    }
    identity = _identity(card, fitted)
    return {"id": identity, "created": datetime.now(UTC).isoformat(timespec="seconds"), **card}


def quantiles(
    contributions: pd.DataFrame, logits: NDArray[np.float64], *, groups: Mapping[str, str]
) -> dict[str, list[float]]:
    """Return what scores are read off: order statistics of the newest rows' sums.

    Parameters
    ----------
    contributions : DataFrame
        Of the newest rows, one column per property.
    logits : ndarray of float64, shape (n_rows,)
        Their logits.
    groups : mapping
        ``fit`` or ``engagement`` for each property.

    Returns
    -------
    dict
        Up to 1,000 evenly spaced order statistics for ``whole`` and for each group that has
        properties.

    Examples
    --------
    >>> parts = pd.DataFrame({"visits": [0.5, -0.5]})
    >>> quantiles(parts, np.array([-1.5, -2.5]), groups={"visits": "engagement"})
    {'whole': [-2.5, -1.5], 'engagement': [-0.5, 0.5]}
    """
    sums = {"whole": logits}
    for group in ("fit", "engagement"):
        members = [name for name in contributions.columns if groups[name] == group]
        if members:
            sums[group] = contributions[members].to_numpy().sum(axis=1)
    return {name: _grid(values) for name, values in sums.items()}


def _grid(values: NDArray[np.float64]) -> list[float]:
    size = min(1000, len(values))
    ranks = ((np.arange(size) + 0.5) / size * len(values)).astype(int)
    return [float(value) for value in np.sort(values)[ranks]]


def installed_versions(*further: str) -> dict[str, str]:
    """Return the versions that a model depends on, and those of further packages.

    Examples
    --------
    >>> sorted(installed_versions())
    ['leadscore', 'numpy', 'pandas', 'python', 'scikit-learn', 'skops']
    """
    packages = ("leadscore", "numpy", "pandas", "scikit-learn", "skops", *further)
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def _features(data: pd.DataFrame, selection: Selection) -> list[dict[str, Any]]:
    labels, groups = data.attrs.get("labels", {}), data.attrs.get("groups", {})
    families, values = data.attrs.get("families", {}), bare(data)
    return [
        {
            "name": name,
            "type": selection.types[name],
            "group": groups.get(name, "fit"),
            "label": labels.get(name, name),
            "property": families.get(name, name),
            **({"options": list(selection.options[name])} if name in selection.options else {}),
            "missing": round(float(values[name].isna().mean()), 6),
        }
        for name in sorted(selection.types)
    ]


def _training(data: pd.DataFrame) -> dict[str, Any]:
    times = pd.to_datetime(data["snapshot_at"], utc=True)
    return {
        "rows": len(data),
        "contacts": int(data["contact_id"].nunique()),
        "conversions": int(data["outcome"].sum()),
        "base_rate": float(data["outcome"].mean()),
        "from": times.min().isoformat(),
        "until": times.max().isoformat(),
    }


def _recalibration(data: pd.DataFrame, fitted: Fit) -> dict[str, Any]:
    newest = data.loc[fitted.newest, "outcome"]
    return {
        "method": fitted.method,
        "slope": fitted.slope,
        "intercept": fitted.intercept,
        "rows": len(newest),
        "rate": float(newest.mean()),
    }


def _identity(card: dict[str, Any], fitted: Fit) -> str:
    """Return ten hex digits that the same data and recipe always give, at any time."""
    logistic = fitted.pipeline.named_steps["logistic"]
    known = {
        key: card[key]
        for key in ("goal", "horizon_days", "features", "pairs", "recipe", "training")
    }
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode())
    digest.update(logistic.coef_.tobytes() + logistic.intercept_.tobytes())
    return digest.hexdigest()[:10]
