"""Rows on their way in."""

from __future__ import annotations

import pandas as pd
import pytest

from leadscore.arrivals import Asides, fold, read_arrival
from leadscore.errors import TableError, UsageError
from leadscore.sources import open_source

DEFINED = {
    "email": {"name": "email", "label": "Email", "type": "string"},
    "city": {"name": "city", "label": "City", "type": "string"},
    "seats": {"name": "seats", "label": "Seats", "type": "number"},
}
ROWS = pd.DataFrame(
    {
        "E-Mail": ["Ada@example.com", "bob@example.com", "ada@example.com", "nobody", None],
        "City": ["Ulm", "Bonn", "N/A", "Rom", "Rom"],
        "Seats": ["1", "many", "3", "4", "5"],
        "When": ["2026-03-02", "2026-03-01", "2026-03-01", "2026-03-01", "soon"],
    }
)


def _read(source=ROWS, **options):
    return read_arrival(open_source(source), DEFINED, match="email", **options)


def test_rows_are_cleaned_and_what_does_not_fit_is_told_with_row_and_column():
    found = _read()
    assert found.keys == ["ada@example.com", "bob@example.com", "ada@example.com", None, None]
    assert found.texts["seats"] == ["1", None, "3", "4", "5"]
    assert found.problems == [
        (1, "Seats", "many", "no number"),
        (3, "E-Mail", "nobody", "no e-mail address"),
        (4, "E-Mail", None, "no email"),
    ]
    assert ("City", "words for nothing left out", 1) in found.cleaned


def test_rows_of_one_record_become_one_with_the_newest_values():
    by_place = fold(_read())
    assert by_place.frame.loc[0].tolist() == ["ada@example.com", "Ulm", "3"]
    assert (by_place.place, by_place.last) == ([0, 1, 0, -1, -1], [2, 1])
    by_time = fold(_read(asides=Asides(at="When")))
    newest = by_time.frame.set_index("email").loc["ada@example.com"]
    assert newest["seats"] == "1"


def test_an_events_columns_go_to_no_property_and_must_be_there():
    found = _read(asides=Asides(at="When", amount="Seats"))
    assert "seats" not in found.texts
    assert found.amounts == [1.0, None, 3.0, 4.0, 5.0]
    assert found.at.null_count == 1
    assert (4, "When", "soon", "no time of the event") in found.problems
    with pytest.raises(UsageError, match=r"at names the column 'Wen'.*Did you mean 'When'"):
        _read(asides=Asides(at="Wen"))


def test_properties_that_the_portal_lacks_are_listed_or_made():
    told = {"City": "home_town"}
    with pytest.raises(UsageError, match=r"no property home_town \('City'\)"):
        _read(told=told)
    made = _read(told=told, create=True)
    assert [one["name"] for one in made.new] == ["home_town"]
    assert made.texts["home_town"][0] == "Ulm"


def test_without_a_column_to_match_by_nothing_goes_on():
    with pytest.raises(UsageError, match="No column of DataFrame goes to email"):
        _read(ROWS[["City", "Seats"]])
    with pytest.raises(TableError, match="has no rows"):
        _read(ROWS.iloc[:0])


def test_rows_can_be_matched_by_the_records_id():
    frame = pd.DataFrame({"Record ID": ["7"], "City": ["Ulm"]})
    found = read_arrival(open_source(frame), DEFINED, match="id", told={"Record ID": "id"})
    assert (found.keys, found.new) == (["7"], [])
