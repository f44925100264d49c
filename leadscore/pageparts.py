"""Parts of the pages about runs, models and portals: sections, cards, and tables from frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from leadscore.reportwords import shown

__all__ = ["card", "facts_table", "rows_table", "section", "table_of"]

_NOTHING = "\u2013"
Cell = Callable[[Any], str]


def _count(value: Any) -> str:
    return f"{int(value):,}"


def _share(value: Any) -> str:
    return f"{100 * float(value):.1f} %"


def _days(value: Any) -> str:
    return f"{float(value):,.1f}"


_FORMS: dict[str, Cell] = {"count": _count, "share": _share, "number": _days, "text": shown}


def table_of(
    found: pd.DataFrame, columns: Mapping[str, tuple[str, str]], *, most: int = 40, rest: str = ""
) -> dict[str, Any]:
    """Return a table for a page, from some columns of a frame.

    Parameters
    ----------
    found : DataFrame
    columns : mapping of str to (heading, form)
        Forms: "count", "share", "number", "text", and "rate", which brings the frame's ``low`` and
        ``high`` as the interval.
    most : int, default 40
        Further rows are only counted.
    rest : str
        Where the others are to be had.

    Examples
    --------
    >>> table = table_of(pd.DataFrame({"tier": ["A"], "n": [1200]}),
    ...                  {"tier": ("Tier", "text"), "n": ("Leads", "count")})
    >>> table["head"], table["rows"]
    (['Tier', 'Leads'], [['A', '1,200']])
    """
    rows = [[_cell(row, *one) for one in _named(columns)] for row in _records(found, most)]
    more = len(found) - len(rows)
    return {
        "head": [heading for heading, _ in columns.values()],
        "numbers": [form != "text" for _, form in columns.values()],
        "rows": rows,
        "note": f"{more:,} more rows are not shown. {rest}".strip() if more > 0 else "",
    }


def _named(columns: Mapping[str, tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, form) for name, (_, form) in columns.items()]


def _records(found: pd.DataFrame, most: int) -> list[dict[Any, Any]]:
    return found.head(most).to_dict("records")


def _cell(row: Mapping[Any, Any], name: str, form: str) -> str:
    value = row.get(name)
    if not isinstance(value, list | dict) and pd.isna(value):
        return _NOTHING
    if form == "rate":
        return f"{_share(value)} ({100 * row['low']:.1f} to {_share(row['high'])})"
    return _FORMS[form](value)


def rows_table(
    head: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    numbers: Sequence[int] = (),
    note: str = "",
) -> dict[str, Any]:
    """Return a table for a page from rows of values; `numbers` are the columns that stand right."""
    return {
        "head": list(head),
        "numbers": [place in numbers for place in range(len(head))],
        "rows": [[shown(value) for value in row] for row in rows],
        "note": note,
    }


def facts_table(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return names and values as a table; what is missing is left out."""
    told = [(name, value) for name, value in facts.items() if value not in (None, "", {}, [])]
    return rows_table(["", ""], told)


def section(
    heading: str,
    *words: str,
    pictures: Sequence[tuple[Mapping[str, Any], str]] = (),
    tables: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return a section of a page."""
    return {
        "heading": heading,
        "words": [word for word in words if word],
        "pictures": list(pictures),
        "tables": list(tables),
    }


def card(name: str, value: Any, meaning: str, *, interval: str = "") -> dict[str, str]:
    """Return one of the boxes below the headline."""
    return {"name": name, "value": shown(value), "meaning": meaning, "interval": interval}
