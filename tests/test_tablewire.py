"""The wire: strings as HubSpot sends them, and back without loss."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.tablewire import wire


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.5, "0.5"),
        (-0.0, "0"),
        (0.00001, "0.00001"),
        (1e20, "100000000000000000000"),
        (0.1 + 0.2, "0.30000000000000004"),
        (np.nan, None),
        (np.inf, None),
        (-np.inf, None),
    ],
)
def test_numbers_are_plain_decimals(value: float, text: str | None) -> None:
    assert wire(pd.Series([value]), "number").tolist() == [text]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats()))
def test_numbers_round_trip_and_are_never_exponents_or_nan(values: list[float]) -> None:
    for value, text in zip(values, wire(pd.Series(values, dtype="float64"), "number"), strict=True):
        if np.isfinite(value):
            assert set(text) <= set("-.0123456789")
            assert float(text) == value
        else:
            assert text is None


def test_nullable_and_whole_numbers_are_taken() -> None:
    assert wire(pd.Series([1, None], dtype="Int64"), "number").tolist() == ["1", None]
    assert wire(pd.Series([1, 2]), "number").tolist() == ["1", "2"]


def test_truth_is_lower_case_words() -> None:
    series = pd.Series([True, False, None], dtype="boolean")
    assert wire(series, "bool").tolist() == ["true", "false", None]


def test_times_are_utc_with_milliseconds() -> None:
    series = pd.to_datetime(pd.Series(["2020-02-29T04:30:17.000999+01:00", None]))
    assert wire(series, "datetime").tolist() == ["2020-02-29T03:30:17.000Z", None]


def test_dates_have_no_time() -> None:
    series = pd.to_datetime(pd.Series(["2020-02-29 23:00", None]), utc=True)
    assert wire(series, "date").tolist() == ["2020-02-29", None]


@settings(deadline=None)
@given(st.lists(st.datetimes(min_value=dt.datetime(1900, 1, 1))))
def test_times_round_trip_to_the_millisecond(values: list[dt.datetime]) -> None:
    series = pd.Series(values, dtype="datetime64[us]").dt.tz_localize("UTC")
    back = pd.to_datetime(wire(series, "datetime"), utc=True, format="ISO8601")
    assert (back == series.dt.floor("ms")).all()


@pytest.mark.parametrize("kind", ["string", "enumeration"])
def test_text_is_sent_as_it_is(kind: str) -> None:
    assert wire(pd.Series(["a ", None, "1e5"], dtype="str"), kind).tolist() == ["a ", None, "1e5"]


@pytest.mark.parametrize("kind", ["number", "bool", "date", "datetime", "string"])
def test_the_index_is_kept_and_missing_is_none(kind: str) -> None:
    empty = pd.Series([None, None], index=[5, 3], dtype=object)
    series = pd.to_datetime(empty, utc=True) if kind.startswith("date") else empty
    found = wire(series, kind)
    assert found.index.tolist() == [5, 3]
    assert found.tolist() == [None, None]
    assert found.dtype == object


@pytest.mark.parametrize("kind", ["number", "bool", "date", "datetime", "string"])
def test_an_empty_column_stays_empty(kind: str) -> None:
    dtype = "datetime64[us, UTC]" if kind.startswith("date") else "float64"
    assert wire(pd.Series([], dtype=dtype), kind).tolist() == []
