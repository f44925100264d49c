"""React to changes in a frame: a rise in tier, or any other, since the last time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import PlanError, UsageError
from leadscore.followup import Followup
from leadscore.guards import accepted
from leadscore.plans import load_plan
from leadscore.reactionplanning import Reaction
from leadscore.reactionplans import ReactionPlan
from leadscore.store import Store, open_store
from leadscore.watchedvalues import RANKED, check_tiers, value_text, wanted_texts
from leadscore.watchtable import Known, remember, remembered

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.runrecords import Run

__all__ = ["react"]

_DONE = "watched:"  # and the name: the last run whose values are remembered


def react(
    portal: Portal,
    frame: pd.DataFrame,
    *,
    then: Sequence[Followup],
    changed: str = "tier",
    key: str = "contact_id",
    to: Any = None,
    previous: pd.DataFrame | None = None,
    first: str = "remember",
    watch: str | None = None,
    dry_run: bool = False,
    max_writes: int | None = None,
    override: Mapping[str, str] | None = None,
    workspace: str | Path | None = None,
    progress: bool = True,
) -> Run | ReactionPlan:
    """Do something for the contacts whose value in a column changed since the last call.

    A column of tiers (A to D, and reached) reacts to a rise alone: a contact that comes into a
    better tier than it had. Any other column reacts to every change of value; one of type is none
    (1 and 1.0, yes and no that become 1 and 0, a time with and without its zone, UTC), nor is a
    value that is missing now, unless `to` asks for that. A contact that was not in the frame last
    time counts as changed. What the column holds is kept in the workspace, with the contacts' ids
    and nothing else of the frame.

    Parameters
    ----------
    portal : Portal
    frame : DataFrame
        One row per contact: what `score` returns, or any frame.
    then : sequence of Followup
        What is to be done: `ls.followups.Task`, `Stage`, `LeadStatus`, `Property`, `Trigger`,
        `Segment`, `Sequence`. With tiers each is for its own tier; with another column for
        everybody who changed.
    changed, key : str
        The column that is watched, and the one with contact ids.
    to : value or list of values, optional
        Only changes to one of these. ``to=[None]``, or "", are values that are no longer there.
    previous : DataFrame, optional
        What the column held before, with the same columns; instead of what is remembered.
    first : {"remember", "react"}
        What the very first call does, when nothing is remembered: remember alone, or take every
        contact as changed.
    watch : str, optional
        The name under which the column is remembered, the column's unless given. Two reactions to
        one column need two names.
    dry_run : bool, default False
        Return the plan; do and remember nothing.
    max_writes : int, optional
        Not for more contacts than this (guard ``write_cap``); by default that of the settings.
    override : mapping of str to str, optional
        Guards to pass over, each with the reason.
    workspace : path, optional
        By default that of the frame (``attrs``), else that of the settings.
    progress : bool, default True

    Returns
    -------
    Run or ReactionPlan
        ``run.actions`` has the counts of each action, ``ls.undo(portal, run)`` takes back what can
        be taken back: enrolments in sequences cannot.

    Raises
    ------
    UsageError
        A column is missing, an id is none or comes twice, a column of tiers (it is called tier,
        or held nothing else last time) holds something else, or an action does not go with the
        column. Nothing is done.
    PlanError
        What an action needs is not in the portal.
    GuardError
        More contacts than may be written to.

    Notes
    -----
    An interrupted call is taken up by the next one, which first brings it to its end. A task is
    made once per rise, an enrolment is looked up first, a stage goes forward only: nothing happens
    twice. What ended as rejected or conflict is told by the run, and not tried again by itself.

    Examples
    --------
    >>> import leadscore as ls, pandas as pd, tempfile
    >>> then = [ls.followups.LeadStatus("OPEN", tier="A")]
    >>> folder = {"workspace": tempfile.mkdtemp(), "progress": False}
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     ids = ls.find(portal, "contacts")["id"]
    ...     frame = pd.DataFrame({"contact_id": ids, "tier": "B"})
    ...     first = ls.react(portal, frame, then=then, **folder)
    ...     frame.loc[0, "tier"] = "A"
    ...     plan = ls.react(portal, frame, then=then, dry_run=True, **folder)
    >>> plan.counts["changed"]
    1
    """
    if first not in ("remember", "react"):
        raise UsageError(f"first={first!r} is neither.", hint='Use "remember" or "react".')
    passed = accepted(override)
    now, where = _values(frame, key, changed), workspace or frame.attrs.get("workspace")
    store = open_store(where or portal.settings.workspace)
    name = (watch or changed).strip()
    if not dry_run:
        _bring_to_an_end(portal, store, name, progress=progress)
    known = remembered(store, name) if previous is None else _known(previous, key, changed)
    if changed in ("tier", f"{portal.settings.prefix}_tier") or _held_tiers(known):
        for one in (frame,) if previous is None else (frame, previous):
            check_tiers(one[changed], changed)
    reaction = Reaction(portal, then, now, known, column=changed, to=wanted_texts(to))
    if not len(now) or (known is None and first == "remember"):
        reaction.only_look()
    most = portal.settings.max_writes if max_writes is None else max_writes
    plan = reaction.plan(store, name, frame.set_index(now.index), most=most, passed=passed)
    if dry_run:
        return plan
    return _done(portal, store, plan, passed, progress=progress)


def _done(
    portal: Portal,
    store: Store,
    plan: ReactionPlan,
    passed: Mapping[str, str],
    *,
    progress: bool,
) -> Run:
    from leadscore.writeback import apply

    run = apply(portal, plan, override=passed, progress=progress)
    _remember(store, plan, run.id)
    return run


def _remember(store: Store, plan: ReactionPlan, run: str) -> None:
    """Keep what was seen, and put on record that it is kept: a run cut short here is told by it."""
    remember(store, plan.watch, plan.values())
    store.ledger.set_checkpoint(_DONE + plan.watch, run)


def _bring_to_an_end(portal: Portal, store: Store, watch: str, *, progress: bool) -> None:
    """Finish the last reaction of this name, if it was cut short."""
    found = _last(store, watch)
    if found is None or found["run"] == store.ledger.checkpoint(_DONE + watch):
        return
    try:
        plan = load_plan(store.workspace / "plans" / f"plan-{found['plan']}.parquet")
    except PlanError:  # deleted with a person who was erased
        return
    if not isinstance(plan, ReactionPlan):
        return
    if found["status"] == "done":
        _remember(store, plan, str(found["run"]))
    elif store.ledger.undone_by(str(found["run"])) is None:
        _done(portal, store, plan, {}, progress=progress)


def _last(store: Store, watch: str) -> dict[str, Any] | None:
    """Return the last run of a name."""
    runs = store.ledger.runs()
    for run in reversed(runs[runs["kind"] == "apply"].to_dict("records")):
        if (run["facts"].get("how"), run["facts"].get("source")) == ("react", watch):
            return {str(name): value for name, value in run.items()}
    return None


# the frame ----------------------------------------------------------------------------------------


def _values(frame: pd.DataFrame, key: str, column: str) -> pd.Series[str]:
    """Return the watched column as text, by contact."""
    if missing := [name for name in (key, column) if name not in frame.columns]:
        raise UsageError(
            f"The frame has no column {missing[0]!r}.",
            hint=f"It has {', '.join(map(str, frame.columns[:10]))}. Use key= and changed=.",
        )
    ids = frame[key].map(lambda one: "" if pd.isna(one) else str(one).removesuffix(".0").strip())
    ids = ids.astype("str")
    odd = ids[~ids.str.fullmatch(r"[0-9]+")]
    if len(odd):
        raise UsageError(
            f"Row {odd.index[0]}: {key} is {odd.iloc[0]!r}, which is no contact's id.",
            hint="`ls.find` finds ids by e-mail address.",
        )
    if ids.duplicated().any():
        raise UsageError(f"Contact {ids[ids.duplicated()].iloc[0]} comes twice in the frame.")
    values = list(map(value_text, frame[column]))
    return pd.Series(values, index=pd.Index(ids, name=None), dtype="str")


def _known(previous: pd.DataFrame, key: str, column: str) -> dict[str, Known]:
    return {str(one): (value, "") for one, value in _values(previous, key, column).items()}


def _held_tiers(known: Mapping[str, Known] | None) -> bool:
    values = {value for value, _ in (known or {}).values() if value}
    return bool(values) and values <= {*RANKED}
