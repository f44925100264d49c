"""Events that were brought in, as what was known of them at a moment: how many, how lately.

Each kind of event is a counter whose history is the events themselves, so that the as-of join of
properties takes it as it is. Nothing of an event is seen before its moment. A contact without an
event has had none: 0, and no time since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.arrowtypes import to_frame
from leadscore.asof import NOTHING, Moments, entry_ms
from leadscore.eventtable import TABLE
from leadscore.hubspot.properties import definitions_table
from leadscore.pasts import MERGED, Past
from leadscore.snapshottimes import DAY_MS, WINDOWS

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["EventPasts", "event_columns", "read_event_pasts"]

Ints = npt.NDArray[np.int64]
_GROUP = "conversioninformation"  # HubSpot's group of what contacts did: engagement, not fit
_NO_TEXT = pa.array([], pa.string())


@dataclass(frozen=True, eq=False)
class EventPasts:
    """The events of many contacts.

    Attributes
    ----------
    by_property : dict of str to Past
        ``event_NAME``, the count so far, and ``event_NAME_amount``, the sum of amounts so far.
    about : DataFrame
        Definitions as the store's ``properties`` has them, indexed by name.
    """

    by_property: dict[str, Past] = field(default_factory=dict)
    about: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_event_pasts(
    store: Store, ids: pa.Array, *, until: pd.Timestamp, taken: Any = ()
) -> EventPasts:
    """Read the events of contacts.

    Parameters
    ----------
    store : Store
    ids : pyarrow.Array of str
        The contacts; events of others are passed over.
    until : Timestamp
        The time of the sync. What is dated later is left out.
    taken : collection of str
        Names of the portal's own properties: ours give way to them.

    Returns
    -------
    EventPasts
    """
    if not store.has(TABLE):
        return EventPasts()
    rows = store.arrow(TABLE, ["contact_id", "event", "happened_at", "amount"])
    happened = rows["happened_at"]
    rows = rows.filter(pc.less_equal(happened, pa.scalar(until.to_pydatetime(), happened.type)))
    contact = pc.index_in(_as_now(store, rows["contact_id"]), value_set=ids)
    known = pc.is_valid(contact)
    rows = rows.filter(known)
    where = contact.filter(known).to_numpy(zero_copy_only=False).astype(np.int32)
    at = entry_ms(rows["happened_at"].cast(pa.timestamp("us")).to_numpy())
    names, amounts = rows["event"].to_numpy(), rows["amount"].to_numpy()
    pasts = dict(_pasts(names, where, at, amounts, taken))
    return EventPasts(pasts, _about(pasts)) if pasts else EventPasts()


def _as_now(store: Store, ids: pa.ChunkedArray) -> pa.Array:
    """Return the ids under which contacts are found now: those that were merged are another."""
    ids = ids.combine_chunks()
    if MERGED not in store.schema("contacts").names:
        return ids
    rows = store.arrow("contacts", ["id", MERGED])
    rows = rows.filter(pc.is_valid(rows[MERGED])).to_pylist()
    now = {part: row["id"] for row in rows for part in _parts(row[MERGED])}
    return pa.array([now.get(one, one) for one in ids.to_pylist()], pa.string()) if now else ids


def _parts(value: Any) -> list[str]:
    return value.split(";") if isinstance(value, str) else [str(one) for one in value]


def _pasts(
    names: npt.NDArray[Any],
    contact: npt.NDArray[np.int32],
    at: Ints,
    amounts: npt.NDArray[np.float64],
    taken: Any,
) -> Iterator[tuple[str, Past]]:
    for event in sorted(set(names.tolist())):
        own = np.flatnonzero(names == event)
        own = own[np.lexsort((at[own], contact[own]))]
        name = f"event_{event}" if f"event_{event}" not in taken else f"event_{event}_brought"
        yield name, _running(contact[own], at[own], np.ones(len(own)))
        if np.isfinite(amounts[own]).any():
            sums = _running(contact[own], at[own], np.nan_to_num(amounts[own]))
            yield f"{name}_amount", sums


def _running(contact: npt.NDArray[np.int32], at: Ints, step: npt.NDArray[np.float64]) -> Past:
    """Return the running sum of each contact; entries are sorted by contact and time."""
    total = np.cumsum(step)
    first = np.flatnonzero(np.concatenate([[True], contact[1:] != contact[:-1]]))
    before = np.concatenate([[0.0], total])[first]
    value = total - np.repeat(before, np.diff(np.append(first, len(contact))))
    return Past("number", contact, at, value, _NO_TEXT)


def _about(pasts: dict[str, Past]) -> pd.DataFrame:
    defined = {
        name: {
            "name": name,
            "label": _label(name),
            "type": "number",
            "fieldType": "number",
            "groupName": _GROUP,
            "modificationMetadata": {"readOnlyValue": False},
        }
        for name in pasts
    }
    return to_frame(definitions_table(defined, "contacts")).set_index("name")


def _label(name: str) -> str:
    words = name.removeprefix("event_").removesuffix("_amount").replace("_", " ")
    return f"{words} {'amounts' if name.endswith('_amount') else 'events'}"


def event_columns(name: str, past: Past, moments: Moments) -> dict[str, pd.Series[Any]]:
    """Return what was known of events at each moment.

    Parameters
    ----------
    name : str
    past : Past
        As `read_event_pasts` makes them.
    moments : Moments

    Returns
    -------
    dict of str to Series of float64, shape (n,)
        ``NAME``: how many there were so far (or what they came to), 0 where none; ``NAME__7d`` and
        so on: in the days before; ``NAME__since``: days since the last one, missing where none (not
        of amounts, whose events are the same).
    """
    place = moments.last(past)
    so_far = _value(past, place)
    found = {name: pd.Series(so_far)}
    for days in WINDOWS:
        before = moments.last(past, before=days * DAY_MS)
        found[f"{name}__{days}d"] = pd.Series(so_far - _value(past, before))
    if not name.endswith("_amount"):
        days_since = (moments.ms - np.append(past.ms, 0)[place]) / DAY_MS
        found[f"{name}__since"] = pd.Series(np.where(place == NOTHING, np.nan, days_since))
    return found


def _value(past: Past, place: Ints) -> npt.NDArray[np.float64]:
    # NOTHING is -1: the last, which is 0 here.
    return np.asarray(np.append(past.value, 0.0)[place])
