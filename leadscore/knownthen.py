"""The values of contacts as they were known at some moments, as a typed frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.arrowtypes import to_frame
from leadscore.asof import NOTHING, Moments
from leadscore.eventpasts import event_columns
from leadscore.evidence import Evidence
from leadscore.hubspot.wirevalues import option_lists
from leadscore.pasts import Past
from leadscore.recencies import growth, since
from leadscore.snapshotfacts import BESIDE, COMPANY
from leadscore.snapshottimes import WINDOWS

__all__ = ["ENDINGS", "known_then", "values_at"]

ENDINGS = (*(f"__{days}d" for days in WINDOWS), "__since")


def known_then(
    evidence: Evidence, contact: npt.NDArray[Any], at: npt.NDArray[np.int64]
) -> dict[str, pd.Series[Any]]:
    """Return the columns of snapshots: properties, what is derived, and what stands beside.

    Parameters
    ----------
    evidence : Evidence
    contact, at : array of int, shape (n,)
        Places of contacts, and epoch milliseconds.

    Returns
    -------
    dict of str to Series, shape (n,)
        Typed as the store's columns. A property's derived columns follow it.
    """
    moments = Moments(contact, at, evidence.pasts.merged[contact])
    columns: dict[str, pd.Series[Any]] = {}
    for name in evidence.names:
        past = evidence.pasts.by_property.get(name)
        if past is None:  # known since its record was made
            columns[name] = evidence.contacts[name].take(contact).reset_index(drop=True)
            continue
        if name in evidence.events:
            columns |= event_columns(name, past, moments)
            continue
        place = moments.last(past)
        columns[name] = values_at(past, place)
        columns |= _derived(evidence, name, past, place, moments)
    return columns | _beside(evidence, contact, moments)


def _beside(
    evidence: Evidence, contact: npt.NDArray[Any], moments: Moments
) -> dict[str, pd.Series[Any]]:
    pasts = {n: evidence.pasts.by_property[n] for n in BESIDE if n in evidence.pasts.by_property}
    columns = {name: values_at(past, moments.last(past)) for name, past in pasts.items()}
    if COMPANY not in pasts and COMPANY in evidence.contacts:
        # Who belongs together: today's will do.
        columns[COMPANY] = evidence.contacts[COMPANY].take(contact).reset_index(drop=True)
    return columns


def _derived(
    evidence: Evidence, name: str, past: Past, place: npt.NDArray[np.int64], moments: Moments
) -> dict[str, pd.Series[Any]]:
    found = {}
    if name in evidence.derived["counters"]:
        for days in WINDOWS:
            found[f"{name}__{days}d"] = pd.Series(growth(past, place, moments, days=days))
    if name in evidence.derived["changing"]:
        found[f"{name}__since"] = pd.Series(since(past, place, moments.ms))
    return found


def values_at(past: Past, place: npt.NDArray[np.int64]) -> pd.Series[Any]:
    """Return the values of entries, typed as in the store's tables.

    Parameters
    ----------
    past : Past
    place : array of int64, shape (n,)
        Places of entries; -1 for none.

    Returns
    -------
    Series, shape (n,)
        float64, boolean, datetime64[us, UTC], str, or lists of str (object), by the kind.

    Examples
    --------
    >>> past = Past("bool", np.zeros(1, "int32"), np.zeros(1, "int64"), np.array([1.0]),
    ...             pa.array([], pa.string()))
    >>> values_at(past, np.array([0, -1])).tolist()
    [True, <NA>]
    """
    value = np.append(past.value, np.nan)[np.where(place == NOTHING, len(past.value), place)]
    if past.kind == "number":
        return pd.Series(value)
    missing = np.isnan(value)
    whole = np.where(missing, 0, value).astype(np.int64)
    if past.kind == "bool":
        return pd.Series(pd.arrays.BooleanArray(whole.astype(bool), missing))
    if past.kind == "time":
        found = pa.array(whole, pa.int64(), mask=missing).cast(pa.timestamp("us", "UTC"))
    else:
        levels = past.levels if past.kind == "text" else _option_lists(past.levels)
        found = levels.take(pa.array(whole, pa.int64(), mask=missing))
    return to_frame(pa.table({"value": found}))["value"]


def _option_lists(levels: pa.Array) -> pa.Array:
    empty = pc.equal(pc.binary_length(levels), 0)
    return option_lists(pc.if_else(empty, pa.scalar(None, pa.string()), levels))
