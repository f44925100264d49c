"""A plan of pairs: which records would be associated, or no longer, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from leadscore.hubspot.pairwriting import pair_of_key
from leadscore.planfile import SCORES
from leadscore.recordplans import ROWS, RecordPlan

__all__ = ["ENDS", "FATES", "PAIRS", "PairPlan"]

#: The plan's one action.
PAIRS = "associations"
#: What is to become of a row.
FATES = ("associate", "dissociate", "unchanged", "duplicate")
#: The columns that name a pair.
ENDS = ("from_id", "to_id")
_CHANGES = {"row": "Int64", "from_id": "str", "to_id": "str", "action": "str", "label": "str"}
_RESULTS = {"from_id": "str", "to_id": "str", "label": "str", "state": "str", "reason": "str"}


class PairPlan(RecordPlan):
    """The pairs that an apply will associate or dissociate, no more and no less.

    Made by `associate` and `dissociate` with ``dry_run=True``; carried out by `apply`.
    """

    @property
    def how(self) -> str:
        """``associate`` or ``dissociate``."""
        return str(self.facts["how"])

    @property
    def ends(self) -> tuple[str, str]:
        """The two object types."""
        about = self.facts["actions"][0]
        return str(about["from_type"]), str(about["to_type"])

    @property
    def rows(self) -> dict[str, int]:
        """How many pairs change, by action."""
        return {SCORES: 0, PAIRS: int(self.facts["rows"].get(PAIRS, 0))}

    @property
    def counts(self) -> dict[str, int]:  # type: ignore[override]
        """How many rows are to be associated, dissociated, or left: see `results`."""
        return {fate: int(self.facts["counts"].get(fate, 0)) for fate in FATES}

    @property
    def results(self) -> pd.DataFrame:
        """What is to become of each row, in the order in which they came.

        Returns
        -------
        DataFrame
            ``from_id``, ``to_id``, ``label`` (empty without one), ``state`` (associate,
            dissociate, unchanged, duplicate), ``reason``.
        """
        rows = [
            [*pair_of_key(one.contact), one.new["label"], one.new["to"], one.new.get("reason", "")]
            for one in self.of(ROWS)
        ]
        return pd.DataFrame(rows, columns=list(_RESULTS)).astype(_RESULTS)

    def _frame(self, _: Any) -> pd.DataFrame:
        return pd.DataFrame(self._cells(), columns=list(_CHANGES)).astype(_CHANGES)

    @property
    def _columns(self) -> list[str]:
        return list(_CHANGES)

    def _cells(self) -> Iterator[list[str | None]]:
        for one in self.of(ROWS):
            if one.new["to"] == self.how:
                pair = pair_of_key(one.contact)
                yield [one.new["row"], *pair, self.how, one.new["label"]]

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        one, other = self.ends
        return {
            "plan": str(self.path),
            "from": one,
            "to": other,
            **self.counts,
            "guards": [name for name in self.overridden if name in self._blocking],
        }

    def _sentence(self) -> str:
        told = ", ".join(f"{n:,} {fate}" for fate, n in self.counts.items() if n) or "no rows"
        one, other = self.ends
        return (
            f"Plan {self.id} of {self.inputs:,} pairs of {one} and {other} of portal "
            f"{self.portal_id}: {told}. "
            f"It can be applied until {self.expires_at[:16].replace('T', ' ')} UTC."
        )
