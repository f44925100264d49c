"""The journal of writes: of each contact and action, what was meant, and what became of it.

A row is on record before anything is sent, and its outcome after the reply. Nothing here holds a
whole run in memory but `Journal.journal`, which is for people.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import StoreError
from leadscore.stamps import now, to_json

if TYPE_CHECKING:
    from leadscore.ledgerfile import LedgerFile as _File
else:
    _File = object  # the other half of `Ledger`: the chain of imports stays short

__all__ = ["SENT", "STATES", "Entry", "Journal"]

#: The states in which a contact of a plan can end.
STATES = ("written", "unchanged", "conflict", "rejected", "missing", "resolved")
#: Those of them that say that our values reached the portal.
SENT = ("written", "resolved")

_SCORES = "scores"
_PIECE = 10_000  # rows that are in memory at once
_COLUMNS = (
    "action, object_id, state, old, new, reason, intent_at, outcome_at, verified_at, before_at,"
    " after_at, record_id"
)
_INTENT = """
INSERT INTO journal (run, action, object_id, old, new, intent_at, before_at)
VALUES (:run, :action, :id, :old, :new, :at, :before)
ON CONFLICT (run, action, object_id) DO UPDATE
SET old = excluded.old, new = excluded.new, intent_at = excluded.intent_at,
    before_at = excluded.before_at WHERE state IS NULL
"""
_SENT = """
UPDATE journal SET state = :state, reason = :reason, outcome_at = :at, after_at = :after,
    record_id = coalesce(:record, record_id)
WHERE run = :run AND action = :action AND object_id = :id AND (state IS NULL OR state = :state)
"""
_NOT_SENT = """
INSERT INTO journal (run, action, object_id, state, reason, outcome_at, record_id)
VALUES (:run, :action, :id, :state, :reason, :at, :record)
ON CONFLICT (run, action, object_id) DO UPDATE
SET state = excluded.state, reason = excluded.reason, outcome_at = excluded.outcome_at,
    record_id = excluded.record_id, old = excluded.old, new = excluded.new
WHERE state IS NULL OR state = excluded.state
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal.

    Attributes
    ----------
    contact : str
    state : str
        Empty: sent, or about to be, and nobody knows what became of it.
    old, new : dict of str to str
        What it had when the intent was put on record, and what was to be written.
    verified : bool
        Whether it was read back and held what was written.
    before, after : str
        When the record was last changed before our write and by it, as HubSpot says; empty where
        that is not known.
    record : str
        The id of the record, where ``contact`` is not that id but the key of a creation.
    reason : str
        Why it was not simply written.
    """

    contact: str
    state: str
    old: dict[str, str]
    new: dict[str, str]
    verified: bool
    before: str
    after: str
    record: str = ""
    reason: str = ""


class Journal(_File):
    """The journal's half of `leadscore.ledger.Ledger`."""

    def journal_intent(
        self,
        run: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        action: str = _SCORES,
        prefix: str = "leadscore",
        names: Collection[str] = (),
    ) -> None:
        """Record what is about to be written, before it is sent.

        Parameters
        ----------
        run : str
        rows : iterable of mapping
            ``{"object_id": str, "old": {property: value}, "new": {property: value}}``, and
            ``"changed_at"``, when the record was last changed, where that is known.
        action : str, default "scores"
            The plan's action that they belong to.
        prefix : str
            Every property must start with it: the ledger keeps our own scores and no other data.
        names : collection of str
            Or be one of these, which the action writes: of records those that the plan names.

        Raises
        ------
        StoreError
            No such run, a property that is not ours, or a contact that has an outcome already;
            then no row is recorded.
        """
        common = {"run": run, "action": action, "at": now()}
        values = [
            common
            | {"id": str(row["object_id"]), "before": row.get("changed_at") or None}
            | {side: _own(row[side], prefix, names) for side in ("old", "new")}
            for row in rows
        ]
        with self.transaction() as connection:
            for value in values:
                _record(connection, _INTENT, value, "has an outcome already")

    def journal_outcome(
        self, run: str, rows: Iterable[Mapping[str, Any]], *, action: str = _SCORES
    ) -> None:
        """Record how each contact ended, after the reply.

        Parameters
        ----------
        run : str
        rows : iterable of mapping
            ``{"object_id": str, "state": one of STATES, "reason": str (optional)}``, and
            ``"changed_at"``, the time of our change, and ``"record_id"``, that of a record which
            was created, where they are known. "written" and "resolved" need an intent; the others
            may come without one, as nothing was sent, and the values of one are forgotten: nothing
            can be taken back.
        action : str, default "scores"

        Raises
        ------
        StoreError
            No such run, an unknown state, a sent state without intent, or a contact that has
            ended in another state; then no row is recorded.
        """
        common = {"run": run, "action": action, "at": now()}
        values = [
            common
            | {"id": str(row["object_id"]), "state": _state(row["state"])}
            | {"reason": str(row.get("reason") or ""), "after": row.get("changed_at") or None}
            | {"record": row.get("record_id") or None}
            for row in rows
        ]
        with self.transaction() as connection:
            for value in values:
                if value["state"] in SENT:
                    _record(connection, _SENT, value, "has no intent, or another outcome already")
                else:
                    _record(connection, _NOT_SENT, value, "has another outcome already")

    def journal_verified(
        self, run: str, object_ids: Iterable[str], *, action: str = _SCORES
    ) -> None:
        """Record that these contacts were read back from the portal and hold what was written."""
        moment = now()
        with self.transaction() as connection:
            connection.executemany(
                "UPDATE journal SET verified_at = ?"
                " WHERE run = ? AND action = ? AND object_id = ? AND verified_at IS NULL",
                [(moment, run, action, str(object_id)) for object_id in object_ids],
            )

    def journal(self, run: str, *, action: str = _SCORES) -> pd.DataFrame:
        """Return the journal of one action of a run, in order of object id.

        Returns
        -------
        DataFrame
            object_id, state (str; missing: sent, outcome unknown), old, new (dict), reason (str),
            intent_at, outcome_at, verified_at (UTC).
        """
        return self.frame(
            "SELECT object_id, state, old, new, reason, intent_at, outcome_at, verified_at"
            " FROM journal WHERE run = ? AND action = ? ORDER BY object_id",
            run,
            action,
        )

    def unwritten(self, run: str) -> Iterator[tuple[str, str, str, str]]:
        """Return action, contact, state (empty: unknown) and reason of what was not written."""
        where = "(state IS NULL OR state NOT IN ('written', 'resolved', 'unchanged'))"
        for row in self._walk(run, None, where):
            yield str(row[0]), str(row[1]), str(row[2] or ""), str(row[5])

    def entries(
        self, run: str, *, action: str = _SCORES, states: Sequence[str] | None = None
    ) -> Iterator[Entry]:
        """Return the rows of one action in order of object id, a piece at a time.

        Parameters
        ----------
        run : str
        action : str, default "scores"
        states : sequence of str, optional
            Only those that ended so.
        """
        where = "1" if states is None else f"state IN ({_quoted(states)})"
        return map(_entry, self._walk(run, action, where))

    def waiting(self, run: str, *, action: str = _SCORES) -> Iterator[Entry]:
        """Return the rows with an intent and no outcome: ask the portal what became of them."""
        return map(_entry, self._walk(run, action, "state IS NULL"))

    def unverified(self, run: str, *, action: str = _SCORES) -> Iterator[Entry]:
        """Return the rows that are to hold what was written, and were not seen to."""
        where = "state IN ('written', 'resolved', 'unchanged') AND verified_at IS NULL"
        return map(_entry, self._walk(run, action, where))

    def echoes(self, run: str, *, action: str = _SCORES) -> Iterator[Entry]:
        """Return the rows whose record's time of change is known before and after our write."""
        where = "state = 'written' AND before_at NOT NULL AND after_at NOT NULL"
        return map(_entry, self._walk(run, action, where))

    def _walk(self, run: str, action: str | None, where: str) -> Iterator[tuple[Any, ...]]:
        """Go through rows by their key: what is recorded meanwhile does not disturb."""
        last, contact = "" if action is None else action, ""
        only = "1" if action is None else "action = ?2"
        sql = (
            f"SELECT {_COLUMNS} FROM journal WHERE run = ?1 AND {only} AND {where}"  # noqa: S608
            " AND (action, object_id) > (?3, ?4) ORDER BY action, object_id LIMIT ?5"
        )
        while True:
            rows = self.query(sql, run, action, last, contact, _PIECE)
            yield from rows
            if len(rows) < _PIECE:
                return
            last, contact = rows[-1][:2]

    def known(
        self, run: str, object_ids: Sequence[str], *, action: str = _SCORES
    ) -> dict[str, Entry]:
        """Return the rows of some contacts, by id; those that have none are left out."""
        ids = list(map(str, object_ids))
        marks = ", ".join("?" * len(ids))
        sql = (
            f"SELECT {_COLUMNS} FROM journal"  # noqa: S608 - question marks
            f" WHERE run = ? AND action = ? AND object_id IN ({marks})"
        )
        return {row[1]: _entry(row) for row in self.query(sql, run, action, *ids)}

    def pending(self, run: str, *, action: str = _SCORES) -> list[str]:
        """Return the ids with an intent and no outcome: ask the portal what became of them."""
        return [entry.contact for entry in self.waiting(run, action=action)]

    def counts(self, run: str, *, action: str = _SCORES) -> dict[str, int]:
        """Return how many contacts ended in each of `STATES`, zeros included."""
        return self.counts_by_action(run).get(action) or dict.fromkeys(STATES, 0)

    def counts_by_action(self, run: str) -> dict[str, dict[str, int]]:
        """Return how many contacts ended in each of `STATES`, by action."""
        found: dict[str, dict[str, int]] = {}
        for action, state, n in self.query(
            "SELECT action, state, count(*) FROM journal"
            " WHERE run = ? AND state NOT NULL GROUP BY action, state",
            run,
        ):
            found.setdefault(str(action), dict.fromkeys(STATES, 0))[str(state)] = int(n)
        return found

    def verified(self, run: str, *, action: str = _SCORES) -> int:
        """Return how many contacts of a run were read back and hold what was written."""
        sql = "SELECT count(*) FROM journal WHERE run = ? AND action = ? AND verified_at NOT NULL"
        return int(self.query(sql, run, action)[0][0])

    def written_later(
        self, run: str, object_ids: Sequence[str], *, action: str = _SCORES
    ) -> dict[str, str]:
        """Return which of some contacts a later run wrote, and the last run that did."""
        ids = list(map(str, object_ids))
        marks = ", ".join("?" * len(ids))
        sql = (
            "SELECT object_id, journal.run FROM journal JOIN runs ON runs.run = journal.run"  # noqa: S608
            " WHERE (runs.started_at, runs.rowid) >"
            " (SELECT started_at, rowid FROM runs WHERE run = ?) AND action = ?"
            f" AND state IN ({_quoted(SENT)}) AND object_id IN ({marks})"
            " ORDER BY runs.started_at, runs.rowid"
        )
        return {str(one): str(other) for one, other in self.query(sql, run, action, *ids)}


def _entry(row: tuple[Any, ...]) -> Entry:
    _, contact, state, old, new, reason, _, _, verified, *rest = row
    sides = json.loads(old), json.loads(new)
    before, after, record = (str(one or "") for one in rest)
    return Entry(
        str(contact), str(state or ""), *sides, verified is not None, before, after, record, reason
    )


def _quoted(states: Sequence[str]) -> str:
    return ", ".join(f"'{_state(state)}'" for state in states)


def _record(
    connection: sqlite3.Connection, sql: str, value: Mapping[str, Any], conflict: str
) -> None:
    try:
        changed = connection.execute(sql, value).rowcount
    except sqlite3.IntegrityError as error:
        raise StoreError(f"There is no run {value['run']!r} on record.") from error
    if not changed:
        raise StoreError(f"Contact {value['id']} of run {value['run']} {conflict}.")


def _own(values: Mapping[str, Any], prefix: str, names: Collection[str]) -> str:
    strange = [name for name in values if not name.startswith(prefix) and name not in names]
    if strange:
        raise StoreError(
            f"The journal keeps properties that start with {prefix!r}, not {', '.join(strange)}.",
            hint="Journal only what leadscore itself writes.",
        )
    return to_json(dict(values))


def _state(state: Any) -> str:
    if state not in STATES:
        raise StoreError(f"{state!r} is no outcome: use one of {', '.join(STATES)}.")
    return str(state)
