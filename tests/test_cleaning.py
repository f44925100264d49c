"""Cells as people leave them, and what a property takes."""

from __future__ import annotations

import pyarrow as pa
import pytest

from leadscore.cleaning import clean, clean_address, moments
from leadscore.errors import TableError

TEXT = {"name": "plan", "type": "string"}


def _values(words, **definition):
    return clean(pa.array(words, pa.string()), definition).texts.to_pylist()


def test_text_is_trimmed_and_words_for_nothing_are_missing_and_both_are_counted():
    found = clean(pa.array([" gold ", "", "N/A", "null", None, "gold"]), TEXT)
    assert found.texts.to_pylist() == ["gold", None, None, None, None, "gold"]
    assert found.done == {"spaces taken off": 1, "words for nothing left out": 2}


def test_ids_phones_and_zips_stay_text():
    words = ["01067", "+49 30 123", "12345678901234567890", "0"]
    assert _values(words, name="phone", type="string") == words


def test_a_surname_may_be_null():
    assert _values(["Null", "Na", "-"], name="lastname", type="string") == ["Null", "Na", None]


def test_the_apostrophe_that_keeps_a_cell_from_being_a_formula_goes():
    assert _values(["'+49301", "'tis", "'=1"], **TEXT) == ["+49301", "'tis", "=1"]


@pytest.mark.parametrize(
    ("word", "address"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("Ada L. <ada@example.com>", "ada@example.com"),
        ("mailto:ada@example.com", "ada@example.com"),
        ("ada+news@sub.example.co.uk", "ada+news@sub.example.co.uk"),
        ("ada@example", None),
        ("ada@@example.com", None),
        ("ada@example..com", None),
        ("ada@example.com;bob@example.com", None),
        ("ada example.com", None),
    ],
)
def test_an_address_is_checked_and_compared_in_lower_case(word, address):
    assert clean_address(word) == address
    found = clean(pa.array([word]), {"name": "email", "type": "string"})
    assert found.texts.to_pylist() == [address]
    assert bool(found.misfits) is (address is None)


def test_a_domain_is_taken_out_of_an_address_of_the_web():
    words = ["https://www.Example.com/a?b", "example.com", "no domain", "example.com:8080"]
    assert _values(words, name="domain") == ["example.com", "example.com", None, "example.com"]


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["1,5", "2,25"], ["1.5", "2.25"]),
        (["1.234,50", "2"], ["1234.5", "2"]),
        (["1,234.50", "$2"], ["1234.5", "2"]),
        (["1 234", "€ 5", "12.50 EUR"], ["1234", "5", "12.5"]),
        (["007", "1e3", "-0"], ["7", "1000", "0"]),
        (["1.250", "3,5"], ["1250", "3.5"]),
        (["1,250", "3.5", "many"], ["1250", "3.5", None]),
        (["1.250 €", "1.250.000 €"], ["1250", "1250000"]),
    ],
)
def test_numbers_are_read_as_the_whole_column_writes_them(words, values):
    assert _values(words, type="number") == values


def test_numbers_that_may_be_read_in_two_ways_are_asked_for():
    words = pa.array(["40", "1.250", None, "40"])
    with pytest.raises(TableError, match=r"column 'Seats' may be .* '1\.250' is 1\.250 or 1250"):
        clean(words, {"type": "number"}, name="Seats")
    told = [clean(words, {"type": "number"}, decimal=one).texts.to_pylist() for one in (",", ".")]
    assert told == [["40", "1250", None, "40"], ["40", "1.25", None, "40"]]
    mixed = pa.array(["n/a", None, "3,5", "3,5", "1.5"])
    with pytest.raises(TableError, match=r"'1\.5' in row 4 and '3,5' in row 2"):
        clean(mixed, {"type": "number"})


def test_dates_are_read_in_the_one_order_that_fits_and_else_asked_for():
    assert _values(["13/02/2026", "01/03/2026"], type="date") == ["2026-02-13", "2026-03-01"]
    words = pa.array(["01/02/2026", "03/04/2026"])
    with pytest.raises(
        TableError, match="in column 'When' may be day/month/year or month/day/year"
    ):
        clean(words, {"type": "date"}, name="When")
    found = clean(words, {"type": "date"}, dates="month/day/year")
    assert found.texts.to_pylist() == ["2026-01-02", "2026-03-04"]
    assert _values(["05/05/2026"], type="date") == ["2026-05-05"]  # the same either way
    mixed = ["3.4.2026", "2026-04-03", "20/04/2026", "soon"]  # each leaves no doubt
    assert _values(mixed, type="date") == ["2026-04-03", "2026-04-03", "2026-04-20", None]


def test_times_are_utc_and_a_date_has_no_time_of_day():
    words = ["2026-03-01T12:30:00+02:00", "2026-03-01", "soon"]
    found = clean(pa.array(words), {"type": "datetime"})
    assert found.texts.to_pylist() == [
        "2026-03-01T10:30:00.000Z",
        "2026-03-01T00:00:00.000Z",
        None,
    ]
    day = clean(pa.array(words[:1]), {"type": "date"})
    assert (day.texts.to_pylist(), day.done) == (["2026-03-01"], {"time of day left out": 1})
    assert moments(pa.array([*words, None])).null_count == 2


def test_times_without_a_zone_are_those_of_the_zone_that_is_told():
    words = ["2026-07-01 12:00", "2026-01-01 12:00", "2026-07-01T12:00:00Z", None]
    words += ["2026-03-29 02:30", "2026-10-25 02:30"]  # an hour that is not, and one that is twice
    found = moments(pa.array(words), zone="Europe/Berlin").to_pylist()
    told = [f"{moment:%H:%M}" if moment else None for moment in found]
    assert told == ["10:00", "11:00", "12:00", None, "01:00", "01:30"]
    with pytest.raises(TableError, match="no time zone 'Mars'"):
        moments(pa.array(words), zone="Mars")


def test_words_for_true_and_false_are_read():
    words = ["Yes", "no", "1", "TRUE", "perhaps"]
    assert _values(words, type="bool") == ["true", "false", "true", "true", None]


def test_options_are_found_by_value_or_label_and_others_are_told():
    options = [{"value": "a1", "label": "Gold plan"}, {"value": "B", "label": "Silver"}]
    one = {"type": "enumeration", "fieldType": "select", "options": options}
    found = clean(pa.array(["a1", "gold PLAN", "b", "bronze"]), one)
    assert found.texts.to_pylist() == ["a1", "a1", "B", None]
    assert found.misfits == [(3, "no option of the property")]
    several = {**one, "fieldType": "checkbox"}
    assert _values(["Silver; gold plan;;a1", "silver;x"], **several) == ["B;a1", None]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("45000", "spreadsheet's day number; format the column as dates"),
        ("45000.75", "spreadsheet's day number"),
        ("03.04.26", "a year of two digits; write it with four"),
        ("3/4/26 17:00", "a year of two digits"),
        ("soon", "no date or time"),
    ],
)
def test_what_is_no_date_is_told_by_what_is_wrong_with_it(word, says):
    ((row, why),) = clean(pa.array([word]), {"type": "date"}).misfits
    assert (row, says in why) == (0, True)
