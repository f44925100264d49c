"""Tables and sections of pages: every value as one would write it."""

import numpy as np
import pandas as pd

from leadscore.pageparts import card, facts_table, rows_table, section, table_of

FOUND = pd.DataFrame(
    {
        "name": ["a", None],
        "n": pd.array([1200, None], dtype="Int64"),
        "rate": [0.064, np.nan],
        "low": [0.05, np.nan],
        "high": [0.081, np.nan],
        "days": [12.345, np.nan],
    }
)
COLUMNS = {
    "name": ("Name", "text"),
    "n": ("Leads", "count"),
    "rate": ("Rate", "rate"),
    "high": ("Share", "share"),
    "days": ("Days", "number"),
}


def test_a_table_shows_each_form_and_a_dash_for_what_is_missing():
    table = table_of(FOUND, COLUMNS)
    assert table["rows"][0] == ["a", "1,200", "6.4 % (5.0 to 8.1 %)", "8.1 %", "12.3"]
    assert set(table["rows"][1]) == {"\u2013"}
    assert table["numbers"] == [False, True, True, True, True]
    assert table["note"] == ""


def test_rows_beyond_the_most_are_counted():
    table = table_of(FOUND, COLUMNS, most=1, rest="Look there.")
    assert len(table["rows"]) == 1
    assert table["note"] == "1 more rows are not shown. Look there."


def test_facts_leave_out_what_is_missing_and_show_what_is_nought():
    rows = facts_table({"a": None, "b": "", "c": {}, "d": 0, "e": False, "f": ["x", "y"]})["rows"]
    assert rows == [["d", "0"], ["e", "no"], ["f", "x, y"]]


def test_a_section_has_no_empty_sentence():
    made = section("Heading", "", "One.", tables=[rows_table(["a"], [(1,)], numbers=[0])])
    assert made["words"] == ["One."]
    assert made["tables"][0]["numbers"] == [True]
    assert card("Open", 1200, "contacts")["value"] == "1,200"
