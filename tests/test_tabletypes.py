"""Types: every conclusion is about the whole column, and doubt leaves text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.tabletypes import MISSING, Typed, from_series, from_text


def typed(*cells: str | None) -> Typed:
    return from_text(pa.array(cells, pa.string()))


@pytest.mark.parametrize("word", ["", " ", "NA", "n/a", "#N/A", "NULL", "nan", "None", "-", "?"])
def test_missing_words_are_missing_in_any_case(word: str) -> None:
    found = typed("1", word, "2")
    assert found.type == "number"
    assert found.series.isna().tolist() == [False, True, False]


@pytest.mark.parametrize("word", ["unknown", "other", "nonexistent", "no", "0"])
def test_a_word_that_says_something_is_a_level(word: str) -> None:
    found = typed("a", word, "a", word)
    assert found.type == "enumeration"
    assert word in found.options


def test_a_column_of_missing_words_is_text_without_values() -> None:
    found = typed(*sorted(MISSING))
    assert (found.type, found.options) == ("string", ())
    assert found.series.isna().all()


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1", "-2", "+3"], [1, -2, 3]),
        (["1.5", ".5", "2.", "1e-3"], [1.5, 0.5, 2, 0.001]),
        (["0", "0.5", "-0.25"], [0, 0.5, -0.25]),
        (["1,5", "2", "0,125"], [1.5, 2, 0.125]),
        (["1,234,567", "1,234", "12"], [1234567, 1234, 12]),
        (["1,234.5", "7"], [1234.5, 7]),
        (["1.234,5", "1.234", "0,5"], [1234.5, 1234, 0.5]),
        (["1.234.567", "12"], [1234567, 12]),
        ([" 1 ", "2\t"], [1, 2]),
    ],
)
def test_numbers_of_many_kinds_are_read(cells: list[str], numbers: list[float]) -> None:
    found = typed(*cells)
    assert found.type == "number"
    assert found.series.dtype == "float64"
    assert found.series.tolist() == numbers


@pytest.mark.parametrize(
    "cells",
    [
        ["01067", "80331"],
        ["0049170123", "1"],
        ["+491701234567", "+491701234568"],
        ["1234567890123456", "2"],
        ["1,234", "5,678"],
        ["1,234.5", "1,23"],
        ["1 234", "5"],
        ["12%", "5%"],
        ["inf", "1"],
        ["1e400", "1"],
        ["0x10", "1"],
        ["1", "2", "three"],
    ],
)
def test_codes_and_doubtful_numbers_stay_text(cells: list[str]) -> None:
    found = typed(*cells)
    assert found.type in {"enumeration", "string"}
    assert found.series.tolist() == cells


def test_one_odd_value_beyond_any_sample_decides() -> None:
    found = typed(*(str(i) for i in range(5000)), "x")
    assert found.type == "string"


@pytest.mark.parametrize("cells", [["TRUE", "FALSE"], ["true", "false"], ["True", "True"]])
def test_true_and_false_are_bool(cells: list[str]) -> None:
    found = typed(*cells, None)
    assert (found.type, str(found.series.dtype)) == ("bool", "boolean")
    assert found.series.tolist() == [cells[0].lower() == "true", cells[1].lower() == "true", pd.NA]


@pytest.mark.parametrize("cells", [["yes", "no"], ["t", "f"], ["true", "unknown"]])
def test_other_words_for_truth_stay_as_written(cells: list[str]) -> None:
    assert typed(*cells).series.tolist() == cells
    assert typed(*cells).type == "enumeration"


def test_zero_and_one_are_numbers() -> None:
    assert typed("0", "1", "0").type == "number"


@pytest.mark.parametrize(
    ("cells", "kind", "first"),
    [
        (["2024-02-29", "2023-01-01"], "date", "2024-02-29"),
        (["2024/2/9", "2023/1/1"], "date", "2024-02-09"),
        (["9.2.2024", "10.12.2023"], "date", "2024-02-09"),
        (["13/02/2024", "01/02/2024"], "date", "2024-02-13"),
        (["02/13/2024", "01/02/2024"], "date", "2024-02-13"),
        (["13-02-2024", "01-02-2024"], "date", "2024-02-13"),
        (["05/05/2024", "06/06/2024"], "date", "2024-05-05"),
        (["2024-02-29 23:59", "2023-01-01"], "datetime", "2024-02-29 23:59"),
        (
            ["2024-02-29T01:02:03.456Z", "2024-01-01T00:00:00Z"],
            "datetime",
            "2024-02-29 01:02:03.456",
        ),
        (["2024-02-29T01:00:00-0330", "2024-01-01T00:00:00Z"], "datetime", "2024-02-29 04:30"),
        (["2/29/2024 12:05 AM", "1/31/2024 1:00 PM"], "datetime", "2024-02-29 00:05"),
        (["29.2.2024 7:05", "1.1.2024 17:05"], "datetime", "2024-02-29 07:05"),
    ],
)
def test_dates_of_many_kinds_are_read(cells: list[str], kind: str, first: str) -> None:
    found = typed(*cells, "NA")
    assert found.type == kind
    assert str(found.series.dtype) == "datetime64[us, UTC]"
    assert found.series[0] == pd.Timestamp(first, tz="UTC")
    assert found.series.isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    "cells",
    [
        ["03/04/2024", "05/06/2024"],
        ["13/02/2024", "02/13/2024"],
        ["2023-02-29", "2023-02-28"],
        ["2024-01-01 25:00", "2024-01-01 23:00"],
        ["2024-01-01 13:00 PM", "2024-01-01 1:00 PM"],
        ["1.2.24", "2.2.24"],
        ["2024-01-01", "soon"],
        ["1/1/1/2024", "1/1/2024"],
    ],
)
def test_doubtful_and_impossible_dates_stay_text(cells: list[str]) -> None:
    found = typed(*cells)
    assert found.type in {"enumeration", "string"}
    assert found.series.tolist() == cells


def test_few_values_that_repeat_are_an_enumeration_most_frequent_first() -> None:
    found = typed("b", "a", "a", " a ", None, "b")
    assert (found.type, found.options) == ("enumeration", ("a", "b"))


def test_values_that_hardly_repeat_are_free_text() -> None:
    assert typed("x", "y", "z", "x").type == "string"
    assert typed(*(f"v{i % 101}" for i in range(1000))).type == "string"
    assert typed(*(f"v{i % 100}" for i in range(1000))).type == "enumeration"


@pytest.mark.parametrize("word", ["a;b", "a\nb", "x" * 101])
def test_values_that_cannot_be_an_option_make_free_text(word: str) -> None:
    assert typed(word, word, "c", "c").type == "string"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), min_size=1))
def test_text_is_kept_or_missing_never_altered(cells: list[str | None]) -> None:
    found = from_text(pa.array(cells, pa.string()))
    assert len(found.series) == len(cells)
    if found.type in {"string", "enumeration"}:
        for before, after in zip(cells, found.series, strict=True):
            assert pd.isna(after) or (before is not None and before.strip() == after)


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_as_python_writes_them_are_read_exactly(values: list[float]) -> None:
    found = from_text(pa.array([repr(value) for value in values]))
    if found.type == "number":
        assert found.series.tolist() == values


@settings(deadline=None)
@given(st.lists(st.datetimes(min_value=dt.datetime(1900, 1, 1)), min_size=1))
def test_iso_times_are_read_exactly(values: list[dt.datetime]) -> None:
    found = from_text(pa.array([value.isoformat() for value in values]))
    assert found.type == "datetime"
    assert found.series.dt.tz_localize(None).tolist() == values


def test_chunks_are_read_as_one_column() -> None:
    chunks = pa.chunked_array([["1", "NA"], ["2", "1"], []], pa.string())
    assert from_text(chunks).series.tolist()[2:] == [2, 1]


# ------------------------------------------------------------------ frames


@pytest.mark.parametrize(
    ("series", "kind"),
    [
        (pd.Series([1, 2]), "number"),
        (pd.Series([1, None], dtype="Int64"), "number"),
        (pd.Series([1.5, 2], dtype="float32"), "number"),
        (pd.Series([1, 2], dtype="int64[pyarrow]"), "number"),
        (pd.Series([Decimal("1.5"), Decimal(2)], dtype=object), "number"),
        (pd.Series([True, False]), "bool"),
        (pd.Series([True, None], dtype=object), "bool"),
        (pd.Series(["a", "b"], dtype="category"), "enumeration"),
        (pd.Series([1, 2, 1], dtype="category"), "number"),
        (pd.Series([dt.date(2024, 1, 1), None], dtype=object), "date"),
        (pd.to_datetime(pd.Series(["2024-01-01", None])), "date"),
        (pd.Series(pd.to_datetime(["2024-01-01 10:00"])), "datetime"),
        (pd.Series(pd.to_datetime(["2024-01-01"], utc=True)), "datetime"),
        (pd.Series(pd.to_timedelta(["1D", "2D"])), "enumeration"),
        (pd.Series([1 + 2j, 3j]), "enumeration"),
        (pd.Series([["a"], ["b"], ["c"]]), "string"),
        (pd.Series(pd.period_range("2024-01", periods=3, freq="M")), "string"),
        (pd.Series([None, None], dtype=object), "string"),
    ],
)
def test_every_dtype_finds_a_hubspot_type(series: pd.Series, kind: str) -> None:
    found = from_series(series)
    assert found.type == kind
    assert len(found.series) == len(series)


def test_infinite_numbers_are_missing() -> None:
    assert from_series(pd.Series([1.0, np.inf, -np.inf])).series.isna().sum() == 2


def test_whole_numbers_too_long_for_a_float_are_text() -> None:
    found = from_series(pd.Series([2**53 + 1, 1, 2]))
    assert found.series[0] == "9007199254740993"


def test_zones_are_brought_to_utc() -> None:
    found = from_series(pd.Series(pd.to_datetime(["2024-01-01 00:30+02:00"])))
    assert found.series[0] == pd.Timestamp("2023-12-31 22:30", tz="UTC")
