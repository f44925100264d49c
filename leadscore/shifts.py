"""What differs between the older and the newer leads, and who is on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.ablation import binned
from leadscore.errors import DataError
from leadscore.findings import Finding
from leadscore.metrics import temporal_split
from leadscore.snapshotfacts import COMPANY
from leadscore.stability import psi

__all__ = ["DRIFTING", "on_both_sides", "shifting"]

DRIFTING = 0.25  # of the population stability index: a major shift (Siddiqi 2006)
_BINS = 10
_TRAIN_SHARE = 0.7
_FEWEST_ROWS = 100
_NOTABLE = 0.01

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def shifting(
    prepared: pd.DataFrame, properties: Sequence[str], times: pd.Series
) -> Iterator[Finding]:
    """Find properties that are otherwise in the newest 30 % of the rows than before.

    Parameters
    ----------
    prepared : DataFrame
        float64 and text columns.
    properties : sequence of str
        The property of each column.
    times : Series of datetime
        When each row was true.
    """
    sides = _sides(times)
    if sides is None or min(side.sum() for side in sides) < _FEWEST_ROWS:
        return
    worst: dict[str, float] = {}
    for name, owner in zip(prepared.columns, properties, strict=True):
        codes = binned(prepared[name], _BINS)
        counts = [np.bincount(codes[side], minlength=codes.max() + 1) for side in sides]
        worst[owner] = max(worst.get(owner, 0.0), psi(*counts))
    for name, index in worst.items():
        if index >= DRIFTING:
            evidence = (
                "between the older 70 % and the newer 30 % of the rows its values shift:"
                f" population stability index {index:.2f} (limit {DRIFTING})"
            )
            advice = "Ask whether it is still filled in the same way."
            yield Finding(name, "drifting", evidence, "advice", advice)


def _sides(times: pd.Series, gap: pd.Timedelta | None = None) -> tuple[Mask, Mask] | None:
    moments = pd.to_datetime(times, utc=True).to_numpy("datetime64[us]")
    try:
        return temporal_split(moments, train_share=_TRAIN_SHARE, gap=gap or pd.Timedelta(0))
    except DataError:
        return None


def on_both_sides(data: pd.DataFrame) -> Iterator[Finding]:
    """Find persons, companies and outcomes that reach over the cut between older and newer rows.

    A split must put each person on one side, and leave out the rows whose outcome was not known
    when the newer ones began; this says what that costs.

    Parameters
    ----------
    data : DataFrame
        A training frame; ``attrs["horizon_days"]`` is the goal's horizon.
    """
    sides = _sides(data["snapshot_at"])
    if sides is None:
        return
    older, newer = sides
    for column, what in (("contact_id", "contacts"), (COMPANY, "companies")):
        if column in data:
            yield from _shared(data[column], older, newer, what)
    days = data.attrs.get("horizon_days") or 0
    within = _sides(data["snapshot_at"], pd.Timedelta(days=days))
    lost = 1.0 if within is None else 1.0 - float(within[0].sum() / older.sum())
    if days and lost >= _NOTABLE:
        evidence = f"the outcome of {lost:.0%} of the older rows was not known when the newer began"
        advice = "A test on the newer rows must do without them: leave a gap of the horizon."
        yield Finding("snapshot_at", "time overlap", evidence, "advice", advice)


def _shared(values: pd.Series, older: Mask, newer: Mask, what: str) -> Iterator[Finding]:
    ids = [set(values[side].dropna()) for side in (older, newer)]
    both = ids[0] & ids[1]
    if both and len(both) >= _NOTABLE * len(ids[1]):
        share = float(values[newer].isin(both).mean())
        evidence = (
            f"{len(both)} {what} are in the older and the newer rows: {share:.0%} of the newer"
        )
        advice = (
            f"A test must keep {what} on one side: what is learnt of one is no forecast for it."
        )
        yield Finding(str(values.name), "on both sides", evidence, "advice", advice)
