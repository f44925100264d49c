"""Erasure in the ledger: the rows of a person go, and a note without the person stays."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from leadscore.distinctive import Marks
from leadscore.ledger import Ledger
from leadscore.promotions import empty_reasons, promotions
from leadscore.recordrows import Records
from leadscore.recordtraces import forget_journalled
from leadscore.stamps import now

__all__ = ["erasures", "forget", "forget_ids", "note"]

_SALT = "erasure_salt"
# Checkpoints of a sync that hold the ids of one object type, and nothing else of it.
_IDS = ("bin", "gone", "links", "parts")
_TABLE = """
CREATE TABLE IF NOT EXISTS erasures (
    object TEXT NOT NULL, person TEXT NOT NULL, asked_at TEXT NOT NULL, done_at TEXT,
    PRIMARY KEY (object, person))
"""
_ASKED = """
INSERT INTO erasures VALUES (?, ?, ?, NULL)
ON CONFLICT (object, person) DO UPDATE SET asked_at = excluded.asked_at, done_at = NULL
"""
_DONE = "UPDATE erasures SET done_at = ? WHERE object = ? AND person = ?"


def note(ledger: Ledger, records: Records, *, done: bool) -> None:
    """Put on record that an erasure was asked for, or that it is done."""
    if ledger.checkpoint(_SALT) is None:
        ledger.set_checkpoint(_SALT, secrets.token_hex(16))
    moment, people = now(), _people(ledger, records)
    with ledger.transaction() as connection:
        connection.execute(_TABLE)
        if done:
            values = [(moment, records.object, person) for person in people]
        else:
            values = [(records.object, person, moment) for person in people]
        connection.executemany(_DONE if done else _ASKED, values)


def _people(ledger: Ledger, records: Records) -> list[str]:
    """Return the ids' keyed hashes: the key is in the ledger, so that one can ask for an id."""
    key = str(ledger.checkpoint(_SALT)).encode()
    return [hmac.digest(key, record.encode(), "sha256").hex() for record in records.ids]


def erasures(ledger: Ledger) -> pd.DataFrame:
    """Return the erasures on record; see `leadscore.store.Store.erasures`."""
    with ledger.transaction() as connection:
        connection.execute(_TABLE)
    return ledger.frame("SELECT object, person, asked_at, done_at FROM erasures ORDER BY asked_at")


def forget(ledger: Ledger, records: Records, marks: Marks, plans: Sequence[str]) -> dict[str, int]:
    """Remove a person from the ledger, and every byte of the rows from its file.

    A sync's lists of ids are left to `forget_ids`.

    Parameters
    ----------
    ledger : Ledger
    records : Records
    marks : Marks
        What gives the person away in a text.
    plans : sequence of str
        The ids of plans that were deleted because they held the person.

    Returns
    -------
    dict
        How many rows of ``journal``, ``checkpoints`` and ``plans`` went.
    """
    gone = {
        "journal": forget_journalled(ledger, records, marks)
        + _delete(ledger, "journal", "object_id", _pairs(ledger, records)),
        "checkpoints": _delete(ledger, "checkpoints", "name", _marked_checkpoints(ledger, marks)),
        "plans": _delete(ledger, "plans", "plan", plans),
    }
    _redact(ledger, marks)
    ledger.shred()
    return gone


def _pairs(ledger: Ledger, records: Records) -> Sequence[str]:
    """Return what the journal calls pairs that the people are one half of."""
    if records.object != "contacts":
        return ()
    pairs = ledger.query("SELECT DISTINCT object_id FROM journal WHERE object_id LIKE '%:%'")
    return [key for (key,) in pairs if records.in_pair(key)]


def _marked_checkpoints(ledger: Ledger, marks: Marks) -> list[str]:
    rows = ledger.query("SELECT name, value FROM checkpoints WHERE name != ?", _SALT)
    others = [(str(name), value) for name, value in rows if name.partition(":")[0] not in _IDS]
    return [name for name, value in others if _are_in_json(marks, value)]


def forget_ids(ledger: Ledger, records: Records) -> int:
    """Take the records out of a sync's lists of ids; the other ids there stay.

    Last of all: whoever was cut short asks for the ids again by these lists.

    Returns
    -------
    int
        How many lists held one of them.
    """
    marks, changed = Marks(records.ids), 0
    for name in (f"{what}:{records.object}" for what in _IDS):
        before = ledger.checkpoint(name)
        if before is not None and (left := _without(before, marks)) != before:
            ledger.set_checkpoint(name, left or None)
            changed += 1
    ledger.shred()
    return changed


def _without(value: Any, marks: Marks) -> Any:
    if isinstance(value, list):
        return [each for each in value if not any(map(marks.are_in, _texts(each)))]
    if isinstance(value, dict):
        return {k: _without(each, marks) for k, each in value.items() if not marks.are_in(k)}
    return value


def _are_in_json(marks: Marks, text: str) -> bool:
    """Return whether a text inside JSON gives the person away; its numbers are counts."""
    return any(marks.are_in(each) for each in _texts(json.loads(text)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _delete(ledger: Ledger, table: str, column: str, values: Sequence[str]) -> int:
    with ledger.transaction() as connection:
        before = connection.total_changes
        connection.executemany(
            f"DELETE FROM {table} WHERE {column} = ?",  # noqa: S608 - names of ours
            [(value,) for value in values],
        )
        return connection.total_changes - before


def _redact(ledger: Ledger, marks: Marks) -> None:
    """Empty the free texts of what stays: facts of runs, reasons of contacts and promotions."""
    facts = [text for (text,) in ledger.query("SELECT DISTINCT facts FROM runs")]
    reasons = [text for (text,) in ledger.query("SELECT DISTINCT reason FROM journal")]
    with ledger.transaction() as connection:
        connection.executemany(
            "UPDATE runs SET facts = '{}' WHERE facts = ?",
            [(text,) for text in facts if _are_in_json(marks, text)],
        )
        connection.executemany(
            "UPDATE journal SET reason = '' WHERE reason = ?",
            [(text,) for text in reasons if marks.are_in(text)],
        )
    empty_reasons(ledger, [text for text in promotions(ledger)["why"] if marks.are_in(text)])
