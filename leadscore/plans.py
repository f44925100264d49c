"""A plan as an object: what would change, how it shows itself, and whether it is as it was made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore.errors import GuardError
from leadscore.exporting import write_csv, write_xlsx
from leadscore.planfigures import BINS
from leadscore.planfile import SCORES, Change, batches, facts_of, hash_of, rows_of
from leadscore.planpage import page_of, text_of
from leadscore.planparts import drawn, take_part
from leadscore.scoreproperties import definitions_of

__all__ = ["Plan", "load_plan"]


@dataclass(frozen=True, repr=False)
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
    facts: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The plan's id."""
        return str(self.facts["id"])

    @property
    def kind(self) -> str:
        """``scores``, ``records``, or ``undo``: one that restores what a run changed."""
        return str(self.facts["kind"])

    @property
    def object_type(self) -> str:
        """What it is about: ``contacts``, or another type where it is a plan of records."""
        return str(self.facts.get("object_type", "contacts"))

    @property
    def of_records(self) -> bool:
        """Whether it is about records and their own properties, not about scores."""
        return "object_type" in self.facts

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
        return [name for name in self._blocking if name not in self.overridden]

    @property
    def guards(self) -> pd.DataFrame:
        """What guards found when it was made.

        Returns
        -------
        DataFrame
            ``guard``, ``blocks`` (bool), ``value``, ``limit`` (float64), ``says``, ``overridden``
            (the reason; empty where nobody passed over it).
        """
        columns = ["guard", "blocks", "value", "limit", "says"]
        found = pd.DataFrame(self.facts.get("guards", []), columns=columns)
        kinds = dict(zip(columns, ("str", "bool", "float64", "float64", "str"), strict=True))
        reasons = found["guard"].map(self.overridden).fillna("")
        return found.astype(kinds).assign(overridden=reasons.astype("str"))

    @property
    def counts(self) -> pd.DataFrame:
        """How many contacts go from which tier to which.

        Returns
        -------
        DataFrame
            ``was`` (empty for none), ``tier``, ``written`` (bool: whether they are in the plan;
            the others differ too little), ``contacts`` (Int64).
        """
        found = self.facts.get("counts", {}).get("tiers", [])
        kinds = {"was": "str", "tier": "str", "written": "bool", "contacts": "Int64"}
        return pd.DataFrame(found, columns=list(kinds)).astype(kinds)

    @property
    def histogram(self) -> pd.DataFrame:
        """Contacts by score: now in the portal, and as scored.

        Returns
        -------
        DataFrame
            ``from``, ``to`` (both within), ``old``, ``new`` (Int64).
        """
        found = self.facts.get("histogram", {"old": [0] * BINS, "new": [0] * BINS})
        starts = [place * BINS for place in range(BINS)]
        ends = [*(start + BINS - 1 for start in starts[:-1]), 100]
        return pd.DataFrame({"from": starts, "to": ends, **found}).astype("Int64")

    @property
    def movers(self) -> pd.DataFrame:
        """The twenty contacts whose score moves most.

        Returns
        -------
        DataFrame
            ``contact_id``, ``was``, ``score``, ``moved`` (float64), ``was_tier``, ``tier``.
        """
        kinds = {"contact_id": "str", "was": "float64", "score": "float64", "moved": "float64"}
        kinds |= {"was_tier": "str", "tier": "str"}
        return pd.DataFrame(self.facts.get("movers", []), columns=list(kinds)).astype(kinds)

    @property
    def notes(self) -> list[str]:
        """What a person should know of it, in sentences; of its actions too."""
        said = [*self.facts.get("notes", [])]
        for action in self.actions:
            said += [f"{action['action']}: {note}" for note in action.get("notes", [])]
        return said

    @property
    def actions(self) -> list[dict[str, Any]]:
        """What is to happen after scoring, in order: ``action``, ``kind`` and more."""
        return list(self.facts.get("actions", []))

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
        return self._frame(self.of(SCORES))

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
            "actions": {name: n for name, n in self.rows.items() if name != SCORES},
            "creates_properties": list(self.creates_properties),
            "notes": self.notes,
            "guards": [name for name in self.overridden if name in self._blocking],
        }

    @property
    def _blocking(self) -> list[str]:
        return [str(g["guard"]) for g in self.facts.get("guards", []) if g["blocks"]]

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
        first = self._frame(islice(self.of(SCORES), rows)).reindex(columns=list(named))
        first = first.astype("str").rename(columns=named).fillna("")
        return first.assign(reasons=first["reasons"].str.slice(0, 100))

    def only(
        self,
        *,
        contacts: Iterable[str] | None = None,
        tiers: Collection[str] | None = None,
        where: Callable[[pd.DataFrame], Any] | None = None,
    ) -> Plan:
        """Return the part of the plan that is about some contacts, as a plan of its own.

        It has a file, an id and a hash of its own, says what it was taken from, and expires when
        the whole does. What was to happen after scoring happens for these contacts alone. Parts
        and whole may be applied one after the other: what one has written, another finds done.

        Parameters
        ----------
        contacts : iterable of str, optional
            Their ids; those that are not in the plan are passed over.
        tiers : collection of str, optional
            The new tiers: ``["A", "B"]``.
        where : callable, optional
            Takes `changes`, returns one truth value per row. A contact must be chosen by all that
            is given.

        Returns
        -------
        Plan

        Raises
        ------
        UsageError
            Nothing is given, or `where` returns something else.

        Examples
        --------
        >>> part = plan.only(tiers=["A"])  # doctest: +SKIP
        """
        return load_plan(take_part(self, contacts=contacts, tiers=tiers, where=where))

    def sample(self, n: int = 10, *, seed: int = 0) -> pd.DataFrame:
        """Return some of the changes by lot, to look at; the columns are those of `changes`."""
        return self._frame(drawn(self, n, seed=seed))

    def to_csv(self, path: str | Path) -> Path:
        """Write the changes as CSV in which nothing is a formula; return the file's path.

        The columns are those of `changes`. See `leadscore.exporting.write_csv`.
        """
        return write_csv(path, self._columns, self._cells(), numbers=self._number_columns)

    def to_xlsx(self, path: str | Path) -> Path:
        """Write the changes as XLSX in which nothing is a formula; needs ``leadscore[xlsx]``.

        The columns are those of `changes`. See `leadscore.exporting.write_xlsx`.
        """
        return write_xlsx(path, self._columns, self._cells(), numbers=self._number_columns)

    @property
    def _columns(self) -> list[str]:
        names = self.properties
        return ["contact_id", *(f"old.{n}" for n in names), *(f"new.{n}" for n in names)]

    @property
    def _number_columns(self) -> set[str]:
        kinds = {d["name"]: d["type"] for d in definitions_of(self.prefix)}
        numbers = [name for name in self.properties if kinds.get(name) == "number"]
        return {f"{side}.{name}" for name in numbers for side in ("old", "new")}

    def _cells(self) -> Iterator[list[str | None]]:
        return (_wide(change, self.properties) for change in self.of(SCORES))

    def _frame(self, changes: Iterable[Change]) -> pd.DataFrame:
        rows = [_wide(change, self.properties) for change in changes]
        return pd.DataFrame(rows, columns=self._columns, dtype="str")

    def __repr__(self) -> str:
        return text_of(self)

    def _repr_html_(self) -> str:
        return page_of(self)


def _wide(change: Change, names: list[str]) -> list[str | None]:
    old, new = ([side.get(name) for name in names] for side in (change.old, change.new))
    return [change.contact, *old, *new]


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
    facts = facts_of(where)
    found = _class_of(facts)(where, facts)
    if check:
        found.check()
    return found


def _class_of(facts: Mapping[str, Any]) -> type[Plan]:
    if facts.get("kind") == "records":
        from leadscore.recordplans import RecordPlan

        return RecordPlan
    if facts.get("kind") == "reaction":
        from leadscore.reactionplans import ReactionPlan

        return ReactionPlan
    if facts.get("kind") == "pairs":
        from leadscore.pairplans import PairPlan

        return PairPlan
    return Plan
