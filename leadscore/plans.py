"""A plan as an object: what would change, how it shows itself, and whether it is as it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore.errors import GuardError
from leadscore.planfile import SCORES, Change, batches, facts_of, hash_of, rows_of

__all__ = ["Plan", "load_plan"]


@dataclass(frozen=True)
class Plan:
    """The exact changes that an apply will make, no more and no less.

    Made by `plan` or `undo`, read from its file by `load_plan`. Everything is in the file; what
    you do to a frame that came out of it changes nothing.

    Attributes
    ----------
    path : Path
        The plan's file.
    facts : dict
        What the file says of itself: see the properties below.
    """

    path: Path
    facts: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """The plan's id."""
        return str(self.facts["id"])

    @property
    def kind(self) -> str:
        """``scores``, or ``undo``: one that restores what a run changed."""
        return str(self.facts["kind"])

    @property
    def portal_id(self) -> int:
        """The HubSpot account that it was made for."""
        return int(self.facts["portal_id"])

    @property
    def model(self) -> str:
        """The id of the model that gave the scores."""
        return str(self.facts["model"])

    @property
    def created_at(self) -> str:
        """ISO 8601, UTC."""
        return str(self.facts["created_at"])

    @property
    def overridden(self) -> dict[str, str]:
        """The guards that were passed over when it was made, each with the reason."""
        return dict(self.facts.get("overridden", {}))

    @property
    def blocked(self) -> list[str]:
        """The guards that block it and were not passed over when it was made."""
        found = [g["guard"] for g in self.facts.get("guards", []) if g["blocks"]]
        return [name for name in found if name not in self.overridden]

    @property
    def expires_at(self) -> str:
        """ISO 8601, UTC."""
        return str(self.facts["expires_at"])

    @property
    def prefix(self) -> str:
        """The names of the properties begin with it."""
        return str(self.facts["prefix"])

    @property
    def properties(self) -> list[str]:
        """The names of the properties that the scores go into."""
        return list(self.facts["properties"])

    @property
    def creates_properties(self) -> tuple[str, ...]:
        """Those that the portal does not have yet."""
        return tuple(self.facts["creates_properties"])

    @property
    def signal(self) -> bool:
        """Whether the model has a usable signal."""
        return bool(self.facts["signal"])

    @property
    def contacts(self) -> int:
        """Contacts that were scored; those in `changes` are the ones to be written."""
        return int(self.facts["contacts"])

    @property
    def rows(self) -> dict[str, int]:
        """How many changes there are, by action."""
        return dict(self.facts["rows"])

    @property
    def sha256(self) -> str:
        """What binds the changes to the facts."""
        return str(self.facts["sha256"])

    @property
    def workspace(self) -> Path:
        """The workspace that keeps the plan and the record of its run."""
        return self.path.parent.parent

    @property
    def changes(self) -> pd.DataFrame:
        """One row per contact to be written, read from the file anew.

        Returns
        -------
        DataFrame
            ``contact_id``, then ``old.PROPERTY`` and ``new.PROPERTY``, strings as HubSpot stores
            them, missing where there is no value.
        """
        names = self.properties
        columns = ["contact_id", *(f"old.{n}" for n in names), *(f"new.{n}" for n in names)]
        rows = [_wide(change, names) for change in self.of(SCORES)]
        return pd.DataFrame(rows, columns=columns, dtype="str")

    def of(self, action: str) -> Iterator[Change]:
        """Return one action's changes, read a group at a time."""
        return (change for _, change in rows_of(self.path, {action}))

    def batches(self, action: str = SCORES, *, size: int = 100) -> Iterator[list[Change]]:
        """Return one action's changes in lists of a size, read a group at a time."""
        return batches(self.of(action), size)

    def check(self) -> None:
        """Refuse a plan that is not as it was made.

        Raises
        ------
        GuardError
            It was edited.
        """
        if self.facts != facts_of(self.path) or hash_of(self.path) != self.sha256:
            raise GuardError(
                f"The plan {self.path.name} was edited after it was made.",
                hint="Make a new one with `leadscore plan`, and review that.",
                guards=["edited_plan"],
            )

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return {
            "plan": str(self.path),
            "changes": self.rows[SCORES],
            "creates_properties": list(self.creates_properties),
        }

    def summary(self, *, rows: int = 10) -> pd.DataFrame:
        """Return the first changes as a person reads them: score and tier, old and new.

        Returns
        -------
        DataFrame
            ``contact_id``, ``score``, ``was``, ``tier``, ``was_tier``, ``reasons`` (shortened).
        """
        named = {
            "contact_id": "contact_id",
            f"new.{self.prefix}_score": "score",
            f"old.{self.prefix}_score": "was",
            f"new.{self.prefix}_tier": "tier",
            f"old.{self.prefix}_tier": "was_tier",
            f"new.{self.prefix}_reasons": "reasons",
        }
        first = self.changes[list(named)].rename(columns=named).head(rows).fillna("")
        return first.assign(reasons=first["reasons"].str.slice(0, 100))

    def _repr_html_(self) -> str:
        created = f"; {len(self.creates_properties)} properties to create"
        said = (
            f"Plan {self.id}: {self.rows[SCORES]:,} of {self.contacts:,} contacts change in portal "
            f"{self.portal_id}{created if self.creates_properties else ''}. "
            f"It can be applied until {self.expires_at[:16].replace('T', ' ')} UTC."
        )
        table = self.summary().to_html(index=False, border=0)  # pandas escapes
        return f"<p>{escape(said)}</p>{table}"


def _wide(change: Change, names: list[str]) -> dict[str, str | None]:
    old = {f"old.{name}": change.old.get(name) for name in names}
    new = {f"new.{name}": change.new.get(name) for name in names}
    return {"contact_id": change.contact, **old, **new}


def load_plan(path: str | Path, *, check: bool = True) -> Plan:
    """Read a plan's file, and refuse one that was edited.

    Parameters
    ----------
    path : path
    check : bool, default True
        False: leave it to `leadscore.guards.check_guards` to refuse it, where the guard
        ``edited_plan`` can be passed over for a reason.

    Raises
    ------
    PlanError
        There is no such file, it is no plan, or an older leadscore made it.
    GuardError
        It is not as it was written.
    """
    where = Path(path).expanduser().resolve()
    found = Plan(where, facts_of(where))
    if check:
        found.check()
    return found
