"""From a table of strings to the store's types, with nothing lost on the way."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadscore.hubspot.pages import strings
from leadscore.hubspot.properties import definitions
from leadscore.hubspot.reading import read_records
from leadscore.hubspot.wiretypes import (
    MISFITS,
    arrow_type,
    schema,
    typed,
    typed_rows,
)

CHECKBOX = {"type": "enumeration", "fieldType": "checkbox"}
DEFINED = {
    "number": {"type": "number"},
    "bool": {"type": "bool"},
    "datetime": {"type": "datetime"},
    "date": {"type": "date"},
    "options": CHECKBOX,
    "choice": {"type": "enumeration", "fieldType": "select", "options": [{"value": "a"}]},
    "text": {"type": "string"},
    "place": {"type": "object_coordinates"},
    "hs_object_id": {"type": "number"},
}
TIMESTAMP = pa.timestamp("us", "UTC")


def _rows(**columns):
    count = len(next(iter(columns.values())))
    made = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return pa.table({"id": [str(n) for n in range(count)], **made})


def _typed(values, kind):
    return typed(values, {"type": kind}).to_pylist()


# --------------------------------------------------------------------------------------- types


@pytest.mark.parametrize(
    ("definition", "kind"),
    [
        ({"type": "number", "fieldType": "number"}, pa.float64()),
        ({"type": "bool", "fieldType": "booleancheckbox"}, pa.bool_()),
        ({"type": "datetime", "fieldType": "date"}, TIMESTAMP),
        ({"type": "date", "fieldType": "date"}, TIMESTAMP),
        (CHECKBOX, pa.list_(pa.string())),
        ({"type": "enumeration", "fieldType": "select"}, pa.string()),
        ({"type": "enumeration", "fieldType": "booleancheckbox"}, pa.string()),
        ({"type": "enumeration"}, pa.string()),
        ({"type": "object_coordinates"}, pa.string()),
        ({"type": "json"}, pa.string()),
        ({"type": "phone_number"}, pa.string()),
        ({"type": None}, pa.string()),
        ({}, pa.string()),
    ],
)
def test_a_definition_says_the_type_and_without_one_it_is_text(definition, kind):
    assert arrow_type(definition) == kind


@pytest.mark.parametrize(
    "name", ["hs_object_id", "associatedcompanyid", "hs_parent_company_id", "hs_created_by_user_id"]
)
def test_ids_are_text_though_hubspot_calls_them_numbers(name):
    assert arrow_type({"type": "number"}, name=name) == pa.string()
    assert arrow_type({"type": "number", "name": name}) == pa.string()


@pytest.mark.parametrize("name", ["paid", "covid", "amount", "id_cards"])
def test_a_number_that_only_sounds_like_an_id_stays_a_number(name):
    assert arrow_type({"type": "number"}, name=name) == pa.float64()


def test_a_name_that_ends_in_id_leaves_other_types_alone():
    assert arrow_type(CHECKBOX, name="hs_merged_object_ids") == pa.list_(pa.string())
    assert arrow_type({"type": "datetime"}, name="x_id") == TIMESTAMP


def test_the_schema_is_that_of_the_typed_table_also_without_rows_or_definitions():
    names = [*DEFINED, "gone"]
    for values in ([], ["x"], [None]):
        found = typed_rows(_rows(**dict.fromkeys(names, values)), DEFINED)
        assert found.table.schema == schema(DEFINED, names)
        assert found.misfits.schema == MISFITS
    assert not schema(DEFINED, names).field("id").nullable


# ---------------------------------------------------------------------------------------- rows


def test_an_id_of_twenty_digits_is_the_same_id():
    rows = pa.table({"id": ["90071992547409931"], "hs_object_id": ["90071992547409931"]})
    table = typed_rows(rows, DEFINED).table
    assert table.to_pylist() == [{"id": "90071992547409931", "hs_object_id": "90071992547409931"}]


def test_what_does_not_fit_is_kept_aside_with_its_id_and_why():
    found = typed_rows(_rows(number=["1", "many", None], bool=["x", "true", ""]), DEFINED)
    assert found.table["number"].to_pylist() == [1.0, None, None]
    assert found.table["bool"].to_pylist() == [None, True, None]
    assert found.misfits.to_pylist() == [
        {"property": "number", "id": "1", "value": "many", "why": "not a decimal number"},
        {"property": "bool", "id": "0", "value": "x", "why": "not true or false"},
    ]


def test_a_value_that_is_no_option_is_kept():
    found = typed_rows(_rows(choice=["a", "taken away"]), DEFINED)
    assert found.table["choice"].to_pylist() == ["a", "taken away"]
    assert found.misfits.num_rows == 0


@pytest.mark.parametrize("text", ["🙂", "\u202eabc", "a\x00b", " x ", "٣", "x" * 65_536, "\r\n"])
def test_text_is_exact(text):
    assert typed_rows(_rows(text=[text]), DEFINED).table["text"].to_pylist() == [text]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.null()])
def test_any_kind_of_string_column_will_do(kind):
    values = [None] if kind == pa.null() else ["7"]
    rows = pa.table({"id": pa.array(["1"]), "number": pa.array(values, kind)})
    assert typed_rows(rows, DEFINED).table.schema == schema(DEFINED, ["number"])


def test_a_table_of_many_chunks_is_read_as_one():
    parts = [_rows(number=["1", "x"], text=["a", "b"]), _rows(number=["2"], text=[None])]
    found = typed_rows(pa.concat_tables(parts), DEFINED)
    assert found.table["number"].to_pylist() == [1.0, None, 2.0]
    assert found.misfits["value"].to_pylist() == ["x"]


ANY = st.lists(
    st.fixed_dictionaries(dict.fromkeys(DEFINED, st.none() | st.text())), min_size=1, max_size=5
)


@given(ANY)
def test_every_value_that_is_not_empty_is_in_the_table_or_in_the_misfits(records):
    columns = {name: [record[name] for record in records] for name in DEFINED}
    rows = _rows(**columns)
    found = typed_rows(rows, DEFINED)
    aside = {(m["property"], m["id"]): m["value"] for m in found.misfits.to_pylist()}
    for name in DEFINED:
        for key, raw, value in zip(
            rows["id"].to_pylist(), columns[name], found.table[name].to_pylist(), strict=True
        ):
            if not raw:
                assert value is None
            else:
                assert value is not None or aside[name, key] == raw


@given(st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.booleans())))
def test_good_values_come_back_and_nothing_is_kept_aside(pairs):
    rows = _rows(number=[repr(n) for n, _ in pairs], bool=[str(b) for _, b in pairs])
    found = typed_rows(rows, DEFINED)
    assert found.table["number"].to_pylist() == [n for n, _ in pairs]
    assert found.table["bool"].to_pylist() == [b for _, b in pairs]
    assert found.misfits.num_rows == 0


def _joined(text):
    """Two halves in a row are one character; a half alone cannot be read."""
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return None


@given(st.lists(st.text(st.characters() | st.characters(categories=["Cs"]), min_size=1)))
@example(["\ud800", "a\udc00b", "\ud83d\ude00", "\ude00\ud83d", "\ufffd"])
def test_half_a_character_becomes_one_that_can_be_stored_and_is_said(values):
    text = strings(values)
    found = typed_rows(pa.table({"id": [str(n) for n in range(len(text))], "text": text}), DEFINED)
    lost = {int(misfit["id"]) for misfit in found.misfits.to_pylist()}
    for place, (was, now) in enumerate(zip(values, found.table["text"].to_pylist(), strict=True)):
        whole = _joined(was)
        assert now == whole if whole is not None else "\ufffd" in now
        assert (place in lost) == ("\ufffd" in now)


def test_a_clean_portal_has_no_misfits(portal):
    for object_type in ("contacts", "companies", "deals"):
        defined = definitions(portal, object_type)
        for chunk in read_records(portal, object_type, list(defined)):
            found = typed_rows(chunk.rows, defined)
            assert found.misfits.to_pylist() == []
            assert found.table["hs_object_id"].to_pylist() == found.table["id"].to_pylist()


# ------------------------------------------------------------------------------- single columns


@pytest.mark.parametrize("kind", ["number", "bool", "string", "enumeration", "date", "datetime"])
def test_an_empty_string_is_a_missing_value(kind):
    assert _typed(["", None], kind) == [None, None]


def test_numbers_that_are_not_finite_numbers_are_missing():
    assert _typed(["1e309", "nan", "inf", "n/a", "1,234", "-0.5"], "number") == [
        None, None, None, None, None, -0.5,
    ]  # fmt: skip


def test_times_come_as_iso_or_as_epoch_milliseconds():
    iso, epoch, bad = _typed(["2020-02-29T03:30:17.000Z", "1582947017000", "soon"], "datetime")
    assert iso == epoch == datetime(2020, 2, 29, 3, 30, 17, tzinfo=UTC)
    assert bad is None


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
