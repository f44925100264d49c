"""Apply a plan in batches, with intent before and outcome after, and read it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from leadscore.bars import tqdm
from leadscore.echoes import Echoes
from leadscore.errors import (
    BadReplyError,
    GuardError,
    HubSpotError,
    PlanError,
    StoreError,
    UnreachableError,
)
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.properties import create_missing, definitions, missing_from
from leadscore.hubspot.reading import MODIFIED, chunks, read_values
from leadscore.hubspot.writing import Outcome, update_batch
from leadscore.ledger import STATES, Ledger
from leadscore.planfile import SCORES
from leadscore.plans import Plan
from leadscore.scoreproperties import GROUP, definitions_of, same
from leadscore.store import open_store

__all__ = ["Run", "apply"]

Values = dict[str, dict[str, str]]
_TRIES = 5  # of one batch, each after a look at what the last one did
_SYSTEMIC = 10  # so many contacts alike are no coincidence


@dataclass(frozen=True)
class Run:
    """One apply, on record in the workspace's ledger.

    Attributes
    ----------
    id : str
    counts : dict
        How many contacts ended in each state: written, unchanged, conflict, rejected, missing,
        resolved. They add up to the plan's changes.
    verified : int
        Contacts that were read back and hold what was planned.
    outcomes : DataFrame
        One row per contact of the plan: ``contact_id``, ``state``, ``reason``.
    """

    id: str
    counts: dict[str, int]
    verified: int
    outcomes: pd.DataFrame = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return {"run": self.id, **self.counts, "verified": self.verified}


def apply(
    portal: Portal,
    plan: Plan,
    *,
    canary: int = 50,
    override: Mapping[str, str] | None = None,
    progress: bool = True,
) -> Run:
    """Write a plan's changes to the portal, and read them back.

    An interrupted run is taken up again by the same call. A finished one writes nothing more.

    Parameters
    ----------
    portal : Portal
        The portal that the plan was made for.
    plan : Plan
    canary : int, default 50
        So many contacts are written and read back before the others.
    override : mapping of str to str, optional
        Guards to pass over, by name, each with the reason, which is kept.
    progress : bool, default True

    Returns
    -------
    Run

    Raises
    ------
    PlanError
        The plan has expired, or was made for another portal.
    GuardError
        A guard blocks the write.
    BusyError
        Another run holds the workspace.
    HubSpotError
        The portal stopped answering. What was done is on record; the same call goes on from there.

    Notes
    -----
    HubSpot has no compare-and-set: values are compared with the plan's old ones just before each
    batch, and a change of somebody else's within that moment is overwritten.
    """
    store = open_store(plan.workspace, create=False)
    with store.lock("apply"):
        run = store.ledger.run_of(plan.id)
        if run and store.ledger.run(run)["status"] == "done":
            return _report(store.ledger, run, plan)
        _guard(portal, plan, override or {})
        portal.require("apply", *(["create properties"] if plan.creates_properties else []))
        portal.pool.share(store.workspace)
        store.ledger.bind_portal(portal.id)
        run = run or store.ledger.start_run("apply", plan=plan.id, overridden=dict(override or {}))
        _create(portal, plan)
        writer = _Writer(portal, plan, store.ledger, run, progress=progress)
        writer.write(canary=canary)
        writer.echoes.settle(store)
        done = _report(store.ledger, run, plan)
        store.ledger.finish_run(run, "done", **done.counts, verified=done.verified)
    return done


def _guard(portal: Portal, plan: Plan, override: Mapping[str, str]) -> None:
    if portal.id != plan.portal_id:
        raise PlanError(
            f"The plan was made for portal {plan.portal_id}, and this is portal {portal.id}.",
            hint="Make a plan for this portal, or use the other portal's token.",
        )
    if pd.Timestamp.now("UTC") > pd.Timestamp(plan.expires_at):
        raise PlanError(
            f"The plan expired at {plan.expires_at}.", hint="Make a new one with `leadscore plan`."
        )
    plan.check()
    if not plan.signal and "no_signal" not in override:
        raise GuardError(
            "The model has no usable signal: its backtest cannot be told from chance.",
            hint="Nothing was written. Write all the same with --override no_signal.",
            guards=["no_signal"],
        )


def _create(portal: Portal, plan: Plan) -> None:
    """Create the properties that the plan names, and no others."""
    wanted = definitions_of(plan.prefix)
    missing = {d["name"] for d in missing_from(definitions(portal, "contacts"), wanted)}
    if surplus := sorted(missing - set(plan.creates_properties)):
        raise PlanError(
            f"The portal has lost {', '.join(surplus)} since the plan was made.",
            hint="Make a new plan with `leadscore plan`; it says what would be created.",
        )
    create_missing(portal, "contacts", GROUP, wanted)


class _Writer:
    """The batches of one run, in an order that an interruption cannot confuse."""

    def __init__(
        self, portal: Portal, plan: Plan, ledger: Ledger, run: str, *, progress: bool
    ) -> None:
        self.portal, self.plan, self.ledger, self.run = portal, plan, ledger, run
        self.progress = progress
        self.echoes = Echoes("contacts")
        changes = list(plan.of(SCORES))
        self.old = {change.contact: change.old for change in changes}
        self.new = {change.contact: change.new for change in changes}
        self.kinds = {d["name"]: str(d["type"]) for d in definitions_of(plan.prefix)}

    def write(self, *, canary: int) -> None:
        """Write what has no outcome yet, the canary first, and read everything back."""
        self._resolve(self.ledger.pending(self.run))
        ended = self._ended()
        left = [contact for contact in self.new if contact not in ended]
        for group in (left[:canary], left[canary:]):
            for ids in self._batches(group, "Writing"):
                self._batch(ids)
            self._verify(group)
            self._stop_if_nothing_holds(group)
        self._verify(sorted(ended))

    def _stop_if_nothing_holds(self, group: Sequence[str]) -> None:
        """Stop where what was written reads back otherwise for every contact: no accident."""
        journal = self.ledger.journal(self.run).set_index("object_id").loc[list(group)]
        sent = journal[journal["state"].isin(["written", "resolved"])]
        if len(sent) >= _SYSTEMIC and sent["verified_at"].isna().all():
            raise PlanError(
                f"None of {len(sent)} contacts holds what was written to it.",
                hint="Something in the portal changes the values; find it before you go on.",
            )

    def _ended(self) -> set[str]:
        journal = self.ledger.journal(self.run)
        return set(journal.loc[journal["state"].notna(), "object_id"])

    def _batches(self, contacts: Sequence[str], what: str) -> Iterator[list[str]]:
        hidden = not self.progress or not contacts
        with tqdm(total=len(contacts), unit="rec", desc=what, disable=hidden) as bar:
            for ids in chunks(contacts):
                yield ids
                bar.update(len(ids))

    def _live(self, ids: Sequence[str]) -> Values:
        names, time = self.plan.properties, MODIFIED("contacts")
        records = read_values(self.portal, "contacts", ids, [*names, time])
        self.echoes.before({i: row.pop(time, "") for i, row in records.items()})
        return records

    def _resolve(self, pending: Sequence[str]) -> None:
        """Ask the portal what became of writes that have no outcome on record."""
        for ids in chunks(pending):
            live = self._live(ids)
            arrived = [i for i in ids if i in live and self._holds(live[i], self.new[i])]
            self._record([Outcome(i, "resolved") for i in arrived])

    def _batch(self, ids: Sequence[str]) -> None:
        live = self._live(ids)
        settled = [o for o in (self._settle(i, live.get(i)) for i in ids) if o]
        self._record(settled)
        sending = [i for i in ids if i not in {o.id for o in settled}]
        if not sending:
            return
        self.ledger.journal_intent(
            self.run,
            [{"object_id": i, "old": live[i], "new": self.new[i]} for i in sending],
            prefix=self.plan.prefix,
        )
        self._send(sending)

    def _send(self, contacts: Sequence[str]) -> None:
        """Write; where no reply tells what became of it, look before anything is sent again."""
        for attempt in range(1, _TRIES + 1):
            try:
                outcomes = update_batch(self.portal, "contacts", {i: self.new[i] for i in contacts})
            except HubSpotError as error:
                if attempt == _TRIES or not _is_ambiguous(error):
                    raise
                self.portal.pool.back_off(attempt)
                contacts = self._unsettled(contacts)
                if contacts:
                    continue
                return
            _refuse_if_all_are_rejected(outcomes)
            self._record(outcomes)
            self.echoes.after({o.id: o.changed_at for o in outcomes if o.state == "written"})
            return

    def _unsettled(self, contacts: Sequence[str]) -> list[str]:
        """Return those that a lost write did not reach and that nobody has changed meanwhile."""
        live = self._live(contacts)
        arrived = [i for i in contacts if i in live and self._holds(live[i], self.new[i])]
        self._record([Outcome(i, "resolved") for i in arrived])
        left = [i for i in contacts if i not in set(arrived)]
        settled = [o for o in (self._settle(i, live.get(i)) for i in left) if o]
        self._record(settled)
        return [i for i in left if i not in {o.id for o in settled}]

    def _settle(self, contact: str, live: dict[str, str] | None) -> Outcome | None:
        """Return the outcome of a contact that is not to be written, None for the others."""
        if live is None:
            return Outcome(contact, "missing", "The portal has no contact of this id any more.")
        if self._holds(live, self.new[contact]):
            return Outcome(contact, "unchanged")
        if not self._equal(live, self.old.get(contact, {}), self.plan.properties):
            return Outcome(contact, "conflict", "Changed by somebody else since the plan.")
        return None

    def _holds(self, live: dict[str, str], wanted: dict[str, str]) -> bool:
        return all(same(live.get(n), value, self.kinds[n]) for n, value in wanted.items())

    def _equal(self, live: dict[str, str], old: dict[str, str], names: Sequence[str]) -> bool:
        return all(same(live.get(n), old.get(n), self.kinds[n]) for n in names)

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        rows = [{"object_id": o.id, "state": o.state, "reason": o.reason} for o in outcomes]
        self.ledger.journal_outcome(self.run, rows)

    def _verify(self, group: Sequence[str]) -> None:
        """Read back, and put on record which contacts hold what was planned."""
        journal = self.ledger.journal(self.run).set_index("object_id")
        sent = journal["state"].isin(["written", "resolved", "unchanged"])
        unverified = set(journal.index[sent & journal["verified_at"].isna()])
        for ids in self._batches([i for i in group if i in unverified], "Reading back"):
            live = self._live(ids)
            right = [i for i in ids if i in live and self._holds(live[i], self.new[i])]
            self.ledger.journal_verified(self.run, right)


def _refuse_if_all_are_rejected(outcomes: Sequence[Outcome]) -> None:
    """Stop where it is not the records that are wrong, before their outcomes are on record."""
    if len(outcomes) >= _SYSTEMIC and all(outcome.state == "rejected" for outcome in outcomes):
        raise PlanError(
            f"The portal refuses every contact of a batch: {outcomes[0].reason}",
            hint="Mend the property in HubSpot, then apply the same plan again: it goes on.",
        )


def _is_ambiguous(error: HubSpotError) -> bool:
    """Say whether the portal may have done what it was asked, or may do it yet."""
    return isinstance(error, UnreachableError | BadReplyError) or type(error) is HubSpotError


def _report(ledger: Ledger, run: str, plan: Plan) -> Run:
    counts = {state: ledger.counts(run)[state] for state in STATES}
    if sum(counts.values()) != plan.rows[SCORES]:
        raise StoreError(
            f"Run {run} accounts for {sum(counts.values())} of {plan.rows[SCORES]} contacts.",
            hint="Run the same apply again; it goes on where it stopped.",
        )
    journal = ledger.journal(run).rename(columns={"object_id": "contact_id"})
    outcomes = journal[["contact_id", "state", "reason"]]
    return Run(id=run, counts=counts, verified=ledger.verified(run), outcomes=outcomes)
