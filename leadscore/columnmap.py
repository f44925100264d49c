"""Which column of a table goes to which property: as told, or by the same name, and said so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa

from leadscore.errors import UsageError
from leadscore.tablenames import nearest, shown
from leadscore.tabletypes import from_text

__all__ = ["ColumnMap", "map_columns", "new_definition"]

Definitions = Mapping[str, Mapping[str, Any]]
_TEXTS = re.compile(
    r"(^|_)(e?mail|phone|mobile|fax|zip|postal|plz|post_?code|code|id|number|no)(_|$)"
)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,98}")
_FIELDS = {"number": "number", "bool": "booleancheckbox", "date": "date", "datetime": "date"}


@dataclass(frozen=True)
class ColumnMap:
    """Where the columns of a table go.

    Attributes
    ----------
    used : dict of str to str
        Column to property.
    how : dict of str to str
        Column to how it was found: "as told", "by its name", "by its label".
    left_out : dict of str to str
        Column to why it goes nowhere.
    new : dict of str to str
        Column to property, of properties that the portal does not have.
    """

    used: dict[str, str]
    how: dict[str, str]
    left_out: dict[str, str]
    new: dict[str, str] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        """One row per column: ``column``, ``property`` and ``how``, or why it is left out."""
        rows: list[tuple[str, str | None, str]]
        rows = [(c, p, self.how[c]) for c, p in self.used.items()]
        rows += [(c, None, why) for c, why in self.left_out.items()]
        return pd.DataFrame(rows, columns=["column", "property", "how"])

    def column_of(self, name: str) -> str | None:
        """Return the column that goes to a property, None without one."""
        return next((column for column, own in self.used.items() if own == name), None)


def map_columns(
    columns: Sequence[str],
    definitions: Definitions,
    given: Mapping[str, str | None] | None = None,
    *,
    aside: Sequence[str] = (),
) -> ColumnMap:
    """Say where columns go.

    What is not told goes to the property of the same name or label, letters and digits alone
    compared, and without case; where two columns or two properties would do, to neither.

    Parameters
    ----------
    columns : sequence of str
        Of the table.
    definitions : mapping
        The portal's, by name.
    given : mapping of str to str or None, optional
        Column to property; None leaves a column out.
    aside : sequence of str
        Columns that are for something else, and go nowhere unless told.

    Returns
    -------
    ColumnMap

    Raises
    ------
    UsageError
        A column that is told of is not there, or two are to go to one property.

    Examples
    --------
    >>> defined = {"email": {"label": "Email"}, "company": {"label": "Company name"}}
    >>> found = map_columns(["E-Mail", "Company Name", "Mood"], defined)
    >>> found.used, found.left_out
    ({'E-Mail': 'email', 'Company Name': 'company'}, {'Mood': 'no property of this name'})
    """
    told = dict(given or {})
    _check_told(told, columns)
    used = {column: name for column, name in told.items() if name is not None}
    how = dict.fromkeys(used, "as told")
    left_out = {column: "as told" for column, name in told.items() if name is None}
    rest = [column for column in columns if column not in told]
    for column, (name, why) in _proposed(rest, definitions, set(used.values()), aside).items():
        if name is None:
            left_out[column] = why
        else:
            used[column], how[column] = name, why
    new = {column: name for column, name in used.items() if name not in definitions}
    order = {column: place for place, column in enumerate(columns)}
    used, left_out = (
        dict(sorted(some.items(), key=lambda one: order[one[0]])) for some in (used, left_out)
    )
    return ColumnMap(used, how, left_out, new)


def _check_told(told: Mapping[str, str | None], columns: Sequence[str]) -> None:
    for column in told:
        if column not in columns:
            close = nearest(str(column), columns)
            raise UsageError(
                f"map names the column {shown([column])}, which the table does not have.",
                hint=f"Did you mean {shown([close])}?" if close else f"It has {shown(columns)}.",
            )
    twice = [name for name, n in Counter(filter(None, told.values())).items() if n > 1]
    if twice:
        raise UsageError(
            f"map sends two columns to the property {twice[0]}.", hint="Leave one of them out."
        )


def _proposed(
    columns: Sequence[str], definitions: Definitions, taken: set[str], aside: Sequence[str]
) -> dict[str, tuple[str | None, str]]:
    by_name = _unambiguous((_plain(name), name) for name in definitions)
    by_label = _unambiguous(
        (_plain(str(one.get("label") or "")), name)
        for name, one in definitions.items()
        if not one.get("hidden")
    )
    wanted = {c: _wanted(c, by_name, by_label) for c in columns if c not in aside}
    often = Counter(name for name, _ in wanted.values())
    found: dict[str, tuple[str | None, str]] = dict.fromkeys(
        [c for c in columns if c in aside], (None, "for the event")
    )
    for column, (name, why) in wanted.items():
        if name is None:
            found[column] = None, "no property of this name"
        elif name in taken or often[name] > 1:
            found[column] = None, f"another column may go to {name} as well"
        elif _read_only(definitions[name]):
            found[column] = None, f"{name} is set by HubSpot alone"
        else:
            found[column] = name, why
    return found


def _wanted(
    column: str, by_name: Mapping[str, str], by_label: Mapping[str, str]
) -> tuple[str | None, str]:
    plain = _plain(column)
    if plain in by_name:
        return by_name[plain], "by its name"
    return by_label.get(plain), "by its label"


def _unambiguous(pairs: Any) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for plain, name in pairs:
        found.setdefault(plain, []).append(name)
    return {plain: names[0] for plain, names in found.items() if plain and len(names) == 1}


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _read_only(definition: Mapping[str, Any]) -> bool:
    about = definition.get("modificationMetadata") or {}
    return bool(about.get("readOnlyValue") or definition.get("calculated"))


def new_definition(
    column: str, name: str, texts: pa.Array, *, decimal: str | None = None
) -> dict[str, Any]:
    """Return the definition of a property for a column, by what the column holds.

    Numbers, true and false, dates and times are told by their values; all else is one line of
    text, and so are codes: whatever the name calls an id, a number, a phone or a zip code.

    Raises
    ------
    UsageError
        HubSpot takes no property of that name.

    Examples
    --------
    >>> made = new_definition("Seats", "seats", pa.array(["3", "40"]))
    >>> made["type"], made["fieldType"]
    ('number', 'number')
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"No property can be called {shown([name])}.",
            hint="Use lower-case letters, digits and underscores, a letter first.",
        )
    kind = "string" if _TEXTS.search(name) else from_text(texts, decimal=decimal).type
    kind = kind if kind in _FIELDS else "string"
    options = [
        {"value": value, "label": label, "displayOrder": place}
        for place, (value, label) in enumerate([("true", "Yes"), ("false", "No")])
    ]
    about = {"name": name, "label": column.strip() or name, "type": kind}
    about["fieldType"] = _FIELDS.get(kind, "text")
    return {**about, "options": options} if kind == "bool" else about
