"""Rows are checked, all of them, before any is sent."""

from __future__ import annotations

import pandas as pd
import pytest
from formbodies import body, field

import leadscore as ls
from leadscore.errors import TableError, UsageError
from leadscore.formconsent import Consent
from leadscore.formrows import prepared, refuse, table_of

FORM = body(field(required=True), field("firstname", "single_line_text"))
NOW = pd.Timestamp("2026-11-30 12:00", tz="UTC")


def rows(frame, context=None, submitted_at=None, consent=None):
    return prepared(
        FORM,
        pd.DataFrame(frame),
        context=context,
        consent=Consent(FORM, consent),
        submitted_at=submitted_at,
        now=NOW,
    )


def test_a_row_is_sent_with_what_it_has_and_nothing_else():
    (one,) = rows({"email": [" ada@example.com "], "firstname": [None]})
    value = {"objectTypeId": "0-1", "name": "email", "value": "ada@example.com"}
    assert one.body == {"fields": [value]}
    assert one.flaws == ()


@pytest.mark.parametrize("word", ["'ada@example.com", "Ada\u200b@Example.com\ufeff"])
def test_one_person_is_one_however_the_address_is_written(word):
    (one,) = rows({"email": [word]})
    assert [each["value"] for each in one.body["fields"]] == ["ada@example.com"]
    assert one.flaws == ()


def test_two_rows_are_the_same_if_what_is_their_own_is():
    frame = {"email": ["a@b.cc"] * 2, "when": ["2026-11-29", "2026-11-28"]}
    one, other = rows(frame, submitted_at="when")
    assert one.own != other.own
    first, second = (rows({"email": ["a@b.cc"]}, submitted_at=t)[0] for t in frame["when"])
    assert first.own == second.own
    assert first.body != second.body


def test_a_rows_own_context_goes_before_the_common_one():
    frame = {"email": ["a@b.cc", "b@b.cc"], "context.pageName": ["Own", None]}
    found = rows(frame, context={"pageName": "All", "pageUri": "https://a.example/x"})
    assert [one.body["context"]["pageName"] for one in found] == ["Own", "All"]


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ({"email": ["a@b.cc"], "frstname": ["A"]}, "no field 'frstname'.*'firstname'"),
        ({"firstname": ["A"]}, "requires 'email'"),
    ],
)
def test_a_column_that_is_no_field_or_is_missing_is_named(frame, says):
    with pytest.raises(TableError, match=says):
        rows(frame)


def test_what_cannot_be_sent_is_told_with_its_row_and_column():
    frame = pd.DataFrame({"email": ["a@b.cc", None, "x"]}, index=["p", "q", "r"])
    with pytest.raises(TableError) as refused:
        refuse(rows(frame))
    told = refused.value.message
    assert told.startswith("2 of 3 rows")
    assert "row q: 'email' is required" in told
    assert "row r: 'email' is no e-mail address" in told
    refuse(rows({"email": ["a@b.cc"]}))


def test_of_many_bad_rows_the_first_are_told():
    with pytest.raises(TableError, match=r"row 4: .*; and 5 more\. ") as refused:
        refuse(rows({"email": ["x"] * 10}))
    assert "row 5" not in refused.value.message


@pytest.mark.parametrize(
    "context",
    [{"huk": "a"}, {"hutk": "xyz"}, {"ipAddress": "300.1.1.1"}, {"pageUri": "ftp://a"}],
)
def test_a_context_that_hubspot_would_refuse_is_refused(context):
    with pytest.raises(UsageError):
        rows({"email": ["a@b.cc"]}, context=context)
    (name, value), *_ = context.items()
    if name != "huk":
        (one,) = rows({"email": ["a@b.cc"], f"context.{name}": [value]})
        assert f"context.{name}" in one.flaws[0]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("2026-12-01", "in the future"),
        ("2026-10-29", "more than a month ago"),
        ("soon", "is no time"),
        (pd.NaT, "missing"),
    ],
)
def test_a_time_outside_of_the_last_month_is_refused(given, says):
    with pytest.raises(UsageError, match=says):
        rows({"email": ["a@b.cc"]}, submitted_at=given)
    if says != "missing":
        (one,) = rows({"email": ["a@b.cc"], "when": [given]}, submitted_at="when")
        assert says in one.flaws[0]


@pytest.mark.parametrize(
    "given", ["2026-11-29", pd.Timestamp("2026-11-29"), 1_795_910_400_000, "1795910400000"]
)
def test_a_time_is_sent_in_milliseconds(given):
    (one,) = rows({"email": ["a@b.cc"]}, submitted_at=given)
    assert one.body["submittedAt"] == "1795910400000"


def test_submissions_are_a_frame_or_one_dict():
    assert table_of({"email": "a", "size": ["s", "l"]})["size"].tolist() == [["s", "l"]]
    with pytest.raises(UsageError):
        table_of([1])
    with pytest.raises(TableError, match="no rows"):
        table_of(pd.DataFrame({"email": []}))
    with pytest.raises(TableError, match="twice"):
        table_of(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_what_a_notebook_offers_of_files_and_forms_is_public():
    assert sorted(dir(ls.files)) == sorted(ls.files.__all__)
    assert sorted(dir(ls.forms)) == sorted(ls.forms.__all__)
