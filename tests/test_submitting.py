"""Each row is sent once, whatever happens on the way."""

from __future__ import annotations

import pandas as pd
import pytest
from dying import Died, dying
from formbodies import field, posted, taken

from leadscore import forms
from leadscore.errors import HubSpotError, MissingScopesError
from leadscore.store import open_store

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
PEOPLE = pd.DataFrame({"email": [f"p{n}@example.com" for n in range(4)]})
LOSE = {"match": {"method": "POST", "path": "/submissions/*"}, "action": {"apply_then_reset": True}}


@pytest.fixture
def form(portal):
    return posted(portal, field(required=True), field("firstname", "single_line_text"))


@pytest.fixture
def submit(portal, form, tmp_path):
    def call(rows=PEOPLE, **options):
        folder = tmp_path / "crm"
        return forms.submit(portal, form, rows, workspace=folder, progress=False, **options)

    return call


def test_a_row_whose_reply_was_lost_is_not_sent_again_unless_asked(submit, sandbox, form):
    sandbox.faults([LOSE | {"times": 1}])
    first = submit()
    assert (first.counts["submitted"], first.counts["unknown"]) == (3, 1)
    again = submit()
    assert (again.counts["already"], again.counts["unknown"]) == (3, 1)
    assert len(taken(sandbox, form)) == 4
    asked = submit(resend="unknown")
    assert (asked.counts["already"], asked.counts["submitted"]) == (3, 1)
    assert submit().counts["already"] == 4


def test_what_hubspot_refuses_is_told_by_row_and_may_be_sent_again(submit, sandbox, form):
    definition = sandbox.portal.shelf("forms")[form]
    strict = {"blockedEmailDomains": ["example.com"]}
    definition["fieldGroups"][0]["fields"][0]["validation"] = strict
    told = submit(PEOPLE, invalid="skip").results["reason"]
    assert "does not take addresses of example.com" in told[0]
    definition["fieldGroups"][0]["fields"][0]["validation"] = {}
    assert submit().counts["submitted"] == 4


def test_a_refusal_that_the_check_could_not_foresee_is_readable_and_not_in_the_ledger(
    submit, sandbox, form, monkeypatch, tmp_path
):
    monkeypatch.setattr("leadscore.formrows.flaw", lambda *_: "")
    found = submit(pd.DataFrame({"email": ["secret@"]})).results
    assert found["state"].tolist() == ["rejected"]
    assert found["reason"].tolist() == ["'email' is no e-mail address"]
    files = [path for path in (tmp_path / "crm").rglob("*") if path.is_file()]
    assert not [path for path in files if b"secret@" in path.read_bytes()]


def test_when_hubspot_takes_none_the_run_ends_and_the_next_goes_on(submit, sandbox, form):
    refuse = {"match": {"path": "/submissions/*"}, "action": {"status": 403, "body": {}}}
    sandbox.faults([refuse])
    with pytest.raises(MissingScopesError):
        submit()
    sandbox.clear_faults()
    assert submit().counts["submitted"] == 4


@pytest.mark.parametrize("points", range(1, 9))
def test_a_run_that_dies_anywhere_sends_no_row_twice(submit, sandbox, form, portal, points):
    rows = PEOPLE.head(2)
    portal.details  # noqa: B018 - asked before, so that the points are those of the run
    with dying(points), pytest.raises(Died):
        submit(rows)
    counts = submit(rows).counts
    sent = taken(sandbox, form)
    assert len(sent) == len({one["email"] for one in sent})
    assert counts["submitted"] + counts["already"] + counts["unknown"] == 2
    assert len(sent) >= counts["submitted"] + counts["already"]


def test_a_run_is_on_record_with_what_it_came_to(submit, tmp_path, form):
    done = submit(pd.concat([PEOPLE, PEOPLE.head(1)]))
    with open_store(tmp_path / "crm") as store:
        run = store.ledger.run(done.id)
        rows = store.ledger.journal(done.id, action="submission")
    assert run["status"] == "done"
    assert {n: run["facts"][n] for n in ("form", "rows", "submitted", "duplicate")} == {
        "form": form,
        "rows": 5,
        "submitted": 4,
        "duplicate": 1,
    }
    assert rows["state"].tolist() == ["written"] * 4
    assert sorted(one["row"] for one in rows["new"]) == list("0123")


def test_an_error_of_hubspots_is_one_of_ours(submit, sandbox, form):
    sandbox.faults([{"match": {"path": "/submissions/*"}, "action": {"status": 404, "body": {}}}])
    with pytest.raises(HubSpotError):
        submit()
