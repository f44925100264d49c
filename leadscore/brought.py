"""What was brought in, as an object that tells it on one screen; nothing of it is able to run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from leadscore.visibletext import visible

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Brought", "as_html", "told"]

_MOST = 10  # rows of a list
_EVENTS = {
    "planned": "to be kept",
    "added": "new",
    "known": "known already",
    "found": "whose contact was not known before",
    "waiting": "waiting for their contact",
    "untimed": "without a time",
    "future": "in the future",
}


@dataclass(frozen=True)
class Brought:
    """What was brought in, or would be.

    Attributes
    ----------
    source : str
        The file's name, "DataFrame", or the database without its password.
    id : str or None
        The run that wrote, which `undo` takes; None of a dry run, and where nothing was to write.
    dry_run : bool
    counts : dict of str to int
        Rows by state; they add up to the table's rows. Of a dry run: create, update, unchanged,
        duplicate, rejected, missing.
    results : DataFrame
        One row per row of the table, with its index: ``id`` (of the record), ``state``,
        ``reason``. ``duplicate``: a later row of the same record counts.
    columns : DataFrame
        ``column``, ``property``, and ``how`` it was found or why it is left out.
    cleaned : DataFrame
        ``column``, ``what`` was done, and to how many ``cells``.
    problems : DataFrame
        ``row``, ``column``, ``value`` and ``why`` it was left out.
    events : dict of str to int
        Of a dry run ``planned``. Else ``added``; ``known``, there already; ``found``, whose contact
        was not known before; ``waiting``, of people without a contact. ``untimed``: rows that say
        no time. ``future``: those, of all, that are dated later than now; they are kept, and count
        from then on.
    new_properties : list of str
        Those that were made, or would be.
    plan : RecordPlan or None
        Of a dry run: what would be written. `apply` carries it out, without events.
    """

    source: str
    id: str | None
    dry_run: bool
    counts: dict[str, int]
    results: pd.DataFrame = field(repr=False)
    columns: pd.DataFrame = field(repr=False)
    cleaned: pd.DataFrame = field(repr=False)
    problems: pd.DataFrame = field(repr=False)
    events: dict[str, int] = field(default_factory=dict)
    new_properties: list[str] = field(default_factory=list)
    plan: Any = field(default=None, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON: no value of anybody's."""
        used = self.columns[self.columns["property"].notna()]
        out = self.columns[self.columns["property"].isna()]
        return {
            "source": self.source,
            "run": self.id,
            "dry_run": self.dry_run,
            **self.counts,
            "columns": dict(zip(used["column"], used["property"], strict=True)),
            "left_out": dict(zip(out["column"], out["how"], strict=True)),
            "cleaned": int(self.cleaned["cells"].sum()),
            "problems": len(self.problems),
            "creates_properties": self.new_properties,
            "events": self.events,
        }

    def __str__(self) -> str:
        return told(self)

    def _repr_html_(self) -> str:
        return as_html(self)


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
    return str(shown.to_html(border=0, index=False, justify="left"))  # pandas escapes
