"""What was brought in, told on one screen."""

from __future__ import annotations

import pandas as pd

from leadscore.brought import Brought, as_html, told

PROBLEMS = pd.DataFrame(
    [(n, "Email", "x\u202ey <b>", "no e-mail address") for n in range(12)],
    columns=["row", "column", "value", "why"],
)
DONE = Brought(
    source="leads.csv",
    id="run",
    dry_run=False,
    counts={"created": 2, "rejected": 12},
    results=pd.DataFrame({"state": ["created"] * 14}),
    columns=pd.DataFrame(
        [("Email", "email", "by its name"), ("Mood", None, "as told")],
        columns=["column", "property", "how"],
    ),
    cleaned=pd.DataFrame([("Email", "set in lower case", 3)], columns=["column", "what", "cells"]),
    problems=PROBLEMS,
    events={"added": 2, "known": 0},
    new_properties=["plan__c"],
)


def test_it_is_one_screen_in_plain_words():
    assert told(DONE).splitlines()[:9] == [
        "Brought in. leads.csv, 14 rows: 2 created, 12 rejected.",
        "Made the properties plan__c.",
        "Events: 2 new.",
        "Columns:",
        "  Email → email, by its name",
        "  Mood → left out, as told",
        "Cleaned:",
        "  Email: set in lower case (3)",
        "Left out, 12 cells:",
    ]
    assert told(DONE).splitlines()[-1] == "  and 2 more in .problems"


def test_nothing_of_a_file_runs_or_turns_the_line_around():
    assert "\u202e" not in told(DONE) + as_html(DONE)
    assert "<b>" not in as_html(DONE)
    assert "Made the properties plan__c." in as_html(DONE)
    assert "Events: 2 new." in as_html(DONE)


def test_what_a_machine_is_told_holds_no_value_of_anybody():
    line = DONE.as_dict()
    assert line["columns"] == {"Email": "email"}
    assert line["left_out"] == {"Mood": "as told"}
    assert (line["cleaned"], line["problems"]) == (3, 12)
    assert "<b>" not in str(line)
