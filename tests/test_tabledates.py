"""Dates: every order that fits is offered, none is guessed."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from leadscore.tabledates import month_numbers, readings


def test_a_date_that_fits_two_orders_is_read_in_both() -> None:
    found = readings(pa.array(["03/04/2024"]))
    assert {order: read.stamps[0].month for order, read in found.items()} == {
        "day/month/year": 4,
        "month/day/year": 3,
    }


def test_words_that_fit_no_order_give_no_reading() -> None:
    assert readings(pa.array(["soon", "2024"])) == {}


def test_missing_words_are_left_out() -> None:
    (read,) = readings(pa.array(["2024-01-01", None, "x"])).values()
    assert read.stamps.isna().tolist() == [False, True]


def test_a_time_of_day_makes_it_a_datetime() -> None:
    (plain,) = readings(pa.array(["2024-01-31"])).values()
    (timed,) = readings(pa.array(["2024-01-31", "2024-01-31 00:00"])).values()
    assert (plain.type, timed.type) == ("date", "datetime")


@pytest.mark.parametrize("word", ["2024-13-01", "2024-02-30", "0000-01-01", "2024-01-01 10:61"])
def test_impossible_dates_are_no_dates(word: str) -> None:
    assert readings(pa.array([word])) == {}


def test_fractions_of_a_second_are_kept_to_the_microsecond() -> None:
    (read,) = readings(pa.array(["2024-01-31 10:00:00.1234567"])).values()
    assert read.stamps[0].microsecond == 123456


@pytest.mark.parametrize("word", ["sep", "Sept", "SEPTEMBER", "sept."])
def test_month_names_in_any_case_and_length(word: str) -> None:
    assert month_numbers(pd.Series([word])).tolist() == [9]


@pytest.mark.parametrize("word", ["s", "septembre", "9", ""])
def test_other_words_are_no_months(word: str) -> None:
    assert month_numbers(pd.Series([word])).isna().all()
