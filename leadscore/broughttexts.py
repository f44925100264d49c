"""What was brought in, told to a person: on one screen, with nothing of it able to run."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from leadscore.visibletext import visible

if TYPE_CHECKING:
    import pandas as pd

    from leadscore.bringing import Brought

__all__ = ["as_html", "told"]

_MOST = 10  # rows of a list
_EVENTS = {
    "added": "new",
    "known": "known already",
    "found": "whose contact was not known before",
    "waiting": "waiting for their contact",
    "untimed": "without a time",
}


def told(done: Brought) -> str:
    """Return the result as lines of text."""
    return "\n".join(_lines(done))


def _lines(done: Brought) -> Iterator[str]:
    what = "A dry run: nothing was sent" if done.dry_run else "Brought in"
    yield f"{what}. {visible(done.source)}, {len(done.results):,} rows: {_counts(done.counts)}."
    if done.new_properties:
        verb = "Would make" if done.dry_run else "Made"
        yield f"{verb} the properties {', '.join(done.new_properties)}."
    if done.events:
        parts = [f"{n:,} {_EVENTS[name]}" for name, n in done.events.items() if n]
        yield f"Events: {', '.join(parts) or 'none'}."
    yield "Columns:"
    yield from _columns(done.columns)
    if len(done.cleaned):
        yield "Cleaned:"
        for row in done.cleaned.itertuples():
            yield f"  {visible(row.column, limit=40)}: {row.what} ({row.cells:,})"
    yield from _problems(done.problems)


def _columns(columns: pd.DataFrame) -> Iterator[str]:
    told = (columns[name].tolist() for name in ("column", "property", "how"))
    for column, name, how in zip(*told, strict=True):
        to = name if isinstance(name, str) else "left out"
        yield f"  {visible(column, limit=40)} → {to}, {how}"


def _problems(problems: pd.DataFrame) -> Iterator[str]:
    if not len(problems):
        return
    yield f"Left out, {len(problems):,} cells:"
    for row, column, cell, why in problems.head(_MOST).itertuples(index=False, name=None):
        value = f" ({visible(cell, limit=40)})" if isinstance(cell, str) else ""
        yield f"  row {row}, {visible(column, limit=40)}: {why}{value}"
    if len(problems) > _MOST:
        yield f"  and {len(problems) - _MOST:,} more in .problems"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {state}" for state, n in counts.items()) or "none"


def as_html(done: Brought) -> str:
    """Return the result as a piece of HTML: text and tables, everything of the file escaped."""
    head, *_ = _lines(done)
    parts = [f"<p>{escape(head)}</p>", _table(done.columns)]
    if done.new_properties:
        parts.insert(1, f"<p>{escape(list(_lines(done))[1])}</p>")
    if done.events:
        told_of = next(line for line in _lines(done) if line.startswith("Events:"))
        parts.insert(1, f"<p>{escape(told_of)}</p>")
    for title, frame in (("Cleaned", done.cleaned), ("Left out", done.problems)):
        if len(frame):
            more = f", the first {_MOST}" if len(frame) > _MOST else ""
            parts.append(f"<p>{title} ({len(frame):,}{more})</p>{_table(frame.head(_MOST))}")
    if done.plan is not None:
        parts.append(done.plan._repr_html_())
    return f'<div class="leadscore-brought">{"".join(parts)}</div>'


def _table(frame: pd.DataFrame) -> str:
    shown = frame.astype("object").where(frame.notna(), "").map(visible)
    return str(shown.to_html(border=0, index=False))  # pandas escapes
