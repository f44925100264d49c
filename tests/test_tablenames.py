"""Names: valid, unique, clear of HubSpot's own; messages: short and inert."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.tablenames import nearest, property_names, shown

VALID = re.compile(r"^[a-z][a-z0-9_]{0,98}\Z")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("age", "age"),
        ("emp.var.rate", "emp_var_rate"),
        ("VisitorType", "visitortype"),
        ("Größe (cm)", "grosse_cm"),
        ("Ångström", "angstrom"),
        ("Señor", "senor"),
        ("Ёлка, цена", "elka_tsena"),
        ("Ηλικία", "ilikia"),
        ("İstanbul", "istanbul"),
        ("Łódź & Ørsted", "lodz_and_orsted"),
        ("rate %", "rate_percent"),
        ("2nd call", "table_2nd_call"),
        ("年齢", "column_1"),
        ("", "column_1"),
        ("__", "column_1"),
        ("already_valid_", "already_valid_"),
    ],
)
def test_a_name_becomes_a_readable_property_name(name: str, wanted: str) -> None:
    assert property_names([name]) == [wanted]


@pytest.mark.parametrize(
    "name",
    ["email", "Email", "createdate", "hs_lead_status", "hubspotscore", "lifecyclestage", "e-mail"],
)
def test_names_of_hubspots_own_properties_are_not_taken(name: str) -> None:
    (found,) = property_names([name])
    assert found not in {"email", "createdate", "lifecyclestage"}
    assert not found.startswith(("hs_", "hubspot"))


@pytest.mark.parametrize("name", ["outcome", "contact_id", "snapshot_at", "leadscore_score"])
def test_names_of_our_own_columns_are_not_taken(name: str) -> None:
    assert property_names([name]) == [f"table_{name}"]


def test_names_that_come_out_alike_are_numbered() -> None:
    assert property_names(["a b", "a.b", "A-B"]) == ["a_b", "a_b_2", "a_b_3"]


def test_a_valid_name_is_never_displaced() -> None:
    assert property_names(["a.b", "a_b", "a_b_2"]) == ["a_b_3", "a_b", "a_b_2"]


def test_long_names_stay_within_99_characters_and_unique() -> None:
    found = property_names(["x" * 200, "x" * 300, "y" * 99])
    assert [len(name) for name in found] == [99, 99, 99]
    assert len(set(found)) == 3


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=120)))
def test_any_names_give_valid_unique_property_names(names: list[str]) -> None:
    found = property_names(names)
    assert len(found) == len(set(found)) == len(names)
    assert all(VALID.match(name) for name in found)


@given(st.lists(st.from_regex(r"[a-d][0-9_]{0,2}", fullmatch=True), unique=True))
def test_valid_names_are_kept_as_they_are(names: list[str]) -> None:
    assert property_names(names) == names


def test_shown_escapes_what_a_terminal_would_obey() -> None:
    assert shown(["\x1b[2J\u202e\n\x9b"]) == r"'\x1b[2J\u202e\n\x9b'"


def test_shown_counts_what_it_leaves_out() -> None:
    assert shown(range(10), most=3) == "'0', '1', '2' and 7 more"


@given(st.lists(st.text(), max_size=50))
def test_shown_is_always_short_and_printable(values: list[str]) -> None:
    text = shown(values)
    assert text.isprintable()
    assert len(text) < 6 * 10 * 45 + 20


def test_nearest_is_empty_when_nothing_comes_close() -> None:
    assert nearest("revenue", ["month", "browser"]) == ""
    assert nearest("MONTHS", ["month", "browser"]) == "month"
