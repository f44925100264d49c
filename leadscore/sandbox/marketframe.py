"""Batches as one typed table: the current values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.sandbox.marketruns import ends

if TYPE_CHECKING:
    from leadscore.sandbox.markethistory import Batch

__all__ = ["current_values"]


def current_values(
    batches: Iterable[Batch], names: tuple[str, ...], kinds: Mapping[str, tuple[str, str]]
) -> pd.DataFrame:
    """Return the current values of all records that are not archived.

    Parameters
    ----------
    batches : iterable of Batch
        Of one kind.
    names : tuple of str
        The properties in the order of their places.
    kinds : mapping of str to (str, str)
        Type and field type of each property.

    Returns
    -------
    DataFrame, index record id (str)
        number float64; bool boolean; date and datetime datetime64[us, UTC]; checkbox lists;
        everything else str.
    """
    wholes = [_wires(batch, len(names)) for batch in batches]
    ids = np.concatenate([ids for ids, _ in wholes])
    index = pd.Index(ids.astype(str), name="hs_object_id", dtype="str")
    columns = {
        name: _typed(np.concatenate([wires[place] for _, wires in wholes]), *kinds[name])
        for place, name in enumerate(names)
    }
    return pd.DataFrame(columns).set_index(index)


def _wires(batch: Batch, properties: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    found = batch.entries
    cells = np.full((properties, len(batch.ids)), None, dtype=object)
    record, place = found.record, found.property
    last = ends(record, place)
    values = np.array(found.value, dtype=object)[last]
    cells[place[last], record[last]] = pd.Series(values).replace("", None).to_numpy()
    live = ~np.isin(batch.ids, np.array(list(batch.archived), dtype=np.int64))
    return batch.ids[live], cells[:, live]


def _typed(cells: npt.NDArray[Any], kind: str, field: str) -> pd.Series[Any]:
    wire = pd.Series(cells, dtype=object)
    if field == "checkbox":
        return wire.map(lambda cell: cell.split(";"), na_action="ignore")
    if kind == "number":
        return pd.to_numeric(wire).astype("float64")
    if kind == "bool":
        return wire.map({"true": True, "false": False}).astype("boolean")
    if kind in {"date", "datetime"}:
        return pd.to_datetime(wire, utc=True, format="ISO8601").astype("datetime64[us, UTC]")
    return wire.astype("str")
