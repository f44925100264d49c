"""One spelling for a portal's values and a table's."""

from __future__ import annotations

import pyarrow as pa

from leadscore.canonical import portal_values, table_values

DEFINED = {
    "seats": {"type": "number"},
    "vip": {"type": "bool"},
    "since": {"type": "date"},
    "seen": {"type": "datetime"},
    "email": {"type": "string", "name": "email"},
    "plan": {"type": "enumeration", "options": [{"value": "a", "label": "Gold"}]},
}
CANONICAL = {
    "seats": "40",
    "vip": "true",
    "since": "2026-03-01",
    "seen": "2026-03-01T12:30:00.000Z",
    "email": "ada@example.com",
    "plan": "a",
}


def test_the_same_values_are_the_same_strings_however_they_are_written():
    wire = CANONICAL | {"seats": "40.0", "seen": "1772368200000", "since": "2026-03-01"}
    rows = pa.table({name: [text, None, ""] for name, text in wire.items()})
    nothing = dict.fromkeys(CANONICAL)
    assert portal_values(rows, DEFINED, list(CANONICAL)) == [CANONICAL, nothing, nothing]
    typed = {"seats": "40", "vip": "TRUE", "since": "2026-03-01T00:00:00Z", "plan": "gold"}
    typed |= {"seen": "2026-03-01T12:30:00Z", "email": " Ada@Example.com"}
    assert table_values([typed, {}], DEFINED, list(CANONICAL)) == [CANONICAL, nothing]


def test_a_value_that_does_not_fit_is_still_itself():
    rows = pa.table({"plan": ["gone"], "seats": ["many"]})
    assert portal_values(rows, DEFINED, ["plan", "seats"]) == [{"plan": "gone", "seats": "many"}]
