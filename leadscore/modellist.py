"""The list of a workspace's models, damaged ones included."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore.errors import ModelError
from leadscore.keptmodels import read_card
from leadscore.promotions import DEFAULT_PREFIX, live_id, promotions
from leadscore.store import Store

__all__ = ["models"]

_FIGURES = ("roc_auc", "brier_skill")
_COLUMNS = {
    "id": "str",
    "created": "datetime64[us, UTC]",
    "goal": "str",
    "prefix": "str",
    "rows": "Int64",
    "conversions": "Int64",
    "roc_auc": "float64",
    "roc_auc_low": "float64",
    "roc_auc_high": "float64",
    "brier_skill": "float64",
    "signal": "boolean",
    "live": "bool",
    "promoted_at": "datetime64[us, UTC]",
    "why": "str",
    "problem": "str",
}


def models(store: Store) -> pd.DataFrame:
    """List the models of a workspace, oldest first.

    Parameters
    ----------
    store : Store

    Returns
    -------
    DataFrame
        One row per model and prefix: ``id`` (str), ``created`` (datetime64[us, UTC]), ``goal``,
        ``prefix`` (str), ``rows``, ``conversions`` (Int64, of the training rows), ``roc_auc``,
        ``roc_auc_low``, ``roc_auc_high``, ``brier_skill`` (float64, missing where it was never
        evaluated), ``signal`` (boolean), ``live`` (bool), ``promoted_at`` (datetime64[us, UTC]:
        when it became live last), ``why`` (str, of that promotion), ``problem`` (str: why it
        cannot be loaded, empty when it can).

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> ls.models(store).empty
    True
    """
    history = promotions(store.ledger)
    folders = sorted(path for path in (store.workspace / "models").glob("*") if path.is_dir())
    rows = [row for folder in folders for row in _rows(store, folder, history)]
    return _typed(pd.DataFrame(rows, columns=list(_COLUMNS)))


def _typed(found: pd.DataFrame) -> pd.DataFrame:
    for name in ("created", "promoted_at"):
        found[name] = pd.to_datetime(found[name], utc=True, format="ISO8601")
    return found.astype(_COLUMNS).sort_values(["created", "id", "prefix"], ignore_index=True)


def _rows(store: Store, folder: Path, history: pd.DataFrame) -> list[dict[str, Any]]:
    card, problem = _card(folder)
    facts = {"id": folder.name, "problem": problem, **_facts(card)}
    own = history[history["model"] == folder.name]
    live = [p for p in {DEFAULT_PREFIX, *own["prefix"]} if live_id(store.ledger, p) == folder.name]
    prefixes = sorted({*own["prefix"], *live}) or [str(card.get("prefix", DEFAULT_PREFIX))]
    return [facts | {"live": p in live} | _promotion(own[own["prefix"] == p]) | {"prefix": p}
            for p in prefixes]  # fmt: skip


def _card(folder: Path) -> tuple[dict[str, Any], str]:
    try:
        return read_card(folder), ""
    except ModelError as error:
        return {}, error.message


def _facts(card: Mapping[str, Any]) -> dict[str, Any]:
    figures = {row["metric"]: row for row in card.get("metrics") or []}
    auc, skill = (figures.get(name, {}) for name in _FIGURES)
    training = card.get("training", {})
    return {
        "created": card.get("created"),
        "goal": str(card.get("goal_text", "")),
        "rows": training.get("rows"),
        "conversions": training.get("conversions"),
        "roc_auc": auc.get("value"),
        "roc_auc_low": auc.get("low"),
        "roc_auc_high": auc.get("high"),
        "brier_skill": skill.get("value"),
        "signal": card.get("signal"),
    }


def _promotion(own: pd.DataFrame) -> dict[str, Any]:
    if own.empty:
        return {"promoted_at": None, "why": ""}
    last = own.iloc[-1]
    return {"promoted_at": last["promoted_at"].isoformat(), "why": last["why"]}
