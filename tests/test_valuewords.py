import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.valuewords import column_words, in_words, known_words

TIMES = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3.0, "3"),
        (1234567.0, "1,234,567"),
        (0.12345678, "0.1235"),
        (12345.678, "12,345.7"),
        (float("inf"), "inf"),
        (float("nan"), "unknown"),
        (pd.NA, "unknown"),
        (pd.NaT, "unknown"),
        (False, "no"),
        (np.bool_(True), "yes"),
        (np.array(["b", "c"]), "b, c"),
        ([], "none"),
        ("", "empty"),
        (" two\n lines\t", "two lines"),
    ],
)
def test_values_are_written_as_a_person_would(value, words):
    assert in_words(value) == words


@settings(max_examples=200)
@given(st.text(max_size=300))
def test_whatever_a_property_holds_its_words_are_one_plain_short_line(text):
    words = in_words(text)
    assert 0 < len(words) <= 60
    assert words.splitlines() == [words]
    assert not set("<>\x00\x1b\u202e") & set(words)


@given(st.lists(st.one_of(st.none(), st.text(alphabet="ab<\n\u202e", max_size=80))))
def test_a_column_of_text_reads_as_its_values_do(values):
    told = column_words(pd.Series(values, dtype="str"), {"a": "Ay"})
    assert told.to_pylist() == [in_words(value, {"a": "Ay"}) for value in values]


@given(st.lists(st.floats()))
def test_a_column_of_numbers_reads_as_its_values_do(values):
    told = column_words(pd.Series(values, dtype="float64"))
    assert told.to_pylist() == [in_words(value) for value in values]


@given(st.lists(st.one_of(st.none(), TIMES)), st.sampled_from(["UTC", "Asia/Kolkata"]))
def test_a_column_of_times_gives_dates_in_utc_whatever_its_zone(values, zone):
    column = pd.Series(values, dtype="datetime64[us, UTC]")
    told = column_words(column.dt.tz_convert(zone))
    assert told.to_pylist() == [in_words(value) for value in column]


def test_columns_of_truths_and_of_several_choices_read_as_their_values_do():
    truths = pd.Series([True, None, False], dtype="boolean")
    assert column_words(truths).to_pylist() == ["yes", "unknown", "no"]
    choices = pd.Series([["a", "b"], [], None, np.array(["b"])])
    told = column_words(choices, {"b": "Bee"}).to_pylist()
    assert told == ["a, Bee", "none", "unknown", "Bee"]


def test_what_is_missing_can_be_left_out():
    assert known_words(pd.Series([2.0, np.nan])).to_pylist() == ["2", None]


def test_minus_zero_is_zero():
    assert in_words(-0.0) == "0"
