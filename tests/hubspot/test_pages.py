from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.hubspot.pages import next_cursor, page_reader, rows_schema, strings


def _body(*records, **more):
    return json.dumps({"results": list(records), **more}).encode()


def _read(body, names=("email",)):
    return page_reader(names)(body)


def test_a_page_has_a_string_column_for_each_property_that_was_asked_for():
    page = _read(_body({"id": "1", "properties": {"email": "a@b.c", "other": "x"}}), ["email", "b"])
    assert page.rows.schema == rows_schema(["email", "b"])
    assert page.rows.to_pylist() == [{"id": "1", "email": "a@b.c", "b": None}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"results": [{"id": "1", "prope',
        b"{}",
        b'{"results": null}',
        b'{"results": "x"}',
        b'{"results": ["x"]}',
        b'{"results": [null]}',
        b'{"results": [{"properties": {}}]}',
        b'{"results": [{"id": "", "properties": {}}]}',
        b'{"results": [{"id": null, "properties": {}}]}',
        b'{"results": [{"id": true, "properties": {}}]}',
        b'{"results": [{"id": "1"}]}',
        b'{"results": [{"id": "1", "properties": []}]}',
        b'{"results": [], "paging": {"next": {}}}',
        b'{"results": [], "paging": {"next": {"after": ""}}}',
        b'{"results": [], "paging": {"next": {"after": null}}}',
        b'{"results": [], "paging": {"next": {"after": true}}}',
        b'{"results": [], "paging": {"next": "x"}}',
        b'{"results": [], "paging": "x"}',
        b'{"results": [{"id": "1", "properties": {"email": "\xff"}}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_not_a_page_is_not_believed(body):
    with pytest.raises(ValueError, match=r"reply|cursor|record"):
        _read(body)


def test_ids_that_come_as_numbers_become_strings():
    assert _read(_body({"id": 7, "properties": {}})).ids == ["7"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (5, "5"), (1.5, "1.5"), ({"a": 1}, '{"a": 1}'), (None, None), ("", "")],
)
def test_a_value_that_is_no_string_becomes_its_json_text(value, text):
    page = _read(_body({"id": "1", "properties": {"email": value}}))
    assert page.rows["email"].to_pylist() == [text]


def test_a_lone_surrogate_costs_no_page():
    page = _read(b'{"results": [{"id": "1", "properties": {"email": "a\\ud800b"}}]}')
    assert page.rows["email"].to_pylist() == ["a\ufffdb"]


@given(st.lists(st.text() | st.none(), min_size=1))
def test_text_comes_through_as_it_is(values):
    records = [{"id": str(n), "properties": {"email": v}} for n, v in enumerate(values, 1)]
    assert _read(_body(*records)).rows["email"].to_pylist() == values


@given(st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text()))
def test_any_values_become_strings_or_null(values):
    found = strings(values).to_pylist()
    assert [v is None for v in found] == [v is None for v in values]
    assert all(a == b for a, b in zip(found, values, strict=True) if isinstance(b, str))


@given(st.binary())
def test_bytes_of_any_sort_are_a_page_or_a_value_error(body):
    with suppress(ValueError):
        _read(body)


@pytest.mark.parametrize("paging", [None, {}, {"next": None}, {"prev": {"before": "1"}}])
def test_without_a_next_page_there_is_no_cursor(paging):
    assert next_cursor({"paging": paging}) == ""


def test_a_cursor_may_come_as_a_number():
    assert next_cursor({"paging": {"next": {"after": 200}}}) == "200"


def test_a_search_says_how_many_there_are():
    assert _read(_body(total=12)).total == 12
    assert _read(_body(total="12")).total is None


def test_a_batch_says_what_is_wrong_with_single_inputs():
    page = _read(_body(errors=[{"category": "OBJECT_NOT_FOUND", "context": {"ids": ["9"]}}]))
    assert page.errors[0]["context"] == {"ids": ["9"]}
