"""Our own writing changes a record; the next sync must not take that for news.

Where a record was, just before the write, as the store holds it, then after the write it is the
same but for our properties and the time of change that HubSpot's reply states. The store takes
over that time. Any other change leaves another time, and the next sync reads the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from leadscore.hubspot.properties import typed
from leadscore.hubspot.reading import MODIFIED

if TYPE_CHECKING:
    from leadscore.journal import Entry
    from leadscore.store import Store

__all__ = ["settle_echoes"]

_TIME = {"type": "datetime"}
_PIECE = 50_000  # records at once


def settle_echoes(store: Store, run: str, actions: Sequence[str]) -> int:
    """Tell the store when contacts were changed by a run, from the journal.

    Doing it twice changes nothing, so a run that was killed is settled when it is finished.

    Parameters
    ----------
    store : Store
    run : str
    actions : sequence of str
        In the order in which they were carried out.

    Returns
    -------
    int
        How many records stay known to the store.
    """
    if not store.has("contacts"):
        return 0
    found = 0
    for action in actions:
        entries = store.ledger.echoes(run, action=action)
        while piece := list(islice(entries, _PIECE)):
            found += _settle(store, piece)
    return found


def _settle(store: Store, entries: Sequence[Entry]) -> int:
    name = MODIFIED("contacts")
    ids = pa.array([entry.contact for entry in entries], pa.string())
    before = typed([entry.before for entry in entries], _TIME)
    after = typed([entry.after for entry in entries], _TIME)
    stored = store.arrow("contacts", ["id", name])
    place = pc.index_in(ids, value_set=stored.column("id").combine_chunks())
    known = pc.equal(stored.column(name).combine_chunks().take(place), before)
    rows = pa.table({"id": ids, name: after}).filter(pc.fill_null(known, fill_value=False))
    if rows.num_rows:
        store.merge("contacts", rows)
    return int(rows.num_rows)
