"""How a plan shows itself: in a notebook, at a glance, and as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from leadscore.guards import GUARDS
from leadscore.planfigures import BINS
from leadscore.planfile import SCORES
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.plans import Plan

__all__ = ["page_of", "sentence", "text_of"]

_BAR = 120  # pixels
_RED = "color:#b00020;font-weight:600"
_WAYS = {
    "new": "new",
    "up": "up",
    "down": "down",
    "same": "with another tier only",
    "reached": "reached the goal",
}


def sentence(plan: Plan) -> str:
    """Return what a plan is about, in short."""
    new = len(plan.creates_properties)
    created = f"; {new} {'property' if new == 1 else 'properties'} to create"
    return (
        f"Plan {plan.id}: {plan.rows[SCORES]:,} of {plan.contacts:,} contacts change in portal "
        f"{plan.portal_id}{created if plan.creates_properties else ''}. "
        f"It can be applied until {plan.expires_at[:16].replace('T', ' ')} UTC."
    )


def text_of(plan: Plan) -> str:
    """Return a plan as lines of text."""
    ways = _ways(plan)
    lines = [sentence(plan), f"Contacts: {ways}." if ways else ""]
    lines += [f"{a['action']}: {n:,} changes" for a, n in _actions(plan)]
    lines += [f"{_mark(g)}: {g['says']}" for g in _guards(plan)]
    lines += [f"Note: {note}" for note in plan.notes]
    return "\n".join(visible(line, limit=1_000) for line in lines if line)


def page_of(plan: Plan, *, first: bool = True) -> str:
    """Return a plan as a piece of HTML without scripts, all that it shows escaped.

    Without `first`, the biggest movers and the first changes are left out.
    """
    ways = _ways(plan)
    parts = [
        f"<p><b>{_text(sentence(plan))}</b>{f'<br>{_text(ways)}' if ways else ''}</p>",
        *_guards_list(plan),
        *_notes_list(plan),
        *_beside(_histogram(plan), _tier_moves(plan)),
        *(_movers(plan) if first else ()),
        *_actions_list(plan),
        *(_first(plan) if first else ()),
    ]
    return f'<div class="leadscore-plan">{"".join(parts)}</div>'


def _text(value: object) -> str:
    return escape(visible(value, limit=1_000))


def _ways(plan: Plan) -> str:
    counts = plan.facts.get("counts", {})
    return ", ".join(f"{counts[way]:,} {said}" for way, said in _WAYS.items() if counts.get(way))


def _guards(plan: Plan) -> list[dict[str, Any]]:
    return list(plan.facts.get("guards", []))


def _mark(guard: dict[str, Any]) -> str:
    return f"{'Blocked by' if guard['blocks'] else 'Watch'} {guard['guard']}"


def _guards_list(plan: Plan) -> Iterator[str]:
    found = _guards(plan)
    if found:
        yield f"<ul>{''.join(_guard(plan, one) for one in found)}</ul>"


def _guard(plan: Plan, guard: dict[str, Any]) -> str:
    said, reason = _text(guard["says"]), plan.overridden.get(guard["guard"])
    if reason is not None:
        name = _text(guard["guard"])
        return f"<li>{name}, passed over: {said} <i>Why: {_text(reason)}</i></li>"
    todo = f" {_text(GUARDS.get(guard['guard'], ''))}" if guard["blocks"] else ""
    style = f' style="{_RED}"' if guard["blocks"] else ""
    return f"<li><span{style}>{_text(_mark(guard))}:</span> {said}{todo}</li>"


def _notes_list(plan: Plan) -> Iterator[str]:
    if plan.notes:
        yield f"<ul>{''.join(f'<li>{_text(note)}</li>' for note in plan.notes)}</ul>"


def _beside(*pieces: str) -> Iterator[str]:
    kept = [piece for piece in pieces if piece]
    if kept:
        cells = "".join(f'<td style="vertical-align:top">{piece}</td>' for piece in kept)
        yield f"<table><tr>{cells}</tr></table>"


def _histogram(plan: Plan) -> str:
    found = plan.facts.get("histogram")
    if not found:
        return ""
    most = max(1, *found["old"], *found["new"])
    rows = [
        [_bin(place), *_bar(old, most, "#9aa5b1"), *_bar(new, most, "#2a6fb0")]
        for place, (old, new) in enumerate(zip(found["old"], found["new"], strict=True))
    ]
    return _table(["score", "now", "", "planned", ""], rows)


def _bin(place: int) -> str:
    return f"{place * BINS} to {place * BINS + BINS - 1 + (place == BINS - 1)}"


def _bar(count: int, most: int, colour: str) -> tuple[str, str]:
    width = round(_BAR * count / most)
    style = f"display:inline-block;height:0.8em;width:{width}px;background:{colour}"
    return f'<span style="{style}"></span>', f"{count:,}"


def _tier_moves(plan: Plan) -> str:
    """Return how many contacts go from which tier to which, of those that are written."""
    moves = [t for t in plan.facts.get("counts", {}).get("tiers", []) if t["written"]]
    if not moves:
        return ""
    before, after = (sorted({str(t[side] or "") for t in moves}) for side in ("was", "tier"))
    counts = {(str(t["was"] or ""), str(t["tier"] or "")): int(t["contacts"]) for t in moves}
    rows = [
        [
            _text(was or "none"),
            *(f"{counts[was, to]:,}" if (was, to) in counts else "" for to in after),
        ]
        for was in before
    ]
    return _table(["tier now", *(f"to {to}" for to in after)], rows)


_MOVERS = {
    "biggest movers": "contact_id",
    "score now": "was",
    "planned": "score",
    "moved": "moved",
    "tier now": "was_tier",
    "then": "tier",
}


def _movers(plan: Plan) -> Iterator[str]:
    found = plan.facts.get("movers", [])[:10]
    if found:
        rows = [[_text(one[name]) for name in _MOVERS.values()] for one in found]
        yield _table(list(_MOVERS), rows)


def _actions(plan: Plan) -> list[tuple[dict[str, Any], int]]:
    return [(action, plan.rows.get(str(action["action"]), 0)) for action in plan.actions]


def _actions_list(plan: Plan) -> Iterator[str]:
    if found := _actions(plan):
        rows = [[_text(a["action"]), f"{n:,}", _text(a.get("says", ""))] for a, n in found]
        yield _table(["after scoring", "changes", "what"], rows)


def _first(plan: Plan) -> Iterator[str]:
    first = plan.summary(rows=5)
    if len(first):
        rows = [[_text(value) for value in row] for row in first.itertuples(index=False)]
        yield f"<p>The first:</p>{_table(list(first.columns), rows)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the cells are HTML already, and numbers stand right."""
    top = "".join(f'<th style="text-align:left">{_text(name)}</th>' for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f'<table style="margin:0 2em 1em 0"><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _cell(cell: str) -> str:
    number = cell.replace(",", "").lstrip("-").replace(".", "", 1).isdigit()
    side = "right" if number else "left"
    return f'<td style="text-align:{side};padding:0 0.8em 0 0">{cell}</td>'
