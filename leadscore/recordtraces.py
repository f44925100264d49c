"""Where runs and plans of records hold a person: by id, by the key of a creation, by address.

A plan of scores names contacts by their ids. A plan of records holds their values too, and those
whom it creates have no id yet: the journal says which record came of which row of which plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from leadscore.distinctive import Marks
from leadscore.errors import PlanError
from leadscore.ledger import Ledger
from leadscore.planfile import facts_of
from leadscore.recordrows import Records

__all__ = ["RecordTraces", "forget_journalled", "with_marks"]

_TEXTS = ("old", "new")
_OF_TYPE = (
    "run IN (SELECT run FROM runs WHERE coalesce(json_extract(facts, '$.object_type'), 'contacts')"
    " = ?)"
)


class RecordTraces:
    """What the ledger knows of some records, and where their plans are.

    Parameters
    ----------
    ledger : Ledger
    records : Records
    """

    def __init__(self, ledger: Ledger, records: Records) -> None:
        self.records = records
        self._keys: dict[str, set[str]] = {}
        self.addresses: set[str] = set()
        for plan, key, old, new in _rows(ledger, records):
            self._keys.setdefault(str(plan), set()).add(str(key))
            sides = (json.loads(old), json.loads(new))
            self.addresses |= {side["email"] for side in sides if side.get("email")}

    def in_plan(self, path: Path) -> pa.Table | None:
        """Return a plan's rows about the records; None where it is no plan of records.

        Its rows go by ids of one object type, by pairs of ids, or by keys of its own.
        """
        facts = _facts(path)
        if facts is None:
            return None
        keys = self._keys.get(str(facts.get("id")), set())
        if facts["object_type"] == self.records.object:
            keys = keys | set(self.records.ids)
        rows = pq.read_table(path, partitioning=None)
        named = [one in keys or self.records.in_pair(one) for one in rows["contact_id"].to_pylist()]
        found = rows.filter(pa.array(named, pa.bool_()))
        self.addresses |= set(_addresses(found))
        return found


def _rows(ledger: Ledger, records: Records) -> Iterator[tuple[Any, ...]]:
    for one in records.ids:
        yield from ledger.query(
            "SELECT (SELECT plan FROM runs WHERE runs.run = journal.run), object_id, old, new"  # noqa: S608
            f" FROM journal WHERE (object_id = ? OR record_id = ?) AND {_OF_TYPE}",
            one,
            one,
            records.object,
        )


def _facts(path: Path) -> dict[str, Any] | None:
    try:
        facts = facts_of(path)
    except PlanError:
        return None
    return facts if "object_type" in facts else None


def _addresses(rows: pa.Table) -> Iterator[str]:
    for name in _TEXTS:
        for text in rows[name].to_pylist():
            found = json.loads(text).get("email")
            if found:
                yield str(found)


def with_marks(path: Path, marks: Marks) -> bool:
    """Say whether a plan of records gives a person away by what it writes."""
    if _facts(path) is None:
        return False
    rows = pq.read_table(path, columns=list(_TEXTS), partitioning=None)
    return any(marks.are_in(text) for name in _TEXTS for text in rows[name].to_pylist())


def forget_journalled(ledger: Ledger, records: Records, marks: Marks) -> int:
    """Delete the journal's rows about records, and creations that give one of them away.

    Returns
    -------
    int
        How many rows went.
    """
    told = [
        (run, action, key)
        for run, action, key, new in ledger.query(
            "SELECT run, action, object_id, new FROM journal WHERE action = 'creations'"
        )
        if marks.are_in(new)
    ]
    with ledger.transaction() as connection:
        before = connection.total_changes
        connection.executemany(
            f"DELETE FROM journal WHERE (object_id = ?1 OR record_id = ?1) AND {_OF_TYPE.replace('?', '?2')}",  # noqa: S608, E501
            [(one, records.object) for one in records.ids],
        )
        connection.executemany(
            "DELETE FROM journal WHERE run = ? AND action = ? AND object_id = ?", told
        )
        return connection.total_changes - before
