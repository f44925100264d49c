"""Whether scores can be written at all: nothing that is no score ever gets into a plan."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.errors import PlanError
from leadscore.scoreproperties import REACHED, TIERS

__all__ = ["usable"]

_COLUMNS = (
    *("contact_id", "probability", "score", "tier", "fit", "engagement", "reasons", "model"),
)
_HINT = "Give what `score` returns; nothing was planned."
_MOST = {"score": 100.0, "fit": 100.0, "engagement": 100.0, "probability": 1.0}
_WHOLE = ("score", "fit", "engagement")
_MAY_LACK = ("fit", "engagement")

Flags = NDArray[np.bool_]


def usable(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores that are to be planned, or say what is wrong with them.

    Parameters
    ----------
    scores : DataFrame
        As `leadscore.score` returns it. Rows with a true ``held_out`` are left out.

    Returns
    -------
    DataFrame
        The columns that are written, ``contact_id`` as text; ``attrs`` stay.

    Raises
    ------
    PlanError
        A column or a value is missing, not finite, not whole, out of range or no number at all; a
        contact has two rows; an id is none that HubSpot gives.
    """
    if lacking := [name for name in _COLUMNS if name not in scores]:
        raise PlanError(f"The scores lack {', '.join(lacking)}.", hint=_HINT)
    if "held_out" in scores:
        scores = scores[~scores["held_out"].astype("boolean").fillna(value=False).astype(bool)]
    ids = scores["contact_id"].astype("str")
    _refuse(~ids.str.fullmatch(r"[0-9]{1,19}").to_numpy(bool), scores, "contact_id", "no id")
    _refuse(ids.duplicated(keep=False).to_numpy(), scores, "contact_id", "more than one score")
    _refuse(~scores["tier"].isin(TIERS).to_numpy(), scores, "tier", "no tier")
    open_ones = (scores["tier"] != REACHED).to_numpy()
    for name in _MOST:
        _refuse(_bad(scores[name], name) & open_ones, scores, name, f"no usable {name}")
    for name in ("reasons", "model"):
        _refuse(~scores[name].map(_is_text).to_numpy(bool), scores, name, f"no {name}")
    return scores[list(_COLUMNS)].assign(contact_id=ids)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _bad(values: pd.Series, name: str) -> Flags:
    """Return which values cannot be written as this number."""
    found = _floats(values)
    within = (found >= 0) & (found <= _MOST[name])
    if name in _WHOLE:
        within &= np.floor(found) == found
    return ~(within | (np.isnan(found) & (name in _MAY_LACK)))


def _floats(values: pd.Series) -> NDArray[np.float64]:
    """Return numbers, ``nan`` for what is missing, ``inf`` for what is no number."""
    if pd.api.types.is_integer_dtype(values) or pd.api.types.is_float_dtype(values):
        return values.to_numpy(dtype="float64", na_value=np.nan)
    return np.array([_float(value) for value in values], dtype="float64")


def _float(value: Any) -> float:
    if value is None or value is pd.NA:
        return math.nan
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        return math.inf
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _refuse(bad: Flags, scores: pd.DataFrame, name: str, what: str) -> None:
    if not bad.any():
        return
    first = scores.loc[bad].iloc[0]
    who = repr(first["contact_id"])[:40]
    shown = "" if name in ("contact_id", "reasons") else f": {str(first[name])[:40]!r}"
    raise PlanError(
        f"{int(bad.sum()):,} of {len(scores):,} contacts have {what}; the first is {who}{shown}.",
        hint=_HINT,
    )
