"""What one string becomes, and that its neighbours have no say in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadscore.hubspot.wirevalues import (
    booleans,
    dates,
    numbers,
    option_lists,
    reasons,
    times,
)

READ = {
    "number": numbers,
    "bool": booleans,
    "datetime": times,
    "date": dates,
    "options": option_lists,
}
SPECIAL = [
    *("1", "+1", "-1.5", ".5", "1.", "1e3", "1e309", "-1e309", "1e-400", "nan", "inf", "-Infinity"),
    *("0x10", "1_000", "1,234", "1 234", "N/A", "-", "٣", "١٢٣", " 12 ", "\u00a07\u00a0", "  "),
    *("9007199254740993", "9007199254740992", "36028797018963968", "1e999999999999999999999"),
    *("true", "FALSE", " True ", "1", "yes", "ture"),
    *("2020-02-29", "2020-02-30", "2021-02-29", "2020-02-29Z", "2020-02-29T03", "2020-02-29T03Z"),
    *("2020-02-29T03:30:17.000Z", "2020-02-29T03:30:17Z", "2020-02-29 03:30:17"),
    *("2020-02-29T03:30:17.123456789Z", "2020-02-29T03:30:17.Z", "2020-02-29T03:30:17.1"),
    *("2020-02-29T03:30:17+01:00", "2020-02-29T03:30:17-0130", "2020-02-29T03:30:17+25:00"),
    *("2020-02-29T24:00:00Z", "2020-02-29T23:59:60Z", "2020-02-29t03:30:17z", "20200229", "2020"),
    *("0000-01-01", "0001-01-01T00:00:00+01:00", "9999-12-31", "99999-01-01", "-2020-01-01"),
    *("9999-12-31T23:59:59-10:00", "1582947017000", "-2208988800000", "0", "-86400000"),
    *("1582947017", "1582947017.5", "999999999999999", "9999999999999999999999", "1.58E12"),
    *("a;b", ";a", "a;;b", ";", ";;", "a;", "a; b"),
    *(
        "\x00",
        "\u202e",
        "🙂",
        "1\x00",
        "1\n",
        "\x1c1e309",
        "true\n",
        "2020-02-29\n",
        "2020-02-29\u2028",
    ),
]
DIRTY = (
    st.sampled_from(SPECIAL)
    | st.text(min_size=1)
    | st.text("0123456789-+.:eETZ ;", min_size=1)
    | st.datetimes().map(datetime.isoformat)
    | st.integers().map(str)
    | st.floats().map(repr)
)


def _one(word, kind):
    return READ[kind](pa.array([word], pa.string()))[0].as_py()


def _why(word, kind):
    return reasons(pa.array([word], pa.string()), kind)[0].as_py()


def _each(words, kind):
    return [_one(word, kind) for word in words]


@pytest.mark.parametrize("kind", READ)
@given(words=st.lists(st.none() | DIRTY, max_size=8))
@example(words=SPECIAL)
@example(words=[])
@example(words=[None])
def test_a_value_depends_on_itself_alone_and_never_on_its_neighbours(kind, words):
    together = READ[kind](pa.array(words, pa.string())).to_pylist()
    assert str(together) == str(_each(words, kind))  # as text, where 0.0 is not -0.0


@pytest.mark.parametrize("kind", READ)
@given(word=DIRTY)
def test_whatever_does_not_fit_has_a_reason(kind, word):
    if _one(word, kind) is None:
        assert 0 < len(_why(word, kind)) < 60


# ------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    "word",
    [
        *("1,234", "1 234", "1_000", "N/A", "-", "0x10", "1e", "٣", "१२", "½", "1.2.3", "$5", "5%"),
        *("nan", "NaN", "inf", "-inf", "Infinity", "1e309", "-1e309", "9" * 400, "  "),
    ],
)
def test_what_is_no_finite_decimal_number_is_none(word):
    assert _one(word, "number") is None


@pytest.mark.parametrize(
    ("word", "number"),
    [
        *(("1.", 1.0), (".5", 0.5), ("+5", 5.0), ("-0.5", -0.5), ("1e5", 1e5), ("1E-2", 0.01)),
        *((" 12 ", 12.0), ("\t7\n", 7.0), ("\u00a07", 7.0), ("007", 7.0), ("1e-400", 0.0)),
    ],
)
def test_a_decimal_number_may_have_sign_exponent_and_blanks_around_it(word, number):
    assert _one(word, "number") == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_comes_back_to_the_last_digit(number):
    assert repr(_one(repr(number), "number")) == repr(number)


@given(st.integers(-(2**80), 2**80))
@example(2**53 + 1)
@example(-(2**53) - 1)
@example(120330000123456789)
def test_a_whole_number_comes_back_as_itself_or_not_at_all(number):
    found = _one(str(number), "number")
    if abs(number) <= 2**53:
        assert found == number
    elif found is not None:
        assert number in (int(found), Decimal(repr(found)))


def test_no_long_id_comes_out_as_its_neighbour():
    assert _each(["9007199254740992", "9007199254740993"], "number") == [2.0**53, None]


# ------------------------------------------------------------------------------- booleans, options


def test_booleans_are_known_in_any_case_with_blanks_and_nothing_else_is():
    words = ["true", "FALSE", " True\n", "1", "0", "yes", "ture", "truefalse", " "]
    assert _each(words, "bool") == [True, False, True] + [None] * 6


def test_options_are_exact_and_blank_ones_are_dropped():
    words = [";a;b", "a", "a;;b;", "a; b", "🙂;\u202ex", ";", ";;"]
    assert _each(words, "options") == [
        ["a", "b"], ["a"], ["a", "b"], ["a", " b"], ["🙂", "\u202ex"], None, None,
    ]  # fmt: skip


# --------------------------------------------------------------------------------------- times

NOON = datetime(2020, 2, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "word",
    [
        *("2020-02-29T12:00:00.000Z", "2020-02-29T12:00:00Z", "2020-02-29T12:00Z"),
        *("2020-02-29T12:00:00", "2020-02-29 12:00:00", "2020-02-29T12:00:00.000000000Z"),
        *("2020-02-29T13:00:00+01:00", "2020-02-29T13:00:00+0100", "2020-02-29T10:30:00-01:30"),
        *("1582977600000", " 1582977600000 ", " 2020-02-29T12:00:00Z\n"),
    ],
)
def test_one_time_has_many_spellings(word):
    assert _one(word, "datetime") == NOON


@pytest.mark.parametrize(
    "word",
    [
        *("2020-02-30", "2021-02-29", "2020-04-31", "2020-13-01", "2020-00-01", "2020-01-00"),
        *("2020-02-29T24:00:00Z", "2020-02-29T23:60:00Z", "2020-02-29T12:00:00+25:00"),
        *("0000-01-01", "0000-01-01T00:00:00Z", "99999-01-01", "-2020-01-01", "253402300800000"),
        *("9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+01:00", "-62135596800001"),
        *("soon", "29/02/2020", "Feb 29, 2020", "2020-W09-6", "2020-060", "1582977600000.5"),
        *("99999999999999999999", "9" * 400, "1.58E12", "2020-02-29T12:00:00 Z", "٢٠٢٠-٠٢-٢٩"),
    ],
)
def test_what_is_no_time_of_the_calendar_is_none_and_no_crash(word):
    assert _one(word, "datetime") is None
    assert _one(word, "date") is None


@pytest.mark.parametrize("word", ["1582947017", "-1582947017", "2020", "20200229", "1", "-1"])
def test_seconds_and_years_are_not_taken_for_milliseconds(word):
    assert _one(word, "datetime") is None
    assert "may be" in _why(word, "datetime")


@given(st.dates())
@example(date(1970, 1, 1))
@example(date(1970, 5, 2))
@example(date(1969, 12, 31))
@example(date(1, 1, 1))
@example(date(9999, 12, 31))
def test_the_milliseconds_of_every_day_are_that_day_long_before_1970_too(day):
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    ms = (midnight - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert _each([str(ms), day.isoformat()], "date") == [midnight, midnight]
    assert _each([str(ms), day.isoformat()], "datetime") == [midnight, midnight]


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_time_comes_back_to_the_microsecond(time):
    assert _one(time.isoformat(), "datetime") == time


@given(
    st.datetimes(datetime(1973, 4, 1), datetime(9999, 1, 1), timezones=st.just(UTC)),
)
def test_every_epoch_of_milliseconds_since_1973_is_that_time(time):
    ms = (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    got = _one(str(ms), "datetime")
    assert got == time.replace(microsecond=time.microsecond // 1000 * 1000)


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)),
    st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m))),
)
def test_an_offset_is_taken_off(time, zone):
    local = time.replace(tzinfo=zone)
    assert _one(local.isoformat(), "datetime") == local


def test_digits_beyond_microseconds_are_cut_and_not_rounded():
    got = _one("2020-02-29T11:59:59.999999999Z", "datetime")
    assert got == NOON - timedelta(microseconds=1)


def test_a_date_is_midnight_utc_and_a_time_of_day_in_it_is_said():
    words = ["2020-02-29", "2020-02-29T00:00:00Z", "1582934400000", "2020-02-29T12:00:00Z"]
    midnight = datetime(2020, 2, 29, tzinfo=UTC)
    assert _each(words, "date") == [midnight, midnight, midnight, None]
    assert _why(words[-1], "date") == "a time of day in a date"


# ----------------------------------------------------------------------------------------- why


@pytest.mark.parametrize(
    ("word", "kind", "why"),
    [
        ("1,234", "number", "not a decimal number"),
        ("nan", "number", "not a decimal number"),
        ("1\x1c1", "number", "not a decimal number"),
        ("\x1c1e309", "number", "too large for a number"),
        (" -1e309", "number", "too large for a number"),
        ("1e999999999999999999999", "number", "too large for a number"),
        ("9007199254740993", "number", "more digits than a number keeps"),
        ("yes", "bool", "not true or false"),
        ("soon", "datetime", "no time of the years 1 to 9999"),
        ("soon", "date", "no time of the years 1 to 9999"),
        ("1582947017", "date", "may be milliseconds, seconds or a year"),
        ("٢٠٢٠", "datetime", "no time of the years 1 to 9999"),
        (";", "options", "no option in it"),
        ("\ufffd", "text", "a lost character"),
    ],
)
def test_the_reason_says_what_is_wrong(word, kind, why):
    assert _why(word, kind) == why
