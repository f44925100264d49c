"""A table from elsewhere: cleaned, matched, upserted once, its events kept as of their dates."""

from __future__ import annotations

from contextlib import suppress

import pandas as pd
import pytest
from dying import Died, dying
from portals import truth

import leadscore as ls
from leadscore.errors import PlanError, UsageError
from leadscore.store import open_store

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 12, "history": False}], indirect=True)
LEADS = pd.DataFrame(
    {
        "Email Address": [" Ada@Example.com", "bob@example.com", "ada@example.com", "nobody"],
        "Job title": ["Engineer", "n/a", "Chief engineer", "Ghost"],
        "Mood": ["fine", "", "fine", "none"],
    },
    index=["a", "b", "c", "d"],
)
MAP = {"Email Address": "email"}
VISITS = LEADS.assign(seen=["2026-03-02", "2026-03-05", "2026-03-09", "2026-03-09"])


@pytest.fixture
def bring(portal, store):
    def run(source=LEADS, **options):
        given = {"map": MAP, "portal": portal, "store": store, "progress": False} | options
        return ls.bring(source, **given)

    return run


def _people(sandbox):
    emails, titles = truth(sandbox, "email"), truth(sandbox, "jobtitle")
    return {email: titles[one] for one, email in emails.items() if email}


def _writes(sandbox):
    return len(sandbox.writes())


def test_rows_are_brought_in_once_and_the_second_time_nothing_is_written(bring, sandbox):
    first = bring()
    assert first.counts == {"duplicate": 1, "created": 2, "rejected": 1}
    assert _people(sandbox)["ada@example.com"] == "Chief engineer"
    assert _people(sandbox)["bob@example.com"] is None
    assert first.results.index.tolist() == ["a", "b", "c", "d"]
    assert first.results["state"].tolist() == ["duplicate", "created", "created", "rejected"]
    assert first.results.loc["a", "id"] == first.results.loc["c", "id"]
    assert first.results.loc["d", "reason"] == "no e-mail address"
    before = _writes(sandbox)
    assert bring().counts == {"duplicate": 1, "unchanged": 2, "rejected": 1}
    assert _writes(sandbox) == before


def test_a_dry_run_says_all_of_it_and_changes_nothing(bring, sandbox, store):
    before = _writes(sandbox), store.tables()
    done = bring(VISITS, event="webinar", at="seen", dry_run=True)
    assert (_writes(sandbox), store.tables()) == before
    assert done.counts == {"create": 3, "rejected": 1}
    assert done.plan.counts["create"] == 2
    assert done.events == {"planned": 3, "untimed": 0, "future": 0}
    assert done.columns["how"].tolist() == [
        "as told",
        "by its name",
        "no property of this name",
        "for the event",
    ]
    text = str(done)
    assert text.startswith("A dry run: nothing was sent. DataFrame, 4 rows: 3 create, 1 rejected.")
    assert "Mood → left out, no property of this name" in text
    assert "Email Address: set in lower case (1)" in text
    assert "row 3, Email Address: no e-mail address (nobody)" in text


def test_what_a_file_holds_is_shown_inert(bring):
    hostile = {"email": "x@example.com", "<script>": "<b>", "jobtitle": "\x1b[2J=1+1"}
    page = bring(hostile, map={}, dry_run=True)._repr_html_()
    assert "<script>" not in page
    assert "\x1b" not in page


def test_events_are_kept_once_and_the_newest_row_is_the_record(bring, store, sandbox):
    done = bring(VISITS.iloc[[2, 0, 1]], event="Webinar", at="seen")
    assert done.events == {
        "added": 3,
        "known": 0,
        "found": 0,
        "waiting": 0,
        "untimed": 0,
        "future": 0,
    }
    assert _people(sandbox)["ada@example.com"] == "Chief engineer"
    kept = store.read("events")
    assert set(kept["event"]) == {"webinar"}
    assert kept["contact_id"].notna().all()
    assert set(done.results["id"]) == set(kept["contact_id"])
    again = bring(VISITS, event="webinar", at="seen")
    assert (again.events["added"], again.events["known"]) == (0, 3)


def test_without_new_contacts_events_wait_and_are_found_later(bring, store, sandbox):
    first = bring(VISITS, event="webinar", at="seen", new=False)
    assert first.counts == {"missing": 3, "rejected": 1}
    assert first.events["waiting"] == 3
    assert "ada@" not in store.read("events").to_csv()
    assert bring().counts["created"] == 2
    assert bring(VISITS, event="webinar", at="seen").events["found"] == 3
    assert store.read("events")["contact_id"].notna().all()


def test_events_of_a_sync_stay_and_are_features_of_those_who_came(bring, store, portal, sandbox):
    person = next(email for email in truth(sandbox, "email").values() if email)
    orders = {"email": [person, person], "day": ["2020-01-01"] * 2, "sum": ["10,50", "4,25"]}
    done = bring(pd.DataFrame(orders), map={}, event="order", at="day", amount="sum")
    assert done.events["added"] == 2
    ls.sync(portal, store, progress=False)
    assert len(store.read("events")) == 2
    assert store.sql("select sum(amount) as n from events")["n"][0] == 14.75


def test_a_property_that_the_portal_lacks_is_an_error_or_made(bring, sandbox):
    told = {**MAP, "Mood": "mood__c"}
    with pytest.raises(UsageError, match=r"no property mood__c \('Mood'\)"):
        bring(map=told)
    dry = bring(map=told, create_properties=True, dry_run=True)
    assert dry.new_properties == ["mood__c"]
    assert "mood__c" not in sandbox.portal.collection("contacts").definitions.active
    bring(map=told, create_properties=True)
    assert "fine" in truth(sandbox, "mood__c").values()
    before = _writes(sandbox)
    bring(map=told)
    assert _writes(sandbox) == before


def test_a_portal_without_room_gets_no_property(bring, monkeypatch):
    monkeypatch.setattr("leadscore.bringing.property_room", lambda *_: 0)
    with pytest.raises(PlanError, match="takes 0 more properties, and 1 are needed"):
        bring(map={**MAP, "Mood": "mood__c"}, create_properties=True)


def test_companies_are_matched_by_their_domain(bring, sandbox):
    rows = {"Website": "https://www.Acme-7.example/about", "name": "Acme"}
    told = {"Website": "domain"}
    assert bring(rows, map=told, object_type="companies").counts == {"created": 1}
    assert "acme-7.example" in truth(sandbox, "domain", "companies").values()
    sandbox.advance(60)
    assert bring(rows, map=told, object_type="companies").counts == {"unchanged": 1}


def test_what_was_brought_can_be_taken_back(bring, portal, store, sandbox):
    done = bring()
    ls.undo(portal, done.id, workspace=store.workspace, progress=False)
    assert "ada@example.com" not in _people(sandbox)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"event": "webinar"}, "Nothing says when"),
        ({"at": "seen"}, "at is for events"),
        ({"event": "webinar", "at": "seen", "object_type": "companies"}, "Events are of contacts"),
        ({"event": "a/b", "at": "seen"}, "cannot be called"),
        ({"object_type": "deals"}, "Nothing says by what deals are matched"),
        ({"map": {"Email Adress": "email"}}, "Did you mean 'Email Address'"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(bring, sandbox, options, said):
    before = _writes(sandbox)
    with pytest.raises(UsageError, match=said):
        bring(VISITS, **options)
    assert _writes(sandbox) == before


def test_nothing_of_an_erased_contact_stays_in_the_workspace(bring, store):
    done = bring(VISITS, event="webinar", at="seen")
    store.erase(sorted(set(done.results["id"].dropna())))
    for path in store.workspace.rglob("*"):
        if path.is_file():
            assert b"ada@example.com" not in path.read_bytes().lower(), path
    assert store.read("events").empty


def test_a_bringing_that_dies_anywhere_is_finished_by_the_next(bring, store, sandbox, tmp_path):
    options = {"event": "webinar", "at": "seen"}
    with dying(0) as fuse:
        bring(VISITS, **options, store=open_store(tmp_path / "whole"))
    for point in range(1, fuse.seen + 1, 5):
        people = [
            f"q{point}@example.com",
            "nobody",
            f"r{point}@example.com",
            f"q{point}@example.com",
        ]
        visits = VISITS.assign(**{"Email Address": people})
        own = open_store(tmp_path / f"w{point}")
        with suppress(Died), dying(point):
            bring(visits, **options, store=own)
        bring(visits, **options, store=own)
        emails = list(truth(sandbox, "email").values())
        assert [emails.count(one) for one in people] == [1, 0, 1, 1]
        assert own.read("events")["contact_id"].notna().tolist() == [True] * 3


def test_undoing_a_bringing_takes_out_the_events_that_it_added_and_no_others(bring, store, portal):
    options = {"event": "webinar", "at": "seen"}
    first = bring(VISITS.head(2), **options)
    more = bring(VISITS.assign(seen="2026-04-01"), **options)
    assert len(store.read("events")) == 4  # two and two: ada came once on that day
    ls.undo(portal, more.id, workspace=store.workspace, progress=False)
    kept = store.sql("select happened_at, run from events order by happened_at")
    assert kept["run"].tolist() == [first.id] * 2
    assert f"{kept['happened_at'].max():%Y-%m-%d}" == "2026-03-05"
    told = store.ledger.query("SELECT run FROM runs WHERE kind = 'bring' ORDER BY started_at, run")
    ls.undo(portal, told[0][0], workspace=store.workspace, progress=False)
    assert store.read("events").empty


def test_events_in_the_future_are_kept_and_told(bring, store):
    seen = ["2026-03-02", "2999-03-05", "45000", "2999-03-09"]
    options = {"event": "webinar", "at": "seen"}
    planned = bring(VISITS.assign(seen=seen), **options, dry_run=True)
    assert planned.events == {"planned": 2, "untimed": 1, "future": 1}
    done = bring(VISITS.assign(seen=seen), **options)
    assert done.events["future"] == 1
    assert "1 in the future" in str(done)
    assert len(store.read("events")) == 2
    assert "spreadsheet's day number" in done.problems.loc[done.problems["row"] == 2, "why"].item()
