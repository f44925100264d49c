"""Rows of an import, one by one: what is found or made, written, counted, or noted as an error.

An error concerns its row alone, none of whose values is written; the other rows go on. An empty
cell leaves a value as it is (both assumed, from HubSpot's knowledge base on import errors).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.edits import apply, check_change, check_new, create
from leadscore.sandbox.history import Source
from leadscore.sandbox.importfiles import BadCell, cell_reader
from leadscore.sandbox.records import record_id
from leadscore.sandbox.replies import Refusal

if TYPE_CHECKING:
    from leadscore.sandbox.importplans import Plan
    from leadscore.sandbox.portal import Portal
    from leadscore.sandbox.records import Record

__all__ = ["RowError", "Rows"]

_CODES = {
    "INVALID_EMAIL": "INVALID_EMAIL",
    "INVALID_OPTION": "INVALID_ENUMERATION_OPTION",
    "INVALID_INTEGER": "COULD_NOT_PARSE_NUMBER",
    "INVALID_DATE": "COULD_NOT_PARSE_DATE",
    "PROPERTY_VALUE_TOO_LONG": "COLUMN_TOO_LARGE",
    "PROPERTY_DOESNT_EXIST": "PROPERTY_DEFINITION_NOT_FOUND",
    "GDPR_BLACKLISTED_EMAIL": "GDPR_BLACKLISTED_EMAIL",
}


class RowError(Exception):
    """What is wrong with a row, in HubSpot's words for errors of imports."""

    def __init__(self, kind: str, message: str, *, property: str | None = None) -> None:  # noqa: A002
        super().__init__(message)
        self.kind = kind
        self.property = property


class Rows:
    """Writes rows of one import.

    Parameters
    ----------
    portal : Portal
    plan : dict
        From `leadscore.sandbox.importplans.plan_of`, with the import's ``id``, its ``order`` (the
        number of each planned column in the file), ``seen`` and ``counters``.
    """

    def __init__(self, portal: Portal, plan: Plan) -> None:
        self.portal = portal
        self.plan = plan
        self.collection = portal.collection(plan["kind"])
        self.source = Source("IMPORT", plan["id"], plan["name"])
        self._key: dict[str, Any] = plan["key"] or {"column": None, "property": None}
        self._readers = self._columns()
        self._others: dict[str, int] | None = None

    def _columns(self) -> list[tuple[int, str, Any]]:
        active, plan = self.collection.definitions.active, self.plan
        pairs = zip(plan["order"], plan["columns"], strict=True)
        own = self._key["column"] if self._key["property"] is None else None
        return [
            (place, one["property"], cell_reader(active[one["property"]], plan["format"]))
            for place, one in pairs
            if one["property"] in active and one["name"] != own
        ]

    def write(self, row: Sequence[str]) -> None:
        """Write one row.

        Raises
        ------
        RowError
        """
        if len(row) != self.plan["width"]:
            message = f"The row has {len(row)} columns, not {self.plan['width']}."
            raise RowError("INCORRECT_NUMBER_OF_COLUMNS", message)
        key = self._identity(row)
        self._note(key, row)
        values = self._values(row)
        record = self._found(key)
        operation = self.plan["operation"]
        if record is None and operation == "UPDATE":
            raise RowError("UPDATE_ONLY_IMPORT", "There is no record to be updated.")
        if record is not None and operation == "CREATE":
            raise RowError("CREATE_ONLY_IMPORT", f"The record is there already: {record.id}.")
        self._write(record, values, key)

    def _identity(self, row: Sequence[str]) -> str:
        if self._key["column"] is None:
            return ""
        text = row[self.plan["keyColumn"]].strip()
        return text.lower() if self._key["property"] in {"email", "domain"} else text

    def _note(self, key: str, row: Sequence[str]) -> None:
        """Refuse what an earlier row of the file was about."""
        mark, seen = key or "\x1f".join(row), self.plan["seen"]
        if mark in seen:
            own = self._key["property"] is None
            named = "DUPLICATE_OBJECT_ID" if own else "DUPLICATE_ALTERNATE_ID"
            raise RowError(named if key else "DUPLICATE_ROW_CONTENT", "An earlier row is the same.")
        seen[mark] = 1

    def _values(self, row: Sequence[str]) -> dict[str, str]:
        values = {}
        for place, name, read in self._readers:
            if row[place].strip():
                try:
                    values[name] = read(row[place])
                except BadCell:
                    message = f"{row[place]} is not a date of the format {self.plan['format']}."
                    raise RowError("COULD_NOT_PARSE_DATE", message, property=name) from None
        return values

    # ------------------------------------------------------------------ find

    def _found(self, key: str) -> Record | None:
        if not key:
            return None
        records, name = self.collection.records, self._key["property"]
        if name is None:
            record = records.get(record_id(key))
            if record is None:
                raise RowError("INVALID_OBJECT_ID", f"There is no record with the id {key}.")
            return record
        if name in records.unique:
            number = records.holder(name, key)
        else:
            number = self._by_value(name).get(key)
        if number == -1:
            raise RowError("MULTIPLE_COMPANIES_WITH_THIS_DOMAIN", f"Several have {key}.")
        return None if number is None else records.get(number)

    def _by_value(self, name: str) -> dict[str, int]:
        """Return the records by a property that has no index; -1 where several share a value."""
        if self._others is None:
            self._others = self.collection.index.kept(self._label(name)) or self._looked_up(name)
        return self._others

    def _looked_up(self, name: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for record in self.collection.records:
            if value := record.values.get(name, "").lower():
                found[value] = -1 if value in found else record.id
        return found

    def _label(self, name: str) -> tuple[str, str, int]:
        return "import", name, self.collection.records.version

    def rest(self) -> None:
        """Keep what was looked up: the next slice has it if nothing else is written meanwhile."""
        if self._others is not None:
            self.collection.index.keep(self._label(self._key["property"]), self._others)

    # ----------------------------------------------------------------- write

    def _write(self, record: Record | None, values: dict[str, str], key: str) -> None:
        counters = self.plan["counters"]
        try:
            if record is None:
                checked = check_new(self.portal, self.collection, values)
                made = create(self.portal, self.collection, checked, source=self.source)
                self._remember(key, made)
                counters["CREATED_OBJECTS"] += 1
            elif values:
                checked = check_change(self.portal, self.collection, record, values)
                apply(self.portal, self.collection, record, checked, source=self.source)
                counters["UPDATED_OBJECTS"] += 1
        except Refusal as refusal:
            raise _row_error(refusal) from None
        counters["PROPERTY_VALUES_EMITTED"] += len(values)
        counters["UNIQUE_OBJECTS_WRITTEN"] += 1

    def _remember(self, key: str, record: Record) -> None:
        if self._others is not None and key:
            self._others[key] = record.id


def _row_error(refusal: Refusal) -> RowError:
    errors = refusal.more.get("errors") or []
    for error in errors:
        name = (error.get("context", {}).get("propertyName") or [None])[0]
        kind = _CODES.get(error.get("code"), "FAILED_VALIDATION")
        return RowError(kind, error["message"], property=name)
    unique = "UNIQUE" in str(refusal.more.get("subCategory"))
    if refusal.status == 409 or unique:
        return RowError("DUPLICATE_UNIQUE_PROPERTY_VALUE", refusal.message)
    return RowError("MISSING_REQUIRED_PROPERTY", refusal.message)
