"""What changed in a frame since the last time, and what follows from it, written down."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import UsageError
from leadscore.followup import Followup, Scored
from leadscore.guards import finding
from leadscore.hubspot.reading import chunks, read_values
from leadscore.ownproperties import own_properties
from leadscore.planfile import Change, Draft, Spool, facts_of, new_id
from leadscore.reactionplans import ReactionPlan
from leadscore.recordplans import ROWS
from leadscore.segments import Segment
from leadscore.store import Store
from leadscore.tiers import TIERS
from leadscore.watchedvalues import RANKED, same_value, value_text
from leadscore.watchtable import Known

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Reaction"]

VALID_FOR = pd.Timedelta(hours=24)
_RANKS = {tier: rank for rank, tier in enumerate(reversed(TIERS), start=1)}
_BATCH = 100


def _rank(value: str) -> int:
    return _RANKS.get(value, 0)


class Reaction:
    """What changed, and what follows from it.

    Parameters
    ----------
    portal : Portal
    then : sequence of Followup
    now : Series
        The watched column as text, by contact.
    known : mapping, optional
        What it was, and since when; None if nothing is known.
    column : str
    to : set of str, optional
        Only changes to one of these count.

    Raises
    ------
    UsageError
        Two actions of one name, or one that does not go with the column.
    """

    def __init__(
        self,
        portal: Portal,
        then: Sequence[Followup],
        now: pd.Series[str],
        known: Mapping[str, Known] | None,
        *,
        column: str,
        to: set[str] | None,
    ) -> None:
        self.portal, self.then, self.now, self.column = portal, list(then), now, column
        self.known = {one: (value_text(was), since) for one, (was, since) in (known or {}).items()}
        self.prefix, self.at = portal.settings.prefix, new_id()
        self.tiers = set(now) <= {*RANKED, ""}
        self._check()
        self.fired = {one for one, value in now.items() if self._fires(str(one), value, to)}
        self.gone, self.doing = 0, self.then

    def only_look(self) -> None:
        """Do nothing this time; what is to be done the next time is checked all the same."""
        self.fired, self.doing = set(), []

    def _check(self) -> None:
        names = [followup.action for followup in self.then]
        if twice := [name for name in names if names.count(name) > 1]:
            raise UsageError(
                f"Two actions are called {twice[0]!r}.", hint="Name each of them once."
            )
        if not self.tiers and any(isinstance(one, Segment) for one in self.then):
            raise UsageError(
                f"A segment is kept equal to a tier, and {self.column!r} holds no tiers.",
                hint="Use ls.followups.Property, and an active segment on that property.",
            )

    def _fires(self, contact: str, value: str, to: set[str] | None) -> bool:
        was = self._was(contact)[0]
        better = _rank(value) > _rank(was) if self.tiers else not same_value(value, was)
        if to is None:
            return better and bool(value)
        return better and any(same_value(value, one) for one in to)

    def plan(
        self,
        store: Store,
        watch: str,
        frame: pd.DataFrame,
        *,
        most: int,
        passed: Mapping[str, str],
    ) -> ReactionPlan:
        """Write down what is to be done; reads only."""
        self.portal.require("plan")
        self.portal.pool.share(store.workspace)
        for followup in self.then:
            followup.prepare(self.portal, self.prefix)
        more = [d for followup in self.doing for d in followup.definitions(self.prefix)]
        own = own_properties(self.portal, self.prefix, [], more=more)
        with Draft(store.workspace / "plans", new_id()) as draft:
            self._write(draft, frame)
            guards = self._guards(max(draft.rows.values(), default=0), most)
            names = {guard["guard"] for guard in guards}
            facts = {
                "source": watch,
                "match": self.column,
                "creates_properties": own.missing,
                "definitions": own.digests,
                "guards": guards,
                "overridden": {n: why for n, why in passed.items() if n in names},
                "notes": [
                    *self._notes(),
                    *(n for n in own.notes if not n.startswith("In the portal and")),
                ],
            }
            path = draft.save(self._facts() | facts)
        return ReactionPlan(path, facts_of(path))

    def _write(self, draft: Draft, frame: pd.DataFrame) -> None:
        with ExitStack() as stack:
            folder = draft.path.parent
            listing, *spools = (stack.enter_context(Spool(folder)) for _ in (0, *self.doing))
            for some in chunks(list(self.now.items()), _BATCH):
                scored = list(self._scored([(str(one), value) for one, value in some], frame))
                for followup, spool in zip(self.doing, spools, strict=True):
                    spool.add(followup.changes(self._seen_by(followup, scored)))
                listing.add(self._listed([str(one) for one, _ in some]))
            for followup, spool in zip(self.doing, spools, strict=True):
                draft.add(followup.action, spool.changes())
                draft.add(followup.action, followup.rest())
            draft.add(ROWS, listing.changes())

    def _scored(self, some: list[tuple[str, str]], frame: pd.DataFrame) -> Iterator[Scored]:
        names = list(dict.fromkeys(name for followup in self.doing for name in followup.reads))
        fired = [one for one, _ in some if one in self.fired]
        live = read_values(self.portal, "contacts", fired, names) if fired else {}
        for one, value in some:
            if one not in live:
                self.gone += one in self.fired
                yield Scored(one, {}, value, self._was(one)[0], math.nan, written=False)
            else:
                yield self._fired(one, value, live[one], frame.loc[one])

    def _was(self, contact: str) -> Known:
        return self.known.get(contact, ("", ""))

    def _fired(self, contact: str, value: str, live: Mapping[str, str], row: Any) -> Scored:
        """Return a contact that something follows for; its rise is told by what was, and when."""
        was, since = self._was(contact)
        has = {**live, f"{self.prefix}_scored_at": since or self.at}
        score, reasons = (row.get(name) for name in ("score", "reasons"))
        what = "" if self.tiers else f"{self.column} changed."
        number = math.nan if pd.isna(score) else float(score)
        told = "" if pd.isna(reasons) else str(reasons)
        return Scored(contact, has, value, was, number, True, told, what)

    def _seen_by(self, followup: Followup, scored: list[Scored]) -> list[Scored]:
        """Return contacts as an action sees them: without tiers, as if they came into its own."""
        if self.tiers:
            return scored
        tier = str(getattr(followup, "tier", TIERS[0]))
        return [replace(one, tier=tier, was="") for one in scored if one.written]

    def _listed(self, some: list[str]) -> Iterator[Change]:
        """Return what is to be remembered, and what of it made something follow."""
        for one in some:
            value, known = str(self.now[one]), self.known.get(one)
            if one in self.fired or known is None or known[0] != value or not known[1]:
                fate = "react" if one in self.fired else "remember"
                yield Change(
                    one, {"value": known[0]} if known else {}, {"value": value, "to": fate}
                )

    def _guards(self, writes: int, most: int) -> list[dict[str, Any]]:
        said = f"An action is for {writes:,} contacts, and {most:,} may be written to."
        cap = finding("write_cap", blocks=True, value=writes, limit=most, says=said)
        return [cap] if writes > most else []

    def _notes(self) -> Iterator[str]:
        if not len(self.now):
            yield "The frame has no rows: nothing is to be done."
        elif not self.doing:
            yield f"Seen for the first time: {len(self.now):,} values are remembered, no more."
        if self.gone:
            yield f"Not in the portal any more, so left out: {self.gone:,} of those that changed."

    def _facts(self) -> dict[str, Any]:
        now = pd.Timestamp.now("UTC").floor("ms")
        return {
            "kind": "reaction",
            "object_type": "contacts",
            "how": "react",
            "portal_id": self.portal.id,
            "model": "",
            "created_at": now.isoformat(),
            "expires_at": (now + VALID_FOR).isoformat(),
            "prefix": self.prefix,
            "properties": [],
            "signal": True,
            "counts": {},
            "contacts": len(self.fired),
            "actions": [self._about(followup) for followup in self.doing],
        }

    def _about(self, followup: Followup) -> dict[str, Any]:
        about = {**followup.about(), "action": followup.action, "whoever": True}
        if not self.tiers:
            tier = getattr(followup, "tier", TIERS[0])
            said = str(about["says"]).replace(
                f"that comes into tier {tier}", f"whose {self.column} changed"
            )
            about["says"] = said
        return about
