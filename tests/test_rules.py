import re
from pathlib import Path

import pandas as pd
import pytest

import leadscore as ls
from leadscore.errors import LeadscoreError

PAGE = (Path(__file__).parents[1] / "docs" / "rules.md").read_text("utf-8")
EXAMPLE = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
NOW = pd.Timestamp("2026-05-01", tz="UTC")


def contacts():
    return pd.DataFrame(
        {
            "contact_id": ["1", "2"],
            "snapshot_at": NOW,
            "jobtitle": ["VP Sales", None],
            "numemployees": ["100-500", None],
            "country": ["Austria", None],
            "hs_email_domain": ["acme.com", "gmail.com"],
            "demo_requested": [True, False],
            "seats_needed": [40.0, None],
            "hs_email_last_click_date": [NOW - pd.Timedelta("31D"), pd.NaT],
            "pricing_page_views": [9.0, 1.0],
            "pricing_page_views__30d": [3.0, 0.0],
            "pricing_page_views__since": [2.0, 200.0],
            "notes_last_contacted": [NOW - pd.Timedelta("14D"), pd.NaT],
        }
    )


def test_the_documented_file_is_read_and_gives_points():
    rules = ls.rules.parse(EXAMPLE)
    parts = rules.contributions(contacts(), by="group")
    assert parts["Who they are"].tolist() == [50, -10]
    assert parts["What they did"].tolist() == [5 + 15 + 2.5, 0]
    assert rules.points(contacts()).tolist() == [72.5, -10]


def test_the_documented_file_fits_a_portal(synced):
    data = ls.training_set(synced, ls.reaches("customer"))
    rules = ls.rules.parse(EXAMPLE)
    table = rules.table(data).set_index("rule")
    assert (table["share"] > 0).mean() > 0.7
    assert rules.points(data).nunique() > 10


def test_every_question_is_documented():
    from leadscore.ruleconditions import OPERATORS

    table = PAGE.split("## The file")[1]
    assert [name for name in OPERATORS if f"`{name}" not in table] == []


def test_the_module_is_at_hand_and_documented():
    for name in ls.rules.__all__:
        assert getattr(ls.rules, name).__doc__, name


def test_errors_are_those_of_the_package():
    with pytest.raises(LeadscoreError):
        ls.rules.parse("groups: 3")
