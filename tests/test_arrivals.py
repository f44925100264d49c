"""Rows on their way in."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pandas as pd
import pytest

import leadscore as ls
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


def test_numbers_of_a_frame_or_a_database_are_never_read_anew(tmp_path):
    frame = pd.DataFrame({"email": ["a@example.com", "b@example.com"], "Seats": [1.125, None]})
    frame["day"] = "2026-03-01"
    frame.to_parquet(tmp_path / "a.parquet")
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        frame.to_sql("leads", database, index=False)
    for one in (
        frame,
        frame.astype({"Seats": object}),
        tmp_path / "a.parquet",
        ls.sql("leads", f"sqlite:///{tmp_path}/a.db"),
    ):
        assert _read(one, decimal=",").texts["seats"] == ["1.125", None]
        assert _read(one, asides=Asides(at="day", amount="Seats")).amounts == [1.125, None]


def test_text_and_numbers_in_one_column_never_swap_their_signs():
    mixed = pd.DataFrame({"email": ["a@example.com", "b@example.com"], "Seats": [1.125, "1.250"]})
    assert _read(mixed).texts["seats"] == ["1.125", "1.25"]
    assert _read(mixed, decimal=",").texts["seats"] == [None, "1250"]


def test_amounts_in_german_thousands_are_not_divided_by_a_thousand(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "email;day;sum\na@x.org;1.3.2026;1.250\nb@x.org;1.3.2026;900\n"
    )
    aside = Asides(at="day", amount="sum")
    with pytest.raises(TableError, match="column 'sum' may be read in two ways"):
        _read(tmp_path / "orders.csv", asides=aside)
    assert _read(tmp_path / "orders.csv", asides=aside, decimal=",").amounts == [1250.0, 900.0]


def test_a_new_property_is_a_number_by_the_same_rule():
    rows = pd.DataFrame({"email": ["a@example.com", "b@example.com"], "Plan": ["1.250", "3,5"]})
    told = {"Plan": "plan_size"}
    found = _read(rows, told=told, create=True)
    assert found.new[0]["type"] == "number"
    assert found.texts["plan_size"] == ["1250", "3.5"]
    found = _read(rows.head(1), told=told, create=True, decimal=",")
    assert found.texts["plan_size"] == ["1250"]
