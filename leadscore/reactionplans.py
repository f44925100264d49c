"""A plan of what follows from changes in a frame: which contacts changed, and what is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from leadscore.planfile import SCORES
from leadscore.recordplans import ROWS, RecordPlan

__all__ = ["ReactionPlan"]

_CHANGES = {"contact_id": "str", "was": "str", "now": "str"}
_DOES = {**_CHANGES, "action": "str"}


class ReactionPlan(RecordPlan):
    """What `react` will do, no more and no less.

    Made by `react` with ``dry_run=True``. Its file holds the watched column's values.
    """

    @property
    def watch(self) -> str:
        """The name under which the column is remembered."""
        return str(self.facts["source"])

    @property
    def rows(self) -> dict[str, int]:
        """How many changes there are, by action."""
        return {SCORES: 0} | {n: int(v) for n, v in self.facts["rows"].items() if n != ROWS}

    @property
    def counts(self) -> dict[str, int]:  # type: ignore[override]
        """How many contacts changed so that something follows, and how often each action does."""
        return {"changed": self.contacts, **{n: v for n, v in self.rows.items() if n != SCORES}}

    @property
    def contacts(self) -> int:
        """How many contacts changed so that something may follow."""
        return int(self.facts["contacts"])

    @property
    def changed(self) -> pd.DataFrame:
        """The contacts that changed so: ``contact_id``, ``was`` (missing: new) and ``now``."""
        rows = [[c.contact, c.old.get("value"), c.new["value"]] for c in self._fired()]
        return pd.DataFrame(rows, columns=list(_CHANGES)).astype(_CHANGES)

    def _fired(self) -> Iterator[Any]:
        return (change for change in self.of(ROWS) if change.new["to"] == "react")

    @property
    def changes(self) -> pd.DataFrame:
        """One row per contact and action: ``contact_id``, ``was``, ``now``, ``action``."""
        return self._frame([])

    def _frame(self, _: Any) -> pd.DataFrame:
        return pd.DataFrame(self._cells(), columns=list(_DOES)).astype(_DOES)

    @property
    def _columns(self) -> list[str]:
        return list(_DOES)

    @property
    def _number_columns(self) -> set[str]:
        return set()

    def _cells(self) -> Iterator[list[str | None]]:
        known = {c.contact: (c.old.get("value"), c.new["value"]) for c in self._fired()}
        for about in self.actions:
            for change in self.of(about["action"]):
                yield [change.contact, *known.get(change.contact, (None, None)), about["action"]]

    def values(self) -> dict[str, str]:
        """Return what is to be remembered when it is done, by contact."""
        return {change.contact: change.new["value"] for change in self.of(ROWS)}

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return {
            "plan": str(self.path),
            **self.counts,
            "creates_properties": list(self.creates_properties),
            "notes": self.notes,
            "guards": [name for name in self.overridden if name in self._blocking],
        }

    def _sentence(self) -> str:
        does = ", ".join(f"{a['action']}: {self.rows[a['action']]:,}" for a in self.actions)
        return (
            f"Plan {self.id} for portal {self.portal_id}: {self.contacts:,} contacts changed in "
            f"{self.facts['match']!r}. {does or 'Nothing is to be done'}."
        )
