"""Cells of any type as the texts that a CSV file would hold."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pandas as pd
import pytest

from leadscore.celltexts import frame_texts, word
from leadscore.errors import TableError


def test_whole_numbers_stay_whole_beside_missing_ones():
    frame = pd.DataFrame({"a": [7.0, None], "b": pd.array([2**60, None], "Int64"), "c": [1, 2]})
    assert frame_texts(frame).to_pydict() == {
        "a": ["7", None],
        "b": [str(2**60), None],
        "c": ["1", "2"],
    }


def test_times_are_utc_and_days_are_days():
    cet = timezone(timedelta(hours=1))
    assert word(datetime(2026, 1, 1, 0, 30, tzinfo=cet)) == "2025-12-31T23:30:00Z"
    frame = pd.DataFrame({"day": pd.to_datetime(["2026-01-01", None])})
    assert frame_texts(frame)["day"].to_pylist() == ["2026-01-01", None]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("007", "007"),
        (True, "true"),
        (Decimal("12.50"), "12.50"),
        (1e-7, "0.0000001"),
        (-0.0, "0"),
        (date(2026, 2, 28), "2026-02-28"),
        (["a", None, "b"], "a;b"),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (float("inf"), None),
        (pd.NaT, None),
        (pd.NA, None),
    ],
)
def test_a_cell_becomes_the_text_that_a_csv_would_hold(value, text):
    assert word(value) == text


def test_bytes_and_unnamed_columns_are_refused_with_the_columns_name():
    with pytest.raises(TableError, match="'photo' holds bytes"):
        frame_texts(pd.DataFrame({"photo": [b"x"]}))
    with pytest.raises(TableError, match="not text: '0'"):
        frame_texts(pd.DataFrame([[1]]))
    with pytest.raises(TableError, match="duplicate column names: 'a'"):
        frame_texts(pd.DataFrame([[1, 2]], columns=["a", "a"]))
