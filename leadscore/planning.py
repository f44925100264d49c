"""The exact changes to be written: compared with the portal, put in a file, bound by a hash."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import repeat
from typing import Any

import pandas as pd

from leadscore.bars import tqdm
from leadscore.errors import PlanError, UsageError
from leadscore.followup import Followup, Scored
from leadscore.guards import accepted
from leadscore.hubspot.batchreading import BATCH
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.reading import chunks, read_batches
from leadscore.ownproperties import OwnProperties, own_properties
from leadscore.planfigures import Figures, number
from leadscore.planfile import SCORES, Change, Draft, Spool, new_id
from leadscore.planguards import FAR, Circumstances, guards_of
from leadscore.plans import Plan, load_plan
from leadscore.promotions import live_id
from leadscore.scorecheck import usable
from leadscore.scoreproperties import REACHED, values_of
from leadscore.store import Store, open_store

__all__ = ["plan"]

VALID_FOR = pd.Timedelta(hours=24)
Row = dict[Hashable, Any]
_BLOCK = 100 * BATCH  # rows that are taken out of the frame at once
MOVED = 3.0  # points; less is a day's ageing and is not worth a write


def plan(
    portal: Portal,
    scores: pd.DataFrame,
    *,
    then: Sequence[Followup] = (),
    max_writes: int | None = None,
    override: Mapping[str, str] | None = None,
    progress: bool = True,
) -> Plan:
    """Compare scores with what the portal has, and write down what would change.

    Reads only. A contact is in the plan when it has no score yet, when its tier changes, or when
    its score has moved by 3 points or more; then all our properties are. One that has reached the
    goal gets that tier once, and only where a score of ours stands. Contacts with a true
    ``held_out`` are left out.

    Parameters
    ----------
    portal : Portal
    scores : DataFrame
        As `score` returns it.
    then : sequence of Followup
        What is to happen after scoring: planned with it, done after it.
    max_writes : int, optional
        More contacts than this are not written (guard ``write_cap``); by default that of the
        settings (``LEADSCORE_MAX_WRITES``, 100,000).
    override : mapping of str to str, optional
        Guards to pass over, by name, each with the reason, which the plan keeps where it was
        needed.
    progress : bool, default True

    Returns
    -------
    Plan
        A guard that blocks it does not keep it from being made: see ``plan.blocked``. `apply`
        refuses it, and so does `leadscore.guards.check_guards`.

    Raises
    ------
    PlanError
        A score that is none (missing, not finite, out of range), a contact with two, a property
        of our name that is somebody else's or of another type, no room for our properties, or the
        scores are of another portal.
    UsageError
        `override` names no guard, or gives no reason.

    Examples
    --------
    See `leadscore.demo`, which plans, applies and verifies.
    """
    overridden = {**scores.attrs.get("overridden", {}), **accepted(override)}
    workspace, model = (_told(scores, name) for name in ("workspace", "model"))
    wanted = usable(scores)
    _check_actions(then)
    portal.require("plan")
    store = open_store(workspace)
    _check_portal(portal, store)
    portal.pool.share(store.workspace)
    prefix = portal.settings.prefix
    for followup in then:
        followup.prepare(portal, prefix)
    more = [definition for followup in then for definition in followup.definitions(prefix)]
    own = own_properties(portal, prefix, portal.settings.properties, more=more)
    made = _Comparison(portal, wanted, own, then)
    with Draft(store.workspace / "plans", new_id()) as draft:
        actions = made.write(draft, progress=progress)
        around = Circumstances(
            signal=bool(scores.attrs.get("signal")),
            model=model,
            live=live_id(store.ledger, prefix),
            last_contacts=_last_contacts(store, prefix),
            writes=max(draft.rows.values()),
            max_writes=portal.settings.max_writes if max_writes is None else max_writes,
            earlier=tuple(scores.attrs.get("guards", ())),
        )
        guards = guards_of(made.figures, around)
        blocking = {found["guard"] for found in guards if found["blocks"]}
        facts = {
            "kind": "scores",
            "portal_id": portal.id,
            "model": model,
            "store_version": _version(store),
            "guards": guards,
            "overridden": {name: why for name, why in overridden.items() if name in blocking},
            "signal": around.signal,
            "max_writes": around.max_writes,
            "actions": actions,
        }
        path = draft.save(made.facts() | facts)
    return load_plan(path)


def _told(scores: pd.DataFrame, name: str) -> str:
    if name in scores.attrs:
        return str(scores.attrs[name])
    raise PlanError(
        f"The scores do not say which {name} they are of: their attrs have no {name!r}.",
        hint="Plan what `score` returned; give a changed copy its attrs: copy.attrs = scores.attrs",
    )


def _check_actions(then: Sequence[Followup]) -> None:
    names = [SCORES, *(followup.action for followup in then)]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(
            f"Two actions of the plan are called {twice[0]!r}.", hint="Name each of them once."
        )


def _check_portal(portal: Portal, store: Store) -> None:
    owner = store.ledger.portal_id
    if owner not in (None, portal.id):
        raise PlanError(
            f"The scores are of portal {owner}, and this is portal {portal.id}.",
            hint="Use the other portal's token, or this portal's workspace.",
        )


def _last_contacts(store: Store, prefix: str) -> int | None:
    """Return how many contacts the plan was about that was applied last under a prefix."""
    runs = store.ledger.runs()
    done = runs[(runs["kind"] == "apply") & (runs["status"] == "done")]
    for facts in reversed(done["facts"].tolist()):
        if "contacts" in facts and facts.get("prefix", prefix) == prefix:
            return int(facts["contacts"])
    return None


def _version(store: Store) -> int | None:
    """Return the version of the contacts that the store holds."""
    return store.version("contacts") if store.has("contacts") else None


class _Comparison:
    """Scores against what the portal has, batch by batch, while both are read."""

    def __init__(
        self, portal: Portal, scores: pd.DataFrame, own: OwnProperties, then: Sequence[Followup]
    ) -> None:
        self.portal, self.scores, self.own, self.then = portal, scores, own, then
        self.prefix = portal.settings.prefix
        self.now = pd.Timestamp.now("UTC").floor("ms")
        self.figures = Figures(far=FAR)
        self.gone = 0

    def write(self, draft: Draft, *, progress: bool) -> list[dict[str, Any]]:
        """Put all changes into the draft, one action after the other; tell of the followups'."""
        with ExitStack() as stack:
            spools = [stack.enter_context(Spool(draft.path.parent)) for _ in self.then]
            for scored, changes in self._batches(progress=progress):
                draft.add(SCORES, changes)
                for followup, spool in zip(self.then, spools, strict=True):
                    spool.add(followup.changes(scored))
            draft.add(SCORES, ())
            for followup, spool in zip(self.then, spools, strict=True):
                draft.add(followup.action, spool.changes())
                draft.add(followup.action, followup.rest())
        return [{**followup.about(), "action": followup.action} for followup in self.then]

    def facts(self) -> dict[str, Any]:
        """Return what the plan says of its contacts and properties."""
        return {
            **self.figures.facts(),
            "created_at": self.now.isoformat(),
            "expires_at": (self.now + VALID_FOR).isoformat(),
            "prefix": self.prefix,
            "properties": self.own.names,
            "creates_properties": self.own.missing,
            "definitions": self.own.digests,
            "contacts": len(self.scores),
            "notes": [*self.own.notes, *self._notes()],
        }

    def _notes(self) -> Iterator[str]:
        if self.gone:
            yield (
                f"Not in the portal any more (deleted, or merged into others), so left out: "
                f"{self.gone:,} of the contacts that were scored."
            )
        created = [name for name in self.own.missing if name in self.own.names]
        if created and not self.figures.first_time:
            yield (
                f"{', '.join(created)} are new: a contact gets them when its score is written next."
            )

    def _batches(self, *, progress: bool) -> Iterator[tuple[list[Scored], list[Change]]]:
        total = len(self.scores)
        with tqdm(total=total, unit="rec", desc="Comparing", disable=not progress) as bar:
            for rows, live in zip(self._rows(), self._live(), strict=False):
                yield self._compared(rows, live)
                bar.update(len(rows))

    def _rows(self) -> Iterator[list[Row]]:
        for start in range(0, len(self.scores), _BLOCK):
            yield from chunks(self.scores.iloc[start : start + _BLOCK].to_dict("records"))

    def _live(self) -> Iterator[dict[str, dict[str, str]] | None]:
        """Yield what the portal has, batch by batch; None where there is nothing to ask for."""
        wanted = [*self.own.names, *(name for f in self.then for name in f.reads)]
        known = [name for name in dict.fromkeys(wanted) if name in self.own.readable]
        if not known:
            return repeat(None)
        return read_batches(self.portal, "contacts", self.scores["contact_id"], known)

    def _compared(
        self, asked: list[Row], live: dict[str, dict[str, str]] | None
    ) -> tuple[list[Scored], list[Change]]:
        rows = [row for row in asked if live is None or row["contact_id"] in live]
        self.gone += len(asked) - len(rows)
        known, names = live or {}, self.own.names
        new = values_of(rows, known, prefix=self.prefix, at=self.now, names=names)
        scored, changes = [], []
        for row in rows:
            contact = str(row["contact_id"])
            one = self._scored(row, known.get(contact, {}), new[contact])
            scored.append(one)
            if one.written:
                old = {name: one.live[name] for name in names if name in one.live}
                changes.append(Change(contact, old, new[contact]))
        return scored, changes

    def _scored(self, row: Row, live: dict[str, str], new: dict[str, str]) -> Scored:
        tier, was_tier = new[f"{self.prefix}_tier"], live.get(f"{self.prefix}_tier", "")
        score, was = (
            number(new.get(f"{self.prefix}_score")),
            number(live.get(f"{self.prefix}_score")),
        )
        written = _worth_it(live, new, self.prefix)
        self.figures.add(
            row["contact_id"], was=was, score=score, was_tier=was_tier, tier=tier, written=written
        )
        reasons = str(row["reasons"])
        return Scored(row["contact_id"], live, tier, was_tier, score, written, reasons)


def _worth_it(old: Mapping[str, str], new: Mapping[str, str], prefix: str) -> bool:
    score, tier = f"{prefix}_score", f"{prefix}_tier"
    if new[tier] == REACHED:
        return tier in old and old[tier] != REACHED
    if score not in old or old.get(tier) != new[tier]:
        return True
    # Not "moved >= 3": a stored score that is no number is not there to be compared.
    return not abs(number(old[score]) - number(new[score])) < MOVED
