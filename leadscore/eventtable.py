"""What contacts did elsewhere, one row per contact and moment, in the store's table ``events``.

A person is named by contact id; one who is not known yet by a keyed hash of what the rows were
matched by, so that no address is kept and the events are theirs as soon as the id is known.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.errors import UsageError
from leadscore.tablenames import shown

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["EVENTS", "TABLE", "Kept", "Occurrences", "event_name", "keep", "person_key", "take_out"]

TABLE = "events"
EVENTS = pa.schema(
    [(name, pa.string()) for name in ("contact_id", "person", "event")]
    + [("happened_at", pa.timestamp("us", "UTC")), ("amount", pa.float64())]
    + [(name, pa.string()) for name in ("source", "key", "run")]
    + [("brought_at", pa.timestamp("us", "UTC"))]
)
_KEY = "event_key"
_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Occurrences:
    """Events on their way into the store, all of one name.

    Attributes
    ----------
    people : sequence of str, shape (n,)
        What each row is matched by (a clean e-mail address, say).
    at : sequence of datetime, shape (n,)
    amounts : sequence of float or None, shape (n,)
    ids : sequence of str or None, shape (n,)
        What tells two events of one person and moment apart (an order's number).
    """

    people: Sequence[str]
    at: pa.Array
    amounts: Sequence[float | None]
    ids: Sequence[str | None]


@dataclass(frozen=True)
class Kept:
    """What became of events.

    Attributes
    ----------
    added, known : int
        New ones, and those that were there already.
    waiting : int
        Of all events in the store, those of people who have no contact id yet.
    found : int
        Events that waited, and whose contact is known now.
    """

    added: int
    known: int
    waiting: int
    found: int


def event_name(name: str) -> str:
    """Return an event's name as it becomes part of columns' names.

    Raises
    ------
    UsageError
        It has other characters than letters, digits and spaces or what joins words.

    Examples
    --------
    >>> event_name("Webinar attended")
    'webinar_attended'
    """
    plain = re.sub(r"[\s\-.]+", "_", str(name).strip().lower())
    if not _WORD.fullmatch(plain) or len(plain) > 60 or plain.endswith("_amount"):
        raise UsageError(
            f"An event cannot be called {shown([name])}.",
            hint='Use letters and digits, a letter first, such as event="webinar".',
        )
    return plain


def person_key(store: Store, match: str, value: str) -> str:
    """Return the keyed hash by which a person is known before the contact id is."""
    return _digest(_secret(store), match, value)


def _secret(store: Store) -> bytes:
    """Return the workspace's key, made once."""
    known = store.ledger.checkpoint(_KEY)
    if known is None:
        known = secrets.token_hex(16)
        store.ledger.set_checkpoint(_KEY, known)
    return str(known).encode()


def _digest(key: bytes, *parts: Any) -> str:
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.blake2b(text.encode(), key=key, digest_size=16).hexdigest()


def keep(
    store: Store,
    found: Occurrences,
    *,
    event: str,
    match: str,
    source: str,
    contacts: Mapping[str, str],
    run: str | None = None,
) -> Kept:
    """Put events into the store; those that are there already change nothing.

    Two rows of one person, moment, amount and id are one event.

    Parameters
    ----------
    store : Store
    found : Occurrences
    event : str
        As `event_name` returns it.
    match : str
        The property that the rows were matched by.
    source : str
        Where they come from, for the one who reads the table.
    contacts : mapping of str to str
        By what the rows are matched by, the contacts' ids, as far as they are known.
    run : str, optional
        The run that wrote the rows to the portal, whose undoing takes out what is new here.
    """
    key = _secret(store)
    people = {value: _digest(key, match, value) for value in dict.fromkeys(found.people)}
    rows = _rows(found, people, contacts, key=key, event=event, source=source, run=run)
    added = store.append_new(TABLE, rows, keys=["key"], among="person")
    ids = {people[value]: one for value, one in contacts.items() if value in people}
    taken = _take_up(store, ids)
    waiting = store.arrow(TABLE, ["contact_id"])["contact_id"].null_count
    return Kept(added, len(set(rows["key"].to_pylist())) - added, waiting, taken)


def _rows(
    found: Occurrences,
    people: Mapping[str, str],
    contacts: Mapping[str, str],
    *,
    key: bytes,
    event: str,
    source: str,
    run: str | None,
) -> pa.Table:
    who = [people[value] for value in found.people]
    when = found.at.cast(pa.int64()).to_pylist()
    told = zip(who, when, found.amounts, found.ids, strict=True)
    keys = [_digest(key, event, *((one[0], one[3]) if one[3] else one)) for one in told]
    n = len(who)
    columns = {
        "contact_id": [contacts.get(value) for value in found.people],
        "person": who,
        "event": [event] * n,
        "happened_at": found.at,
        "amount": found.amounts,
        "source": [source] * n,
        "key": keys,
        "run": [run] * n,
        "brought_at": [pd.Timestamp.now("UTC").floor("s")] * n,
    }
    return pa.table(columns, schema=EVENTS)


def take_out(store: Store, run: str) -> int:
    """Take out the events that came with a run; return how many.

    What another bringing had added before, or has added since, stays.
    """
    if not store.has(TABLE) or "run" not in store.schema(TABLE).names:
        return 0
    return store.delete(TABLE, [run], column="run")


def _take_up(store: Store, ids: Mapping[str, str]) -> int:
    """Give events that waited the contact's id, once it is known; return how many."""
    rows = store.arrow(TABLE, ["key", "person", "contact_id"])
    rows = rows.filter(pc.is_null(rows["contact_id"]))
    known = [ids.get(person) for person in rows["person"].to_pylist()]
    rows = rows.select(["key"]).append_column("contact_id", pa.array(known, pa.string()))
    rows = rows.filter(pc.is_valid(rows["contact_id"]))
    return store.merge(TABLE, rows, key="key") if rows.num_rows else 0
