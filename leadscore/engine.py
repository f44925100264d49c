"""One action of one run, batch by batch, in an order that no interruption can confuse.

A batch: read what is live; settle whoever is missing, right already, or changed by somebody else;
put the intent on record; send; put the outcome on record; read back. Some contacts go first, alone,
and are read back before the others, of which several batches go at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from leadscore.bars import tqdm
from leadscore.errors import BadReplyError, HubSpotError, PlanError, UnreachableError
from leadscore.hubspot.ahead import several
from leadscore.hubspot.reading import chunks
from leadscore.hubspot.writing import Outcome
from leadscore.journal import Entry
from leadscore.planfile import Change
from leadscore.targets import CHANGED, RECORD, WHY
from leadscore.whereabouts import whereabouts

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.ledger import Ledger
    from leadscore.targets import Target

__all__ = ["Engine", "Job"]

Item = TypeVar("Item")
Values = Mapping[str, str]
_BATCH = 100
_WORKERS = 8  # batches at once; what holds them back is the portal's limit
_TRIES = 5  # of one batch, each after a look at what the last one did
_SYSTEMIC = 10  # so many contacts alike are no coincidence
_FOREIGN = "Changed by somebody else since the plan."


@dataclass(frozen=True)
class Job:
    """What an engine is to do, and where it puts it on record.

    Attributes
    ----------
    portal : Portal
    ledger : Ledger
    run, action : str
    target : Target
    prefix : str
        Of our properties.
    check : callable
        Raises PlanError where the portal can no longer take the values: asked when all contacts
        of a batch fail alike.
    partly : bool
        Restore what is still ours and leave the rest: an undo. Else a contact is written whole, or
        not at all.
    foreign : callable
        Says of contacts that somebody else changed who that was, where that is known.
    object_type : str
        What is written to, where it is not contacts.
    wary : bool
        Stop where everything is refused, or reads back otherwise: with scores that is no accident.
        Values that people brought may each be wrong for itself.
    """

    portal: Portal
    ledger: Ledger
    run: str
    action: str
    target: Target
    prefix: str
    check: Callable[[], None]
    partly: bool = False
    foreign: Callable[[Sequence[str]], Mapping[str, str]] = field(default=lambda _: {})
    object_type: str = "contacts"
    wary: bool = True


class Engine:
    """Does one action of one run.

    Parameters
    ----------
    job : Job
    progress : bool
    """

    def __init__(self, job: Job, *, progress: bool = True) -> None:
        self.job, self.progress = job, progress
        self._target, self._stopped, self._parent = job.target, Event(), os.getppid()
        self._size = getattr(job.target, "batch", _BATCH)
        self._looked = False

    # what an interrupted run left -----------------------------------------------------------------

    def resolve(self) -> None:
        """Ask the portal what became of writes that have no outcome on record."""
        waiting = self.job.ledger.waiting(self.job.run, action=self.job.action)
        self._each(self._resolve, chunks(waiting, self._size), "Looking what arrived")

    def _resolve(self, entries: list[Entry]) -> int:
        live = self._live({entry.contact: entry.new for entry in entries})
        arrived = [e.contact for e in entries if e.contact in live and self._has(e, live)]
        self._record([_outcome(one, "resolved", live) for one in arrived])
        self._lost([entry.contact for entry in entries if entry.contact not in live])
        self._verified(arrived)
        return len(entries)

    def _has(self, entry: Entry, live: Mapping[str, Values]) -> bool:
        return self._target.holds(live[entry.contact], entry.new)

    # the run --------------------------------------------------------------------------------------

    def carry_out(self, changes: Iterable[Change], *, canary: int, total: int) -> None:
        """Do what has no outcome yet, the canary first, and read everything back.

        Parameters
        ----------
        changes : iterable of Change
            Of the whole action, in the plan's order; read as they are needed.
        canary : int
            So many contacts are done and read back before the others.
        total : int
            How many changes there are, for the progress bar.

        Raises
        ------
        PlanError
            The portal refuses or alters everything; nothing more was sent.
        HubSpotError
            The portal stopped answering; what was done is on record.
        """
        left = self._left(changes)
        self._each(self._batch, chunks(islice(left, canary), self._size), "Canary", workers=1)
        self._each(self._batch, chunks(left, self._size), "Writing", total=total)
        again = self.job.ledger.unverified(self.job.run, action=self.job.action)
        self._each(self._read_back, chunks(again, self._size), "Reading back")

    def _left(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Return the changes that have not ended, on record, in an earlier attempt."""
        for some in chunks(changes, _BATCH):
            ended = self._known([change.contact for change in some])
            yield from (c for c in some if c.contact not in ended or not ended[c.contact].state)

    def _known(self, contacts: Sequence[str]) -> dict[str, Entry]:
        return self.job.ledger.known(self.job.run, contacts, action=self.job.action)

    def _each(
        self,
        do: Callable[[list[Item]], int],
        batches: Iterator[list[Item]],
        what: str,
        *,
        workers: int = _WORKERS,
        total: int | None = None,
    ) -> None:
        """Do batches at once; an error or a signal lets those under way end, and begins no more."""
        first = next(batches, None)
        if first is None:
            return
        work = several(self._guarded(do), chain([first], batches), workers=workers)
        bar = tqdm(total=total, unit="rec", desc=what, disable=not self.progress)
        with bar, closing(work):
            try:
                for done in work:
                    bar.update(done)
            except BaseException:
                self._stopped.set()
                raise

    def _guarded(self, do: Callable[[list[Item]], int]) -> Callable[[list[Item]], int]:
        def guarded(batch: list[Item]) -> int:
            if self._stopped.is_set():
                return 0
            if self._orphaned():
                raise KeyboardInterrupt
            try:
                return do(batch)
            except BaseException:
                self._stopped.set()
                raise

        return guarded

    def _orphaned(self) -> bool:
        """Say whether whoever started this notebook's kernel is gone: nobody waits for the run."""
        return "ipykernel" in sys.modules and os.getppid() != self._parent

    # a batch --------------------------------------------------------------------------------------

    def _batch(self, changes: list[Change]) -> int:
        live = self._live({change.contact: change.new for change in changes})
        sent = self._known([change.contact for change in changes])
        doing = self._settle(changes, live, sent=sent)
        if doing:
            self._intend(doing, live)
            self._verify(self._send({change.contact: change for change in doing}))
        return len(changes)

    def _live(self, wanted: Mapping[str, Values]) -> dict[str, dict[str, str]]:
        return self._target.live(wanted) if wanted else {}

    def _settle(
        self, changes: Iterable[Change], live: Mapping[str, Values], *, sent: Container[str]
    ) -> list[Change]:
        """Put on record whoever is not to be written, and return what is to be sent."""
        doing: list[Change] = []
        settled: dict[str, list[str]] = {"right": [], "foreign": [], "lost": []}
        for change in changes:
            found = self._look(change, live.get(change.contact), sent=change.contact in sent)
            if isinstance(found, Change):
                doing.append(found)
            else:
                settled[found].append(change.contact)
        self._lost(settled["lost"])
        self._foreign(settled["foreign"], live)
        right = settled["right"]
        self._record(
            [_outcome(one, "resolved" if one in sent else "unchanged", live) for one in right]
        )
        self._verified(right)
        return doing

    def _look(self, change: Change, live: Values | None, *, sent: bool) -> Change | str:
        """Return what is to be sent of a change, or why nothing is."""
        if live is None:
            return "lost"
        if self._target.holds(live, change.new):
            return "right"
        return self._part(change, live, sent=sent) or "foreign"

    def _part(self, change: Change, live: Values, *, sent: bool) -> Change | None:
        """Return what of a change is to be sent, None where somebody else was there."""
        whole = self._target.untouched(live, change.old, sent=sent)
        if whole or not self.job.partly:
            return change if whole else None
        ours = [name for name in change.new if self._is_ours(name, change, live)]
        old, new = _only(change.old, ours), _only(change.new, ours)
        return Change(change.contact, old, new) if ours else None

    def _is_ours(self, name: str, change: Change, live: Values) -> bool:
        """Say whether a contact still has what our run wrote there, and not what was before."""
        holds, written = self._target.holds, change.old.get(name, "")
        return holds(live, {name: written}) and not holds(live, {name: change.new[name]})

    def _intend(self, doing: Sequence[Change], live: Mapping[str, Values]) -> None:
        rows = [
            {
                "object_id": change.contact,
                "old": _only(live[change.contact], {**change.old, **change.new}),
                "new": change.new,
                "changed_at": live[change.contact].get(CHANGED),
            }
            for change in doing
        ]
        self.job.ledger.journal_intent(
            self.job.run,
            rows,
            action=self.job.action,
            prefix=self.job.prefix,
            names=self._target.names,
        )

    def _send(self, changes: Mapping[str, Change]) -> dict[str, Change]:
        """Write; where no reply tells what became of it, look before anything is sent again.

        Returns those that were written, and are not read back yet.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                outcomes = self._target.send({one: c.new for one, c in changes.items()})
            except HubSpotError as error:
                if attempt == _TRIES or not _is_ambiguous(error):
                    raise
                self.job.portal.pool.back_off(attempt)
                live = self._live({one: c.new for one, c in changes.items()})
                doing = self._settle(changes.values(), live, sent=changes)
                changes = {change.contact: change for change in doing}
                if changes:
                    continue
                return {}
            self._refuse_if_all_are_rejected(outcomes)
            self._lost([o.id for o in outcomes if o.state == "missing"])
            self._record([o for o in outcomes if o.state != "missing"])
            return {o.id: changes[o.id] for o in outcomes if o.state == "written"}
        return {}

    def _refuse_if_all_are_rejected(self, outcomes: Sequence[Outcome]) -> None:
        """Stop where it is not the records that are wrong, before their outcomes are on record."""
        refused = [outcome for outcome in outcomes if outcome.state == "rejected"]
        everything = len(refused) == len(outcomes)
        if refused and (everything or len(refused) >= _SYSTEMIC or not self._looked):
            self._looked = True
            self.job.check()
        if self.job.wary and everything and len(refused) >= _SYSTEMIC:
            raise PlanError(
                f"The portal refuses every contact of a batch: {refused[0].reason}",
                hint="Mend the property in HubSpot, then do the same again: it goes on.",
            )

    def _verify(self, sent: Mapping[str, Change]) -> None:
        """Read back, and stop where everything reads back otherwise: that is no accident."""
        live = self._live({one: c.new for one, c in sent.items()})
        right = [
            one for one, c in sent.items() if one in live and self._target.holds(live[one], c.new)
        ]
        self._verified(right)
        if self.job.wary and len(sent) >= _SYSTEMIC and not right:
            self.job.check()
            raise PlanError(
                f"None of {len(sent)} contacts holds what was written to it.",
                hint="Something in the portal changes the values; find it before you go on.",
            )

    def _read_back(self, entries: list[Entry]) -> int:
        """Look once more at what an earlier look did not find, or never saw."""
        wanted = {entry.contact: entry for entry in entries}
        live = self._live({one: entry.new for one, entry in wanted.items()})
        self._verified([one for one, e in wanted.items() if one in live and self._has(e, live)])
        return len(entries)

    # the record -----------------------------------------------------------------------------------

    def _lost(self, contacts: Sequence[str]) -> None:
        told = whereabouts(self.job.portal, contacts, self.job.object_type)
        self._record([Outcome(one, "missing", told[one]) for one in contacts])

    def _foreign(self, contacts: Sequence[str], live: Mapping[str, Values]) -> None:
        known = self.job.foreign(contacts) if contacts else {}
        told = {one: known.get(one) or live[one].get(WHY) or _FOREIGN for one in contacts}
        self._record([_outcome(one, "conflict", live, why) for one, why in told.items()])

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        rows = [
            {
                "object_id": o.id,
                "state": o.state,
                "reason": o.reason,
                "changed_at": o.changed_at,
                "record_id": o.record,
            }
            for o in outcomes
        ]
        if rows:
            self.job.ledger.journal_outcome(self.job.run, rows, action=self.job.action)

    def _verified(self, contacts: Sequence[str]) -> None:
        if contacts:
            self.job.ledger.journal_verified(self.job.run, contacts, action=self.job.action)


def _outcome(contact: str, state: str, live: Mapping[str, Values], reason: str = "") -> Outcome:
    """Return an outcome that names the record, where the key of the change is not its id."""
    return Outcome(contact, state, reason, record=live.get(contact, {}).get(RECORD, ""))


def _only(values: Values, names: Iterable[str]) -> dict[str, str]:
    return {name: values[name] for name in names if name in values}


def _is_ambiguous(error: HubSpotError) -> bool:
    """Say whether the portal may have done what it was asked, or may do it yet."""
    return isinstance(error, UnreachableError | BadReplyError) or type(error) is HubSpotError
