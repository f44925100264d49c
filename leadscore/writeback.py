"""Apply a plan: scores first, then what follows them, every contact accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from leadscore.echoes import settle_echoes
from leadscore.engine import Engine, Job
from leadscore.errors import AmbiguousError, BadReplyError, GuardError, UsageError
from leadscore.guards import check_guards
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.permissions import require_records
from leadscore.hubspot.reading import chunks
from leadscore.importing import ImportEngine, clear_leftovers
from leadscore.pairplans import PairPlan
from leadscore.pairruns import pair_run
from leadscore.planfile import SCORES, Change
from leadscore.plans import Plan
from leadscore.portalready import check_ready, make_ready
from leadscore.reactionplans import ReactionPlan
from leadscore.recordplans import RecordPlan
from leadscore.recordruns import record_run
from leadscore.recordtargets import ArchiveTarget
from leadscore.runrecords import KINDS, Run, on_record, report
from leadscore.store import Store, open_store
from leadscore.targetkinds import score_target, target_of
from leadscore.targets import Target

__all__ = ["WAYS", "apply", "carry_out", "resolve"]

#: How contacts can be written.
WAYS = ("auto", "batch", "import")
_SAFE = (
    "Run the same call again later: it looks first what has arrived, and sends only what has not."
)
IMPORT_ABOVE = 50_000  # changes
_WELL = ("written", "unchanged", "resolved")


def apply(
    portal: Portal,
    plan: Plan,
    *,
    canary: int = 50,
    via: str = "auto",
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
    via : {"auto", "batch", "import"}
        Batches of a hundred, or one upload that HubSpot works through, for up to a million
        contacts. By itself an upload is chosen above 50,000 changes if the token may import. Either
        way contacts are compared before and read back after. An interrupted run goes on as it
        began.
    override : mapping of str to str, optional
        Guards to pass over, by name, each with the reason, which is kept.
    progress : bool, default True

    Returns
    -------
    Run
        Of a plan of records a `leadscore.recordruns.RecordRun`.

    Raises
    ------
    UsageError
        `via` is none of these, or an upload is asked for records: those go by batches.
    GuardError
        A guard blocks the write: the plan has expired, was edited or made for another portal, say.
    PlanError
        The portal cannot take the values any more; mended, the same call goes on.
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
        way = _way(portal, plan, via)
        try:
            done = carry_out(
                portal, store, plan, canary=canary, override=override, progress=progress, via=way
            )
        except (AmbiguousError, BadReplyError) as error:
            error.hint = _SAFE
            raise
    return _told(done, plan)


def _told(done: Run, plan: Plan) -> Run:
    """Return a run as whoever made its plan sees it."""
    if isinstance(plan, PairPlan):
        return pair_run(done, plan)
    if isinstance(plan, ReactionPlan):
        return done
    return record_run(done, plan) if isinstance(plan, RecordPlan) else done


def _way(portal: Portal, plan: Plan, via: str) -> str:
    if via not in WAYS:
        raise UsageError(f"There is no way {via!r} to write.", hint=f"Use {', '.join(WAYS)}.")
    if via == "import" and plan.of_records:
        raise UsageError("Records are written by batches.", hint="Leave via out.")
    if via == "import":
        portal.require("import")
    large = via == "auto" and plan.rows[SCORES] > IMPORT_ABOVE
    may = large and "crm.import" in (portal.scopes or ())
    return "import" if via == "import" or may else "batch"


def carry_out(
    portal: Portal,
    store: Store,
    plan: Plan,
    *,
    canary: int,
    override: Mapping[str, str] | None,
    progress: bool,
    kind: str = "apply",
    **facts: Any,
) -> Run:
    """Do what a plan says, for whoever holds the workspace; `apply` and `undo` both do it so.

    Parameters
    ----------
    portal, store, plan, canary, override, progress
        As for `apply`.
    kind : str
        Of the run.
    **facts
        More about the run, for the record.
    """
    ledger = store.ledger
    for each in KINDS:
        ledger.close_runs(each)  # the lock is ours: one that still runs was killed
    clear_leftovers(plan.path.parent)
    run = ledger.run_of(plan.id)
    if run and ledger.run(run)["status"] == "done":
        return report(store, run, plan)
    _require(portal, plan, kind)
    portal.pool.share(store.workspace)
    fresh = run is None
    if run is None:
        passed = check_guards(plan, override, portal_id=portal.id, ledger=ledger)
        ledger.bind_portal(portal.id)
        run = ledger.start_run(kind, plan=plan.id, overridden=passed, **_about(plan), **facts)
    with on_record(portal, store, run) as ended:
        works = list(_works(portal, store, plan, run, progress=progress))
        if not fresh:
            ended["overridden"] = _go_on(portal, store, plan, run, works, override)
        make_ready(portal, plan)
        for work in works:
            total = plan.rows.get(work.action, 0)
            work.engine.carry_out(work.changes, canary=canary, total=total)
        if not plan.of_records:  # the store does not have what was written there
            settle_echoes(store, run, [work.action for work in works])
        done = report(store, run, plan)
        ended.update(done.counts, verified=done.verified)
    return done


def _require(portal: Portal, plan: Plan, kind: str) -> None:
    if plan.of_records:
        define = bool(plan.creates_properties)
        require_records(portal.scopes, plan.object_type, write=True, define=define)
    else:
        portal.require(kind, *(["create properties"] if plan.creates_properties else []))


def _about(plan: Plan) -> dict[str, Any]:
    """Return what stays on record of a plan, whose file may be gone one day."""
    names = (
        *("model", "contacts", "portal_id", "prefix"),
        *("properties", "creates_properties", "sha256", "rows"),
        *("object_type", "how", "match", "input", "source"),
    )
    kept = {name: plan.facts[name] for name in names if name in plan.facts}
    return kept | {"actions": list(plan.facts.get("actions", []))}


def _go_on(
    portal: Portal,
    store: Store,
    plan: Plan,
    run: str,
    works: Iterable[_Work],
    override: Mapping[str, str] | None,
) -> dict[str, str]:
    """Return the guards that are passed over, or refuse.

    What an interrupted run had sent is looked up and put on record even when it may not go on.
    """
    before = store.ledger.run(run)["facts"]
    if portal.id == plan.portal_id:
        for work in works:
            work.engine.resolve()
    if undone := store.ledger.undone_by(run):
        raise GuardError(
            f"Run {run} of this plan was undone by {undone}; it does not go on.",
            hint="Make a new plan: it starts from what the portal has now.",
            guards=["stale_plan"],
        )
    known = before.get("overridden", {})
    given = {**known, **(override or {})}
    return {**known, **check_guards(plan, given, portal_id=portal.id, ledger=store.ledger)}


def resolve(portal: Portal, store: Store, plan: Plan, run: str, *, progress: bool) -> None:
    """Look up what became of all that an interrupted run had sent, and put it on record."""
    for work in _works(portal, store, plan, run, progress=progress):
        work.engine.resolve()


@dataclass(frozen=True)
class _Work:
    action: str
    engine: Engine
    changes: Iterable[Change]


def _works(
    portal: Portal, store: Store, plan: Plan, run: str, *, progress: bool
) -> Iterator[_Work]:
    """Return what there is to do, in order: scores first, and last when they are undone."""
    undoing = plan.kind == "undo"
    targets: dict[str, Target] = {
        SCORES: score_target(portal, plan.prefix, plan.properties, undoing=undoing)
    }
    for about in plan.facts.get("actions", []):
        name = str(about["action"])
        targets[name] = target_of(portal, plan.prefix, about, undoing=undoing)
    order = [*list(targets)[1:], SCORES] if undoing else list(targets)
    for action in order:
        job = Job(
            portal,
            store.ledger,
            run,
            action,
            targets[action],
            plan.prefix,
            check=lambda: check_ready(portal, plan),
            partly=undoing and not isinstance(targets[action], ArchiveTarget),
            foreign=partial(_who, store, plan, action),
            object_type=plan.object_type,
            wary=not plan.of_records,
        )
        follows = action != SCORES and not undoing and not plan.of_records
        changes = plan.of(action)
        imported = action == SCORES and store.ledger.run(run)["facts"].get("via") == "import"
        yield _Work(
            action,
            _engine(job, store, imported=imported, progress=progress),
            _followed(store, run, action, changes) if follows else changes,
        )


def _engine(job: Job, store: Store, *, imported: bool, progress: bool) -> Engine:
    if imported:
        return ImportEngine(job, folder=store.workspace / "plans", progress=progress)
    return Engine(job, progress=progress)


def _followed(store: Store, run: str, action: str, changes: Iterable[Change]) -> Iterator[Change]:
    """Return the changes of contacts whose scores went well, or were not to be written."""
    for some in chunks(changes):
        scores = store.ledger.known(run, [change.contact for change in some])
        bad = {one: e.state for one, e in scores.items() if e.state not in _WELL}
        known = store.ledger.known(run, list(bad), action=action)
        rows = [
            {"object_id": one, "state": state, "reason": f"Its score ended as {state}."}
            for one, state in bad.items()
            if one not in known and state
        ]
        store.ledger.journal_outcome(run, rows, action=action)
        yield from (change for change in some if change.contact not in bad)


def _who(store: Store, plan: Plan, action: str, contacts: Sequence[str]) -> dict[str, str]:
    """Say of contacts that an undo finds changed which of our own runs changed them, if one did."""
    undone = plan.facts.get("undoes")
    if undone is None:
        return {}
    later = store.ledger.written_later(str(undone), contacts, action=action)
    return {one: f"Written since by run {run}: undo that first." for one, run in later.items()}
