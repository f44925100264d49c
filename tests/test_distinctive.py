"""What gives a person away: long enough, nobody else's, in any spelling."""

import html
import json

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadscore.distinctive import Marks, texts_in, without_shared


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("contact 31234567.", True),
        ("<td>31234567</td>", True),
        ('"31234567"', True),
        ("1,31234567,2", True),
        ("312345678", False),
        ("x31234567", False),
        ("1.31234567", False),
        ("31234567.5", False),
        ("a-31234567", False),
    ],
)
def test_an_id_counts_as_a_whole_word(text: str, found: bool) -> None:
    assert Marks(["31234567"]).are_in(text) is found


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=6))
def test_a_value_is_found_in_html_json_and_plain_text(value: str) -> None:
    assume(any(letter.isalpha() for letter in value))
    marks = Marks([], [value])
    for text in (value, html.escape(value), json.dumps(value), json.dumps([value], indent=1)):
        assert marks.are_in(f"before {text} after")


def test_case_does_not_hide_a_value() -> None:
    assert Marks([], ["Zq8 Forgetme"]).are_in("ZQ8 FORGETME")


def test_a_number_counts_as_a_whole_word() -> None:
    marks = Marks([], ["+49 711 1234567"])
    assert marks.are_in("call +49 711 1234567 now")
    assert not marks.are_in("call +49 711 12345678 now")


def test_without_marks_nothing_is_found() -> None:
    assert not Marks([]).are_in("anything")


def test_texts_come_from_every_depth_and_are_long_enough() -> None:
    rows = pa.table(
        {
            "name": ["Zq8 Forgetme", "short", None],
            "tags": [["keynote", "vip"], None, []],
            "why": [[{"property": "jobtitle", "value": "Gardener"}], [], None],
            "phone": ["1234567", "123456", "2026"],
            "code": pa.array(["category", None, None]).dictionary_encode(),
            "visits": [1.0, 2.0, 3.0],
        }
    )
    assert texts_in(rows) == {
        "Zq8 Forgetme",
        "keynote",
        "jobtitle",
        "Gardener",
        "1234567",
        "category",
    }


def test_what_somebody_else_has_too_gives_nobody_away() -> None:
    others = pa.table({"city": ["Stuttgart", None], "tags": [["keynote"], None]})
    values = {"Stuttgart", "keynote", "Zq8 Forgetme"}
    assert without_shared(values, others.to_batches()) == {"Zq8 Forgetme"}


def test_reading_ends_when_nothing_is_left() -> None:
    def others():
        yield pa.record_batch({"city": ["Stuttgart"]})
        raise AssertionError("read on")

    assert without_shared({"Stuttgart"}, others()) == set()
