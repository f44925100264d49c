from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.hubspot.properties import arrow_type, definitions_table, typed

CHECKBOX = {"type": "enumeration", "fieldType": "checkbox"}


def _typed(values, kind):
    return typed(values, {"type": kind}).to_pylist()


@pytest.mark.parametrize("kind", ["number", "bool", "string", "enumeration", "date", "datetime"])
def test_an_empty_string_is_a_missing_value(kind):
    assert _typed(["", None], kind) == [None, None]


def test_numbers_that_are_not_finite_numbers_are_missing():
    assert _typed(["1e309", "nan", "inf", "n/a", "1,234", "-0.5"], "number") == [
        None, None, None, None, None, -0.5,
    ]  # fmt: skip


def test_booleans_are_known_in_any_case_and_nothing_else_is():
    assert _typed(["true", "FALSE", "1", "yes"], "bool") == [True, False, None, None]


def test_times_come_as_iso_or_as_epoch_milliseconds():
    iso, short, epoch, bad = _typed(
        ["2020-02-29T03:30:17.000Z", "2020-02-29T03:30:17Z", "1582947017000", "soon"], "datetime"
    )
    assert iso == short == epoch
    assert bad is None


def test_a_date_is_midnight_utc():
    assert _typed(["2020-02-29"], "date")[0].isoformat() == "2020-02-29T00:00:00+00:00"


def test_a_multiple_checkbox_is_a_list_without_blanks():
    assert typed([";a;b", "a", None], CHECKBOX).to_pylist() == [["a", "b"], ["a"], None]


@given(st.lists(st.none() | st.text()), st.sampled_from(["number", "bool", "date", "datetime"]))
def test_no_text_of_a_dirty_portal_ever_fails_and_the_length_stays(values, kind):
    column = typed(values, {"type": kind})
    assert len(column) == len(values)
    assert column.type == arrow_type({"type": kind})


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_every_finite_number_comes_back(numbers):
    got = _typed([repr(n) for n in numbers], "number")
    assert all(math.isclose(a, b) for a, b in zip(got, numbers, strict=True))


def test_definitions_keep_options_and_say_what_is_read_only():
    found = {
        "x": {
            "name": "x",
            "label": "",
            "type": "enumeration",
            "options": [{"value": "a"}, {"value": "b"}],
            "modificationMetadata": {"readOnlyValue": True},
        }
    }
    row = definitions_table(found, "contacts").to_pylist()[0]
    assert (row["label"], row["options"], row["read_only"]) == ("x", ["a", "b"], True)


def test_an_unknown_type_is_text():
    assert arrow_type({"type": "object_coordinates"}) == pa.string()
