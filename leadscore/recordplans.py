"""A plan of records: what would be created and changed, row by row of what was brought."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import islice
from typing import Any

import pandas as pd

from leadscore.errors import UsageError
from leadscore.planfile import SCORES, Change
from leadscore.plans import Plan
from leadscore.visibletext import visible

__all__ = ["CREATIONS", "FATES", "NEW", "ROWS", "UPDATES", "RecordPlan"]

#: The actions of such a plan, and what lists the rows that it was made of.
UPDATES, CREATIONS, ROWS = "updates", "creations", "rows"
#: How the key of a creation begins; the row's number follows.
NEW = "row-"
#: What is to become of a row, or has become of it at once.
FATES = ("create", "update", "unchanged", "duplicate", "rejected", "missing", "conflict")
_CHANGES = {"row": "Int64", "id": "str", "action": "str", "property": "str"}
_CHANGES |= {"old": "str", "new": "str"}
_RESULTS = {"id": "str", "state": "str", "reason": "str"}
_NOT_DONE = ("rejected", "duplicate", "missing", "conflict")
_MOST = 10  # rows of each table of a plan's page
_DOES = {UPDATES: "update", CREATIONS: "create"}


class RecordPlan(Plan):
    """The records that an apply will create and change, no more and no less.

    Made by `create`, `update` and `upsert` with ``dry_run=True``; carried out by `apply`. Its file
    holds property values of people; `Store.erase` deletes it with any of them.
    """

    @property
    def object_type(self) -> str:
        """What it is about: ``contacts``, ``companies`` or another type."""
        return str(self.facts["object_type"])

    @property
    def match(self) -> str:
        """The property by which rows find their records; empty where nothing does."""
        return str(self.facts["match"])

    @property
    def rows(self) -> dict[str, int]:
        """How many changes there are, by action."""
        found = {SCORES: 0, UPDATES: 0, CREATIONS: 0} | dict(self.facts["rows"])
        return {name: n for name, n in found.items() if name != ROWS}

    @property
    def inputs(self) -> int:
        """How many rows it was made of."""
        return int(self.facts["rows"].get(ROWS, 0))

    @property
    def contacts(self) -> int:
        """The same: how many rows it was made of."""
        return self.inputs

    @property
    def counts(self) -> dict[str, int]:  # type: ignore[override]
        """How many rows are to be created, updated, or left: see `results`."""
        return {fate: int(self.facts["counts"].get(fate, 0)) for fate in FATES}

    @property
    def results(self) -> pd.DataFrame:
        """What is to become of each row, in the order in which they came.

        Returns
        -------
        DataFrame
            ``id`` (missing where there is no record yet), ``state`` (create, update, unchanged,
            duplicate, rejected, missing, conflict), ``reason``.
        """
        rows = [_fate(change) for change in self.of(ROWS)]
        return pd.DataFrame(rows, columns=list(_RESULTS)).astype(_RESULTS)

    @property
    def changes(self) -> pd.DataFrame:
        """One row per value that is to be written.

        Returns
        -------
        DataFrame
            ``row`` (of what was brought, from 0), ``id`` (missing for a creation), ``action``
            (update or create), ``property``, ``old``, ``new`` (as HubSpot stores them; missing
            where there is none).
        """
        return self._frame([])

    def _frame(self, changes: Iterable[Change]) -> pd.DataFrame:  # noqa: ARG002
        return pd.DataFrame(self._cells(), columns=list(_CHANGES)).astype(_CHANGES)

    @property
    def _columns(self) -> list[str]:
        return list(_CHANGES)

    @property
    def _number_columns(self) -> set[str]:
        return {"row"}

    def _cells(self) -> Iterator[list[str | None]]:
        rows: dict[str, str] = {}
        for change in self.of(ROWS):
            rows.setdefault(change.contact, change.new["row"])
        for action, what in _DOES.items():
            for change in self.of(action):
                own = change.contact if action == UPDATES else None
                for name, value in change.new.items():
                    row = rows.get(change.contact, "")
                    yield [row, own, what, name, change.old.get(name) or None, value or None]

    def only(self, **_: Any) -> Plan:
        """Refuse: a plan of records is one whole, of which every row is accounted for."""
        raise UsageError(
            "A plan of records is carried out as a whole.",
            hint="Plan with the rows that you want: frame[…] instead of frame.",
        )

    def sample(self, n: int = 10, *, seed: int = 0) -> pd.DataFrame:
        """Return some of the `changes` by lot, to look at."""
        found = self.changes
        return found.sample(min(n, len(found)), random_state=seed).sort_index()

    def summary(self, *, rows: int = 10) -> pd.DataFrame:
        """Return the first of the `changes`."""
        return self.changes.head(rows)

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return {
            "plan": str(self.path),
            "object_type": self.object_type,
            **self.counts,
            "creates_properties": list(self.creates_properties),
            "notes": self.notes,
            "guards": [name for name in self.overridden if name in self._blocking],
        }

    def _sentence(self) -> str:
        told = ", ".join(f"{n:,} {fate}" for fate, n in self.counts.items() if n) or "no rows"
        rows = "1 row" if self.inputs == 1 else f"{self.inputs:,} rows"
        return (
            f"Plan {self.id} of {rows} for {self.object_type} of portal {self.portal_id}: {told}. "
            f"It can be applied until {self.expires_at[:16].replace('T', ' ')} UTC."
        )

    def _lines(self) -> list[str]:
        blocked = [g for g in self.facts.get("guards", []) if g["blocks"]]
        made = ", ".join(self.creates_properties)
        return [
            self._sentence(),
            *([f"Creates the property {made}."] if made else []),
            *(f"Blocked by {g['guard']}: {g['says']}" for g in blocked),
            *(f"Note: {note}" for note in self.notes),
        ]

    def __repr__(self) -> str:
        return "\n".join(visible(line, limit=1_000) for line in self._lines())

    def _repr_html_(self) -> str:
        said = "<br>".join(escape(visible(line, limit=1_000)) for line in self._lines())
        first = pd.DataFrame(islice(self._cells(), _MOST), columns=self._columns)
        return (
            f'<div class="leadscore-plan"><p>{said}</p>{_table(first)}{_table(self._left())}</div>'
        )

    def _left(self) -> pd.DataFrame:
        """Return the first rows that nothing is to be done for, and why."""
        rows = (one.new for one in self.of(ROWS) if one.new.get("to") in _NOT_DONE)
        told = [[one["row"], one["to"], one.get("reason", "")] for one in islice(rows, _MOST)]
        return pd.DataFrame(told, columns=["row", "left out", "why"])

    @property
    def actions(self) -> list[dict[str, Any]]:
        """What it does, in order."""
        return [about for about in self.facts["actions"] if self.rows.get(about["action"])]


def _table(frame: pd.DataFrame) -> str:
    if frame.empty:
        return ""
    shown = frame.astype("object").where(frame.notna(), "").map(visible)
    html: str = shown.to_html(border=0, index=False, justify="left")  # pandas escapes
    return html


def _fate(change: Change) -> list[str | None]:
    row, to = change.new, change.new["to"]
    own = change.contact if change.contact and not change.contact.startswith(NEW) else None
    return [own, to, row.get("reason", "")]
