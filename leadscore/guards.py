"""Guards: what stops a write-back, each passed over one by one, for a reason that is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import GuardError, LeadscoreError, PlanError, UsageError
from leadscore.planfile import facts_of

if TYPE_CHECKING:
    from leadscore.ledger import Ledger
    from leadscore.plans import Plan

__all__ = ["GUARDS", "accepted", "check_guards", "finding", "guards_now"]

Finding = dict[str, Any]

#: What to do about each; see docs/plan.md for the bounds and where they come from.
GUARDS = {
    "big_moves": "Look at the biggest movers: did something that the model reads change its ways?",
    "distribution_shift": "Compare the two histograms; `leadscore monitor` says what moved.",
    "constant_scores": "Train again: these scores do not tell contacts apart.",
    "missing_features": "Sync the property again, see what fills it, or train a model without it.",
    "fewer_contacts": "Look whether the last sync was complete and what was left out.",
    "write_cap": "Write a part (`plan.only`), or raise LEADSCORE_MAX_WRITES or --max-writes.",
    "no_signal": "Get more leads with outcomes, or better properties: a draw would rank as well.",
    "worse_model": "Score with the live model, or promote this one (`leadscore promote`).",
    "stale_plan": "Make a new plan: it starts from what the portal has now.",
    "edited_plan": "Make a new plan, and review that.",
    "other_portal": "Make a plan for this portal, or use the other portal's token.",
}
#: The ids in a plan are another portal's contacts: there is no reason that makes them these ones.
NEVER_OVERRIDDEN = frozenset({"other_portal"})


def finding(
    guard: str, *, blocks: bool, value: float | None = None, limit: float | None = None, says: str
) -> Finding:
    """Return what a guard found, as a plan keeps it.

    Parameters
    ----------
    guard : str
        One of `GUARDS`.
    blocks : bool
        Whether it stops a write; else it is said and no more.
    value, limit : float, optional
        What was found, and where it begins to block.
    says : str
        The same in a sentence; numbers and ids, no personal data.
    """
    return {"guard": guard, "blocks": bool(blocks), "value": value, "limit": limit, "says": says}


def accepted(override: Mapping[str, str] | None) -> dict[str, str]:
    """Return guards to be passed over with their reasons, or say what is wrong with them.

    Raises
    ------
    UsageError
        There is no such guard, it cannot be passed over, or a reason is missing.

    Examples
    --------
    >>> accepted({"big_moves": " new model, looked at "})
    {'big_moves': 'new model, looked at'}
    """
    given = {name: str(reason or "").strip() for name, reason in dict(override or {}).items()}
    names = sorted(set(GUARDS) - NEVER_OVERRIDDEN)
    if unknown := [name for name in given if name not in GUARDS]:
        raise UsageError(
            f"There is no guard {str(unknown[0])!r}.", hint=f"Guards are: {', '.join(names)}."
        )
    if never := [name for name in given if name in NEVER_OVERRIDDEN]:
        raise UsageError(
            f"The guard {never[0]} is never passed over: the ids would be other people's.",
            hint=GUARDS[never[0]],
        )
    if empty := [name for name, reason in given.items() if not reason]:
        raise UsageError(
            f"The guard {empty[0]} is passed over only for a reason.",
            hint="Give one: --reason TEXT, or override={guard: reason} in Python.",
        )
    return given


def check_guards(
    plan: Plan,
    override: Mapping[str, str] | None = None,
    *,
    portal_id: int | None = None,
    ledger: Ledger | None = None,
) -> dict[str, str]:
    """Refuse a plan that a guard blocks, naming all that do at once.

    Parameters
    ----------
    plan : Plan
    override : mapping of str to str, optional
        Guards to pass over with the reason of each, besides those that the plan was made with.
    portal_id : int, optional
        The portal that is to be written to; None: not asked, as when the plan was just made.
    ledger : Ledger, optional
        Of the workspace that is to write; None: nobody asks what was applied since.

    Returns
    -------
    dict of str to str
        Every guard that was passed over, and why: for the run's record.

    Raises
    ------
    GuardError
        A guard blocks.
    UsageError
        `override` names no guard, or gives no reason.
    """
    passed = {**plan.overridden, **accepted(override)}
    found = [*plan.facts.get("guards", [])]
    if portal_id is not None or ledger is not None:
        found += guards_now(plan, portal_id=portal_id, ledger=ledger)
    blocking = [f for f in found if f["blocks"] and f["guard"] not in passed]
    if blocking:
        raise _blocked(plan, blocking)
    used = {f["guard"] for f in found if f["blocks"]} | set(plan.overridden)
    return {name: reason for name, reason in passed.items() if name in used}


def _blocked(plan: Plan, blocking: list[Finding]) -> GuardError:
    names = [str(f["guard"]) for f in blocking]
    said = "; ".join(f"{f['guard']}: {str(f['says']).rstrip('.')}{_bound(f)}" for f in blocking)
    todo = " ".join(dict.fromkeys(GUARDS[name] for name in names))
    able = [name for name in names if name not in NEVER_OVERRIDDEN]
    how = " ".join(f"--override {name}" for name in able)
    also = f" To pass over all the same: {how} --reason TEXT." if len(able) == len(names) else ""
    return GuardError(
        f"Nothing is written, {_count(names)}. {said}.",
        hint=f"{todo}{also} The plan is {plan.path}",
        guards=names,
    )


def _count(names: list[str]) -> str:
    return "a guard blocks" if len(names) == 1 else f"{len(names)} guards block"


def _bound(found: Finding) -> str:
    if found["value"] is None or found["limit"] is None:
        return ""
    return f" (found {found['value']:,.6g}, limit {found['limit']:,.6g})"


def guards_now(
    plan: Plan, *, portal_id: int | None = None, ledger: Ledger | None = None
) -> list[Finding]:
    """Return what stands against applying a plan now: another portal, age, or an edit."""
    return [
        *_other_portal(plan, portal_id),
        *_stale(plan, ledger),
        *_edited(plan),
    ]


def _other_portal(plan: Plan, portal_id: int | None) -> Iterator[Finding]:
    if portal_id is not None and portal_id != plan.portal_id:
        said = f"The plan was made for portal {plan.portal_id}, and this is portal {portal_id}."
        yield finding("other_portal", blocks=True, says=said)


def _stale(plan: Plan, ledger: Ledger | None) -> Iterator[Finding]:
    if pd.Timestamp.now("UTC") > pd.Timestamp(plan.expires_at):
        said = f"The plan expired at {plan.expires_at}."
        yield finding("stale_plan", blocks=True, says=said)
    elif ledger is not None and (run := _applied_since(plan, ledger)):
        said = f"Run {run} was applied to this workspace after the plan was made."
        yield finding("stale_plan", blocks=True, says=said)


def _applied_since(plan: Plan, ledger: Ledger) -> str | None:
    """Return the latest run of a plan that has nothing to do with this one, made since."""
    runs = ledger.runs()
    if plan.of_records:  # row by row they are compared again, and are no scores
        return None
    scores = runs["facts"].map(lambda facts: "object_type" not in facts).astype("bool")
    later = runs["started_at"] > pd.Timestamp(plan.created_at)
    since = runs["plan"].notna() & later & scores
    for row in runs[since].iloc[::-1].itertuples():
        if _root(plan, str(row.plan)) != plan.facts.get("taken_from", plan.id):
            return str(row.run)
    return None


def _root(plan: Plan, other: str) -> str:
    """Return the plan that another one of the folder was taken from; itself where it was none."""
    try:
        return str(facts_of(plan.path.with_name(f"plan-{other}.parquet")).get("taken_from", other))
    except LeadscoreError:
        return other


def _edited(plan: Plan) -> Iterator[Finding]:
    try:
        plan.check()
    except PlanError as error:
        yield finding("edited_plan", blocks=True, says=error.message)
