"""A property's values from the strings that HubSpot sends; what does not fit becomes null.

Each function takes an Arrow array of strings or nulls, none of them empty, and returns an array of
the same length. What a value becomes depends on that value alone, never on its neighbours: the
first, quick attempt at a whole column and the careful second one agree.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["LOST", "TIMESTAMP", "booleans", "dates", "numbers", "option_lists", "reasons", "times"]

TIMESTAMP = pa.timestamp("us", "UTC")
LOST = "\N{REPLACEMENT CHARACTER}"
_EXACT = 2.0**53  # from here on a float64 does not hold every whole number
_DAY = 86_400_000  # milliseconds
_SURELY_MS = 10**11  # as seconds it would be a time after the year 5138, or before -1199
_FIRST = -62_135_596_800_000_000  # 0001-01-01, in microseconds
_LAST = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_EPOCH = r"^-?\d{1,15}$"
_CLOCK = r"([01]\d|2[0-3])(:[0-5]\d(:[0-5]\d(\.\d{1,9})?)?)?"
_ZONE = r"(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)"
_ISO = rf"^\d{{4}}-\d\d-\d\d([T ]{_CLOCK}{_ZONE}?)?$"


def numbers(text: pa.Array) -> pa.Array:
    """Return float64: decimal numbers, with sign and exponent if need be.

    Null where the text is no number, is not finite, or has more digits than a float64 can keep
    (a long id in a number property must not come out as its neighbour).

    Examples
    --------
    >>> numbers(pa.array([" 12 ", "-1.5e3", "1,234", "9007199254740993"])).to_pylist()
    [12.0, -1500.0, None, None]
    """
    try:
        found = pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        text = pc.utf8_trim_whitespace(text)
        found = pc.cast(_only(pc.match_substring_regex(text, _NUMBER), text), pa.float64())
    found = _only(pc.is_finite(found), found)
    large = pc.greater_equal(pc.abs(found), _EXACT)
    return _without_rounded(found, text, large) if pc.any(large).as_py() else found


def _only(keep: pa.Array, values: pa.Array) -> pa.Array:
    return pc.if_else(keep, values, pa.scalar(None, values.type))


def _without_rounded(found: pa.Array, text: pa.Array, large: pa.Array) -> pa.Array:
    places = pc.indices_nonzero(large)
    pairs = zip(found.take(places).to_pylist(), text.take(places).to_pylist(), strict=True)
    kept = [number if _same(number, word) else None for number, word in pairs]
    mask = pc.fill_null(large, fill_value=False)
    return pc.replace_with_mask(found, mask, pa.array(kept, found.type))


def _same(number: float, word: str) -> bool:
    """Say whether a float is what was written, to the digit or as floats are usually written."""
    return Decimal(word) in (Decimal(number), Decimal(repr(number)))


def booleans(text: pa.Array) -> pa.Array:
    """Return bool: "true" and "false" in any case.

    Examples
    --------
    >>> booleans(pa.array(["true", "FALSE", "1"])).to_pylist()
    [True, False, None]
    """
    lower = pc.utf8_lower(pc.utf8_trim_whitespace(text))
    return _only(pc.is_in(lower, value_set=pa.array(["true", "false"])), pc.equal(lower, "true"))


def times(text: pa.Array) -> pa.Array:
    """Return UTC microseconds: ISO 8601, a day alone (its midnight), or epoch milliseconds.

    A time without a zone is UTC. HubSpot documents milliseconds and never seconds, so seconds are
    not guessed at: a whole number below 10**11 counts only if it is a midnight, as the
    milliseconds of a date are; else it may be seconds or a year, and is null. Years 1 to 9999;
    beyond microseconds digits are cut.

    Examples
    --------
    >>> times(pa.array(["2020-02-29", "1582934400000", "1582934400"])).is_valid().to_pylist()
    [True, True, False]
    """
    try:
        return _in_range(pc.cast(text, TIMESTAMP))
    except pa.ArrowInvalid:  # not all of them are ISO 8601 with a zone
        text = pc.utf8_trim_whitespace(text)
        return _in_range(pc.coalesce(_iso(text), _epoch(text)))


def _in_range(found: pa.Array) -> pa.Array:
    whole = found.cast(pa.int64())
    fits = pc.and_(pc.greater_equal(whole, _FIRST), pc.less_equal(whole, _LAST))
    return _only(fits, whole).cast(TIMESTAMP)


def _iso(text: pa.Array) -> pa.Array:
    shaped = _only(pc.match_substring_regex(text, _ISO), text)
    days = pc.utf8_slice_codeunits(shaped, 0, 10)
    real = [day for day in days.unique().to_pylist() if day and _is_day(day)]
    shaped = _only(pc.is_in(days, value_set=pa.array(real, pa.string())), shaped)
    plain = pc.and_(pc.ends_with(shaped, "Z"), pc.less_equal(pc.binary_length(shaped), 27))
    return pc.cast(shaped if pc.all(plain).as_py() else _with_zone(shaped), TIMESTAMP)


def _with_zone(text: pa.Array) -> pa.Array:
    """Spell times as Arrow reads them: with a zone, and no digit beyond microseconds."""
    for pattern, whole in (
        (r"^(.{10})$", r"\1T00Z"),
        (r"(\.\d{6})\d+", r"\1"),
        (r"^(.{10}[T ][\d:.]+)$", r"\1Z"),
    ):
        text = pc.replace_substring_regex(text, pattern, whole)
    return text


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _epoch(text: pa.Array) -> pa.Array:
    digits = _only(pc.match_substring_regex(text, _EPOCH), text)
    ms = pc.cast(digits, pa.int64())
    midnight = pc.equal(pc.multiply(pc.divide(ms, _DAY), _DAY), ms)
    sure = pc.or_(pc.greater_equal(pc.abs(ms), _SURELY_MS), midnight)
    return pc.multiply(_only(sure, ms), 1_000).cast(TIMESTAMP)


def dates(text: pa.Array) -> pa.Array:
    """Return the midnights, UTC, of days; null where there is a time of day, as it is no date.

    Examples
    --------
    >>> dates(pa.array(["2020-02-29", "2020-02-29T12:00:00Z"])).is_valid().to_pylist()
    [True, False]
    """
    try:
        found = _in_range(pc.cast(text, pa.timestamp("us")))
    except pa.ArrowInvalid:  # not all of them are plain days
        found = times(text)
    return _only(pc.equal(pc.floor_temporal(found, unit="day"), found), found)


def option_lists(text: pa.Array) -> pa.Array:
    """Return lists of strings from ``a;b``; empty parts are dropped, and a leading ";" is one.

    Examples
    --------
    >>> option_lists(pa.array([";a;b", "a", ";"])).to_pylist()
    [['a', 'b'], ['a'], None]
    """
    if pc.any(pc.match_substring_regex(text, r"^;|;;|;$")).as_py():
        text = pc.utf8_trim(pc.replace_substring_regex(text, r";+", ";"), ";")
        text = _only(pc.not_equal(text, ""), text)
    return pc.split_pattern(text, ";")


def reasons(text: pa.Array, kind: str) -> pa.Array:
    """Say why values do not fit a kind of column, in a few words each.

    Examples
    --------
    >>> reasons(pa.array(["1,234", "1e309"]), "number").to_pylist()
    ['not a decimal number', 'too large for a number']
    """
    text = pc.utf8_trim_whitespace(text)
    if kind == "number":
        return _why_no_number(text)
    if kind in {"date", "datetime"}:
        return _why_no_time(text)
    why = {"bool": "not true or false", "options": "no option in it"}.get(kind, "a lost character")
    return pa.array([why] * len(text), pa.string())


def _why_no_number(text: pa.Array) -> pa.Array:
    decimal = pc.match_substring_regex(text, _NUMBER)
    infinite = pc.is_inf(pc.cast(_only(decimal, text), pa.float64()))
    beyond = pc.if_else(infinite, "too large for a number", "more digits than a number keeps")
    return pc.if_else(decimal, beyond, "not a decimal number")


def _why_no_time(text: pa.Array) -> pa.Array:
    short = pc.match_substring_regex(text, r"^-?\d{1,11}$")
    why = pc.if_else(
        short, "may be milliseconds, seconds or a year", "no time of the years 1 to 9999"
    )
    return pc.if_else(pc.is_valid(times(text)), "a time of day in a date", why)
