"""Which record a row is about: by its id, by a unique property, or by a search."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from leadscore.errors import UsageError
from leadscore.hubspot.holders import Hit, read_by_key, search_by_key
from leadscore.hubspot.keyreading import key_of
from leadscore.hubspot.reading import read_values
from leadscore.recordkeys import key_name, matched_key
from leadscore.recordmisfits import Misfits
from leadscore.recordnames import converter_of
from leadscore.recordtypes import word_of
from leadscore.recordvalues import MisfitError, is_missing
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["ID", "IDS", "Matching", "Sheet", "Wanted", "is_unique"]

ID = "id"
IDS = (ID, "hs_object_id")
_WHOLE = re.compile(r"(\d+)(?:\.0*)?", re.ASCII)  # a column with gaps turns ids into floats
Definitions = Mapping[str, Mapping[str, Any]]


@dataclass(slots=True)
class Wanted:
    """One row, as it is to be in HubSpot.

    Attributes
    ----------
    row : int
    key : str
        What finds its record; empty where the row has no value there.
    values : dict of str to str
        By property; an empty string clears.
    wrong : str
        Why it cannot be written; empty where it can.
    hits : list of (str, dict)
        The records that it finds: id and values.
    strayed : str
        What speaks against creating one although none is found; empty for nothing.
    kept : list of str
        Properties without a value that are not cleared all the same.
    """

    row: int
    key: str = ""
    values: dict[str, str] = field(default_factory=dict)
    wrong: str = ""
    hits: list[Hit] = field(default_factory=list)
    strayed: str = ""
    kept: list[str] = field(default_factory=list)


class Sheet:
    """Rows as people have them -> `Wanted`, by the portal's definitions.

    Parameters
    ----------
    object_type : str
    definitions : mapping
        The portal's, by name.
    match : str
        The column that finds a row's record; empty for none.
    clear : bool
        Whether a missing value clears; a contact's e-mail address it never does.
    backwards : bool, default False
        Whether it clears a lifecycle stage too.
    portal : Portal, optional
        Whose owners and pipelines are looked up where a value names one.
    refuse : bool
        Collect the values that do not fit, for one error, instead of only saying so of their rows.

    Attributes
    ----------
    misfits : Misfits or None
        What was collected.
    """

    def __init__(
        self,
        object_type: str,
        definitions: Definitions,
        match: str,
        *,
        clear: bool,
        refuse: bool,
        backwards: bool = False,
        portal: Portal | None = None,
    ) -> None:
        self._portal = portal
        self.type, self.definitions, self.match = object_type, definitions, match
        self.clear, self.misfits = clear, Misfits() if refuse else None
        self._kept = {*(("email",) if object_type == "contacts" else ()), *_forward(backwards)}
        self._converters: dict[str, Callable[[Any], str]] = {}

    @property
    def names(self) -> list[str]:
        """The properties that the rows have had so far."""
        return list(self._converters)

    def check(self, columns: Sequence[str]) -> None:
        """Refuse columns that are no properties which can be set.

        Raises
        ------
        UsageError
        """
        for name in columns:
            if self.match in IDS and name in IDS:
                continue
            if name not in self._converters:
                self._converters[name] = self._converter(name)

    def _converter(self, name: str) -> Callable[[Any], str]:
        from leadscore.recordtypes import named

        there = self.definitions.get(name)
        if there is None:
            raise UsageError(
                f"The portal has no property {name!r} of {self.type}.",
                hint=f"{named([name], self.definitions)} Rename the column, leave it out, or "
                "create the property in HubSpot.".strip(),
            )
        if (there.get("modificationMetadata") or {}).get("readOnlyValue") or there.get(
            "calculated"
        ):
            raise UsageError(
                f"The property {name!r} of {self.type} is read-only: HubSpot sets it.",
                hint="Leave the column out.",
            )
        return converter_of(there, self.type, self._portal)

    def wanted(self, row: int, given: Mapping[str, Any]) -> Wanted:
        """Return one row as it is to be.

        Raises
        ------
        UsageError
            A column is no property.
        """
        found = Wanted(row)
        for name, value in given.items():
            if self.match in IDS and name in IDS:
                self._take(found, name, value, _record_id)
                found.key = found.values.pop(name, found.key)
                continue
            if name not in self._converters:
                self.check([name])
            self._take(found, name, value, self._converters[name])
        if self.match and self.match not in IDS:
            found.key = key_of(found.values.get(self.match, ""), self.match)
        return found

    def _take(self, found: Wanted, name: str, value: Any, to_wire: Callable[[Any], str]) -> None:
        if is_missing(value):
            if self.clear and name in self._kept:
                found.kept.append(name)
            elif self.clear and name != self.match:
                found.values[name] = ""
            return
        try:
            found.values[name] = to_wire(value)
        except MisfitError as why:
            said = f"Column {name!r}: {why}".rstrip(".") + ("" if str(why).endswith("?") else ".")
            found.wrong = found.wrong or said
            if self.misfits is not None:
                seen = visible(value, limit=60)
                self.misfits.add(found.row, f"Row {found.row}: {seen!r} does not fit. {said}")


def _forward(backwards: bool) -> tuple[str, ...]:
    return () if backwards else ("lifecyclestage",)


def _record_id(value: Any) -> str:
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    found = _WHOLE.fullmatch(text.strip())
    if not found:
        raise MisfitError("no id of a record, which is a whole number")
    return found[1]


def is_unique(object_type: str, name: str, definitions: Definitions) -> bool:
    """Say whether HubSpot lets no two records of a type have the same value.

    Examples
    --------
    >>> is_unique("contacts", "email", {}), is_unique("companies", "domain", {})
    (True, False)
    """
    own = bool((definitions.get(name) or {}).get("hasUniqueValue"))
    return own or (object_type == "contacts" and name == "email")


class Matching:
    """Finds the records of rows, up to 100 at once.

    Parameters
    ----------
    portal : Portal
    sheet : Sheet
    has_key : bool
        Whether the portal has the property with the keys of ours.
    """

    def __init__(self, portal: Portal, sheet: Sheet, *, has_key: bool) -> None:
        self.portal, self.sheet, self.has_key = portal, sheet, has_key
        self._name = key_name(portal.settings.prefix)

    def find(self, rows: Sequence[Wanted]) -> None:
        """Put into each row the records that it finds."""
        keys = list(dict.fromkeys(one.key for one in rows if one.key and not one.wrong))
        hits = self._hits(keys) if keys else {}
        for one in rows:
            one.hits = hits.get(one.key, [])
        if self.has_key and self.by_search:
            self._find_own([one for one in rows if one.key and not one.wrong and not one.hits])

    @property
    def by_search(self) -> bool:
        """Whether the property is not unique, so that one has to search."""
        match = self.sheet.match
        known = match in IDS or is_unique(self.sheet.type, match, self.sheet.definitions)
        return bool(match) and not known

    def _hits(self, keys: list[str]) -> dict[str, list[Hit]]:
        portal, kind, match = self.portal, self.sheet.type, self.sheet.match
        if match in IDS:
            live = read_values(portal, kind, keys, self.sheet.names)
            return {one: [(one, values)] for one, values in live.items()}
        read = search_by_key if self.by_search else read_by_key
        return read(portal, kind, match, keys, self.sheet.names)

    def _find_own(self, rows: Sequence[Wanted]) -> None:
        """Find what leadscore has created for a row, and search does not see yet."""
        match, kind = self.sheet.match, self.sheet.type
        keys = {matched_key(kind, match, one.key): one for one in rows}
        names = [*self.sheet.names, match]
        for key, hits in read_by_key(self.portal, kind, self._name, list(keys), names).items():
            for record, values in hits:
                row = keys[key]
                if key_of(values.get(match, ""), match) == row.key:
                    row.hits = [(record, values)]
                else:
                    row.strayed = (
                        f"leadscore made {word_of(kind)} {record} for this {match}, and it has "
                        "another one now."
                    )
