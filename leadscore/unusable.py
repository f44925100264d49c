"""Properties that a model cannot learn from: empty, constant, names and numbers of contacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from leadscore.features import Selection
from leadscore.findings import Finding
from leadscore.snapshotfacts import bare

__all__ = ["unusable"]

_DENSE = 3  # whole numbers, all different, spread over at most this many times their count: ids
_FEWEST = 100
_LONG = 1e6  # whole numbers of seven digits and more that hardly repeat may be ids with gaps
_UNIQUE = 0.99


def unusable(
    data: pd.DataFrame, selection: Selection, owners: Mapping[str, str]
) -> Iterator[Finding]:
    """Find what is empty, constant, nearly unique, or a running number.

    A property with derived columns is unusable when all of its columns are.

    Parameters
    ----------
    data : DataFrame
        A training frame, sorted by contact and time.
    selection : Selection
        What `leadscore.features.select` says of it.
    owners : mapping
        The property of each column.
    """
    data = bare(data)
    flaws = {entry["property"]: entry["why"] for entry in selection.excluded}
    columns = pd.Series(owners)
    for name, group in columns.groupby(columns, sort=True):
        parts = [str(column) for column in group.index]
        if all(part in flaws for part in parts):
            why = flaws.get(str(name), flaws[parts[0]])
            yield Finding(str(name), "nothing to learn", why, "exclude", "Leave it out.")
        elif all(_is_constant(data[part]) for part in parts):
            evidence = "it has the same value in every row"
            yield Finding(
                str(name), "constant", evidence, "advice", "It tells no lead from another."
            )
    yield from _identifiers(data, selection)


def _is_constant(values: pd.Series) -> bool:
    first = values.iloc[0]
    if isinstance(first, (list, tuple, set, np.ndarray)):
        return False
    return bool(values.notna().all() and (values == first).all())


def _identifiers(data: pd.DataFrame, selection: Selection) -> Iterator[Finding]:
    newest = data.drop_duplicates("contact_id", keep="last")
    for name, type_ in selection.types.items():
        if type_ != "number":
            continue
        values = newest[name].dropna().to_numpy("float64")
        if _counts_up(values):
            evidence = "whole numbers, all different, with hardly a gap"
            yield Finding(name, "identifier", evidence, "exclude", "Leave it out.")
        elif _nearly_unique(values):
            evidence = (
                f"{len(values)} long whole numbers, {len(np.unique(values))} of them different"
            )
            advice = "Leave it out if it is a number that names something."
            yield Finding(name, "nearly unique", evidence, "advice", advice)


def _counts_up(values: np.ndarray) -> bool:
    if len(values) < _FEWEST or len(np.unique(values)) < len(values):
        return False
    return _whole(values) and float(np.ptp(values)) < _DENSE * len(values)


def _nearly_unique(values: np.ndarray) -> bool:
    if len(values) < _FEWEST or float(np.median(np.abs(values))) < _LONG or not _whole(values):
        return False
    return len(np.unique(values)) >= _UNIQUE * len(values)


def _whole(values: np.ndarray) -> bool:
    return bool(np.all(np.mod(values, 1) == 0))
