"""Is a model still true: what it is asked about now, and what became of the scores it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore.curves import wilson
from leadscore.drifting import drift, mean, worth
from leadscore.errors import ModelError
from leadscore.forward import FORWARD, forward_check
from leadscore.keptmodels import check_goal, read_card
from leadscore.reference import age_weights, reference_of
from leadscore.registry import goal_of, load_live
from leadscore.snapshots import training_set

if TYPE_CHECKING:
    from leadscore.keptmodels import Model
    from leadscore.store import Store

__all__ = ["base_rates", "monitor"]


def monitor(
    store: Store,
    model: Model | None = None,
    *,
    data: pd.DataFrame | None = None,
    prefix: str | None = None,
) -> pd.DataFrame:
    """Watch a model: drift, missing values, base rate by month, and the forward check.

    Parameters
    ----------
    store : Store
        A synced store.
    model : LeadModel or PointsModel, optional
        By default the live one.
    data : DataFrame, optional
        A training frame of its goal, made now; by default made from the store. The rows after
        those that the model learnt from are compared with them: snapshots of the same kind, whether
        their outcome is known yet or not.
    prefix : str, optional
        Whose live model; by default that of the settings (``LEADSCORE_PREFIX``).

    Returns
    -------
    DataFrame
        ``model``, ``property`` (str; empty: the score, or all of it), ``check``, ``part`` (str),
        ``expected``, ``value``, ``low``, ``high`` (float64, 95 %), ``rows`` (Int64), ``verdict``
        ("ok", "advice", "alarm", "too few") and ``advice`` (str). Checks: "psi" and "missing" (see
        `leadscore.drifting.drift`), "base rate" by month, "scores", "forward …" and "feedback" of
        every model that gave scores (see `leadscore.forward.forward_frame`). ``attrs``: ``model``,
        ``later_rows``, ``alarms`` and ``advice`` (how many).

    Raises
    ------
    DataError
        No model is live, or the store holds too little.
    ModelError
        The model cannot be loaded, or the data are about another goal or lack its columns.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> ls.monitor(ls.open_store(tempfile.mkdtemp()))
    Traceback (most recent call last):
    ...
    leadscore.errors.DataError: No model is live under the prefix 'leadscore'. Run ...
    """
    watched = load_live(store, prefix=prefix) if model is None else model
    rows = training_set(store, goal_of(watched)) if data is None else data
    check_goal(watched, rows)
    later = rows[rows["snapshot_at"] > pd.Timestamp(watched.card["training"]["until"])]
    later.attrs = dict(rows.attrs)
    parts = [
        _drift(watched, rows, later),
        base_rates(watched, rows).assign(model=watched.id),
        forward_check(store, promised=_promised(store)),
    ]
    found = pd.concat([part.reindex(columns=list(FORWARD)) for part in parts if len(part)])
    found = found.reset_index(drop=True)
    found.attrs = {
        "model": watched.id,
        "later_rows": len(later),
        "alarms": int((found["verdict"] == "alarm").sum()),
        "advice": int((found["verdict"] == "advice").sum()),
    }
    return found


def _drift(model: Model, rows: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    if later.empty:
        return later.head(0)
    known = model.card.get("reference")
    if known is None:
        known = reference_of(model, rows.drop(index=later.index))
    return drift(model, later, reference=known).assign(model=model.id)


def base_rates(model: Model, data: pd.DataFrame) -> pd.DataFrame:
    """Return the share of snapshots that converted, by month of the snapshot (UTC).

    Only months of which an outcome is known. Those after the model's training rows are judged: one
    whose interval does not hold the rate of the training rows makes its probabilities doubtful.
    Where the frame has ``createdate`` and the card a reference, every month is weighted to the ages
    of the training rows' contacts (`leadscore.reference.age_weights`).

    Parameters
    ----------
    model : LeadModel or PointsModel
    data : DataFrame
        A training frame of its goal.

    Returns
    -------
    DataFrame
        As `monitor`, but for ``model``; ``part`` is the month.
    """
    known = data[data["outcome"].notna()]
    months = pd.to_datetime(known["snapshot_at"], utc=True).dt.strftime("%Y-%m")
    until = pd.Timestamp(model.card["training"]["until"]).strftime("%Y-%m")
    ages = model.card.get("reference", {}).get("ages")
    rate = float(model.card["training"]["base_rate"])
    rows = [
        _month(str(month), own, ages, rate, judged=str(month) > until)
        for month, own in known.groupby(months)
    ]
    return pd.DataFrame(rows, columns=list(FORWARD)).astype({"rows": "Int64"})


def _month(
    month: str, own: pd.DataFrame, ages: dict[str, Any] | None, rate: float, *, judged: bool
) -> dict[str, Any]:
    weights = age_weights(ages, own)
    value, contacts = mean(own["outcome"], weights), worth(own, weights)
    low, high = (float(b[0]) for b in wilson(np.array([value]), np.array([max(1, contacts)])))
    off = judged and (rate < low or rate > high)
    said = f"Not the {rate:.1%} of the training rows: train again, or watch the probabilities."
    return {
        "property": "",
        "check": "base rate",
        "part": month,
        "expected": rate,
        "value": value,
        "low": low,
        "high": high,
        "rows": len(own),
        "verdict": "advice" if off else "ok",
        "advice": said if off else "",
    }


def _promised(store: Store) -> dict[str, pd.DataFrame]:
    """Return what each model's backtest gave, from the cards that can be read."""
    found: dict[str, pd.DataFrame] = {}
    for folder in sorted((store.workspace / "models").glob("*")):
        metrics = _card(folder).get("metrics")
        if metrics:
            found[folder.name] = pd.DataFrame(metrics)
    return found


def _card(folder: Any) -> dict[str, Any]:
    try:
        return read_card(folder)
    except ModelError:
        return {}
