"""The review panel: look at a plan, take a part of it, approve it, and see what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import GuardError
from leadscore.guards import GUARDS, guards_now
from leadscore.ledger import Ledger
from leadscore.paneldisplay import Panel
from leadscore.panelparts import note, plain_table, table, warning_note
from leadscore.planfile import SCORES
from leadscore.planpage import page_of, text_of
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.plans import Plan
    from leadscore.runrecords import Run

__all__ = ["PAGE", "ReviewPanel", "blocking", "chosen", "moves"]

#: Rows of the table of changes that are shown at once.
PAGE = 10
_HEAD = ("contact", "score now", "planned", "moved", "tier now", "then", "why")
_MOST_MOVED = 100
_POLL = 0.5  # seconds between two looks at how far a run has come


def moves(plan: Plan) -> pd.DataFrame:
    """Return a plan's changes as a person reads them, the biggest moves first.

    Returns
    -------
    DataFrame
        ``contact_id``, ``was``, ``score``, ``moved`` (float64; a contact without a score moves
        from 0), ``was_tier``, ``tier``, ``reasons``; empty where there is none.
    """
    changes, prefix = plan.changes, plan.prefix
    empty = pd.Series("", index=changes.index, dtype="str")

    def column(side: str, name: str) -> pd.Series[Any]:
        return changes.get(f"{side}.{prefix}_{name}", empty)

    was, now = (pd.to_numeric(column(side, "score"), errors="coerce") for side in ("old", "new"))
    found = pd.DataFrame(
        {
            "contact_id": changes["contact_id"],
            "was": was.astype("float64"),
            "score": now.astype("float64"),
            "moved": (now.fillna(0) - was.fillna(0)).astype("float64"),
            "was_tier": column("old", "tier").fillna(""),
            "tier": column("new", "tier").fillna(""),
            "reasons": column("new", "reasons").fillna(""),
        }
    )
    order = found["moved"].abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order].reset_index(drop=True)


def chosen(found: pd.DataFrame, *, tier: str = "", least: float = 0, text: str = "") -> pd.Series:
    """Return which of the `moves` a filter keeps: the new tier, the least move, part of an id."""
    kept = found["moved"].abs() >= least
    if tier:
        kept &= found["tier"] == tier
    if text.strip():
        kept &= found["contact_id"].str.contains(text.strip(), regex=False)
    return kept


def blocking(portal: Portal, plan: Plan) -> list[str]:
    """Return in sentences what keeps a plan from being applied now, each with what to do."""
    ledger = Ledger(plan.workspace / "ledger.sqlite")
    try:
        now = guards_now(plan, portal_id=portal.id, ledger=ledger)
    finally:
        ledger.close()
    found = [*plan.facts.get("guards", []), *now]
    return [
        f"{g['guard']}: {g['says']} {GUARDS.get(g['guard'], '')}".strip()
        for g in found
        if g["blocks"] and g["guard"] not in plan.overridden
    ]


class ReviewPanel(Panel):
    """A plan to be looked at, cut and approved.

    Attributes
    ----------
    plan : Plan
        The plan that the button approves: the one given, or the part that was taken of it.
    run : Run or None
        What an approval became.
    """

    name = "Review of a plan"

    def __init__(self, portal: Portal, plan: Plan, *, canary: int = 50) -> None:
        self.portal, self.plan, self.run = portal, plan, _no_run()
        self._canary, self._whole, self._page = canary, plan, 0

    @property
    def label(self) -> str:
        """What the button says: the plan's id, and the first letters of its hash."""
        return f"Approve plan {self.plan.id} (sha256 {self.plan.sha256[:8]})"

    def page(self) -> str:
        """Return plan, changes and, once there is one, the result."""
        ended = _result(self.run, self.plan) if self.run else self._standing()
        return f"<div>{page_of(self.plan)}{ended}</div>"

    def text(self) -> str:
        """Return the plan as text and, once there is one, the result."""
        return f"{text_of(self.plan)}\n{_counts(self.run)}" if self.run else text_of(self.plan)

    def _standing(self) -> str:
        if found := blocking(self.portal, self.plan):
            return "".join(warning_note(f"Nothing can be written. {said}") for said in found)
        return note(f"{self.label}: not done yet.")

    def _build(self) -> Any:
        import ipywidgets as w

        self._head, self._table, self._state = w.HTML(), w.HTML(), w.HTML()
        self._bar = w.IntProgress(description="Written", layout=w.Layout(display="none"))
        built = w.VBox(
            [
                self._head,
                *self._filters(),
                self._table,
                self._steps(),
                self._bar,
                self._state,
            ]
        )
        self._take_up(self.plan)
        return built

    def _filters(self) -> list[Any]:
        import ipywidgets as w

        self.tier = w.Dropdown(
            description="New tier", tooltip="Show one tier", options=[("all", "")]
        )
        self.least = w.BoundedIntText(
            description="Moved by", min=0, max=_MOST_MOVED, tooltip="At least so many points"
        )
        self.search = w.Text(description="Contact", placeholder="part of an id", tooltip="Id")
        self.back = w.Button(description="Earlier rows", tooltip="The page before")
        self.on_ = w.Button(description="Further rows", tooltip="The next page")
        self.part = w.Button(description="Plan these only", layout=w.Layout(width="260px"))
        self.whole = w.Button(description="Back to the whole plan", layout=w.Layout(width="200px"))
        for control in (self.tier, self.least, self.search):
            self.on(control, self._filter)
        self.on(self.back, lambda: self._turn(-1))
        self.on(self.on_, lambda: self._turn(1))
        self.on(self.part, self._take_part)
        self.on(self.whole, lambda: self._take_up(self._whole))
        rows = ([self.tier, self.least, self.search], [self.back, self.on_, self.part, self.whole])
        return [w.HBox(row, layout=w.Layout(flex_flow="row wrap")) for row in rows]

    def _steps(self) -> Any:
        import ipywidgets as w

        self.approve = w.Button(layout=w.Layout(width="420px"), button_style="primary")
        self.confirm = w.Button(layout=w.Layout(width="420px"), button_style="warning")
        self.cancel = w.Button(description="Cancel", tooltip="Write nothing")
        self.on(self.approve, self._ask)
        self.on(self.confirm, self._write)
        self.on(self.cancel, self._ready)
        return w.HBox([self.approve, self.confirm, self.cancel])

    def _take_up(self, plan: Plan) -> None:
        """Show a plan from its beginning."""
        self.plan, self._page, self._moves = plan, 0, moves(plan)
        page = page_of(plan, first=False)
        self._head.value = f'<div style="line-height:1.4">{page}</div>'
        tiers = sorted(self._moves["tier"].unique())
        self.tier.options = [("all", ""), *((visible(t), t) for t in tiers if t)]
        self.least.value, self.search.value = 0, ""
        _show(self.whole, plan.id != self._whole.id)
        self._filter()
        self._ready()

    def _ready(self) -> None:
        """Show the button that the plan allows."""
        found = blocking(self.portal, self.plan)
        self._state.value = self._standing() if found else ""
        self.approve.description = self.approve.tooltip = self.label
        self.approve.disabled = self.confirm.disabled = False
        _show(self.approve, not found)
        _show(self.confirm, False)
        _show(self.cancel, False)
        self.say()
        self.refresh()

    def _filter(self) -> None:
        given = {"tier": self.tier.value or "", "least": self.least.value}
        self._kept = self._moves[chosen(self._moves, **given, text=self.search.value)]
        self._page = 0
        self.part.description = f"Make a plan of these {len(self._kept):,} only"
        self.part.tooltip = "A plan of its own: nothing is written yet"
        _show(self.part, 0 < len(self._kept) < len(self._moves))
        self._turn(0)

    def _turn(self, by: int) -> None:
        last = max(0, (len(self._kept) - 1) // PAGE)
        self._page = min(max(self._page + by, 0), last)
        self.back.disabled, self.on_.disabled = self._page == 0, self._page == last
        first = self._page * PAGE
        shown = self._kept.iloc[first : first + PAGE]
        said = f"Changes {min(first + 1, len(self._kept)):,} to {first + len(shown):,}"
        caption = f"{said} of {len(self._kept):,}, the biggest moves first"
        self._table.value = table(_HEAD, _rows(shown), caption=caption)

    def _take_part(self) -> None:
        self._take_up(self.plan.only(contacts=self._kept["contact_id"]))
        self.say(f"This is plan {self.plan.id}, a part of plan {self._whole.id}.")

    def _ask(self) -> None:
        self.approve.disabled = True
        n = self.plan.rows[SCORES]
        self.confirm.description = f"Confirm: write {n:,} contacts to portal {self.plan.portal_id}"
        self.confirm.tooltip = self.confirm.description
        _show(self.approve, False)
        _show(self.confirm, True)
        _show(self.cancel, True)
        self.say("Nothing is written yet. Confirm, or cancel.")

    def _write(self) -> None:
        from leadscore.writeback import apply

        if self.confirm.disabled or self.run:
            return
        self.confirm.disabled = self.cancel.disabled = True
        self.say("Writing. What was sent is on record at every moment.")
        try:
            with self._progress():
                self.run = apply(self.portal, self.plan, canary=self._canary, progress=False)
        except GuardError:
            self._ended()
            raise
        except Exception:
            self._may_go_on()
            raise
        self._ended()
        self._state.value = _result(self.run, self.plan)
        self.say("Done: every contact is accounted for.")
        self.refresh()

    def _ended(self) -> None:
        for control in (self.approve, self.confirm, self.cancel, self.part, self.whole):
            control.disabled = True
            _show(control, False)

    def _may_go_on(self) -> None:
        """Offer the same again: an interrupted run is taken up where it stopped."""
        self.confirm.disabled = self.cancel.disabled = False
        self.confirm.description = f"Go on with plan {self.plan.id}"

    @contextmanager
    def _progress(self) -> Iterator[None]:
        """Show how far the run has come while it writes."""
        self._bar.max, self._bar.value = max(1, sum(self.plan.rows.values())), 0
        _show(self._bar, True)
        ended = Event()
        watcher = Thread(target=_watch, args=(self.plan, self._bar, ended), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()
            _show(self._bar, False)


def _no_run() -> Run | None:
    return None


def _watch(plan: Plan, bar: Any, ended: Event) -> None:
    ledger = Ledger(plan.workspace / "ledger.sqlite")
    try:
        while not ended.wait(_POLL):
            run = ledger.run_of(plan.id)
            counts = ledger.counts_by_action(run) if run else {}
            bar.value = sum(sum(states.values()) for states in counts.values())
    finally:
        ledger.close()


def _show(control: Any, shown: bool) -> None:
    control.layout.display = None if shown else "none"


def _rows(found: pd.DataFrame) -> list[list[str]]:
    return [
        [
            str(row.contact_id),
            _number(row.was),
            _number(row.score),
            f"{row.moved:+.0f}",
            str(row.was_tier) or "none",
            str(row.tier),
            str(row.reasons)[:120],
        ]
        for row in found.itertuples()
    ]


def _number(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:.0f}"


_STATES = ("action", "written", "unchanged", "conflict", "rejected", "missing", "resolved")


def _states(run: Run) -> list[list[str]]:
    return [
        [name, *(f"{counts.get(state, 0):,}" for state in _STATES[1:])]
        for name, counts in {SCORES: run.counts, **run.actions}.items()
    ]


def _result(run: Run, plan: Plan) -> str:
    why = run.outcomes
    bad = why[why["state"].isin(["conflict", "rejected", "missing"])]
    counted = bad[["state", "reason"]].value_counts().head(5).reset_index()
    reasons = [[str(row.state), str(row.reason), f"{row.count_:,}"] for row in _named(counted)]
    said = f"Run {run.id} of plan {plan.id}: {run.verified:,} contacts read back and right."
    undo = f"To take it back: ls.undo(portal, panel.run), or leadscore undo {run.id}."
    return (
        f"<div>{note(said, strong=True)}{table(_STATES, _states(run))}"
        f"{table(('state', 'why', 'contacts'), reasons) if reasons else ''}{note(undo)}</div>"
    )


def _named(counted: pd.DataFrame) -> Iterator[Any]:
    return iter(counted.rename(columns={"count": "count_"}).itertuples())


def _counts(run: Run | None) -> str:
    return f"Run {run.id}:\n{plain_table(_STATES, _states(run))}" if run else ""
