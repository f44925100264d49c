"""The front door of forms."""

from __future__ import annotations

import pandas as pd
import pytest
from formbodies import field, posted, taken

import leadscore as ls
from leadscore.errors import MissingScopesError, TableError, UsageError

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
PEOPLE = pd.DataFrame({"email": ["a@example.com", "b@example.com"]}, index=[7, 3])


@pytest.fixture
def form(portal):
    return posted(portal, field(required=True))


def test_forms_are_listed_and_read_by_id_or_name(portal, form):
    found = ls.forms.list(portal)
    assert found.loc[0, ["id", "name", "type", "consent"]].tolist() == [
        *(form, "Talk to us"),
        *("hubspot", "none"),
    ]
    for key in (form, "Talk to us"):
        fields = ls.forms.read(portal, key)
        assert fields[["name", "type", "required"]].iloc[0].tolist() == ["email", "email", True]
        assert fields.attrs["id"] == form
    with pytest.raises(UsageError, match="Talk to us"):
        ls.forms.read(portal, "Talk to use")
    posted(portal, field())
    with pytest.raises(UsageError, match="2 forms"):
        ls.forms.read(portal, "Talk to us")


def test_an_outcome_stands_at_its_rows_place(portal, form, tmp_path, sandbox):
    frame = pd.concat([PEOPLE.head(1), pd.DataFrame({"email": ["x"]}, index=[5]), PEOPLE.tail(1)])
    done = ls.forms.submit(portal, form, frame, invalid="skip", workspace=tmp_path, progress=False)
    assert done.results.index.tolist() == [7, 5, 3]
    assert done.results["state"].tolist() == ["submitted", "rejected", "submitted"]
    assert sum(done.counts.values()) == 3
    assert len(taken(sandbox, form)) == 2
    shown = done._repr_html_()
    assert "2 submitted, 1 rejected" in shown


def test_a_dry_run_sends_nothing_and_leaves_nothing(portal, form, tmp_path, sandbox):
    folder = tmp_path / "none"
    sent = portal.requests
    told = ls.forms.submit(portal, form, PEOPLE, dry_run=True, workspace=folder)
    assert (told.id, told.counts["ready"], folder.exists()) == (None, 2, False)
    assert portal.requests == sent + 2  # the scopes and the definition
    ls.forms.submit(portal, form, PEOPLE.head(1), workspace=folder, progress=False)
    told = ls.forms.submit(portal, form, PEOPLE, dry_run=True, workspace=folder)
    assert told.results["state"].tolist() == ["already", "ready"]
    assert len(taken(sandbox, form)) == 1


def test_one_dict_is_one_submission_and_the_open_endpoint_takes_it(portal, form, tmp_path, sandbox):
    done = ls.forms.submit(
        portal, form, {"email": "c@example.com"}, secure=False, workspace=tmp_path, progress=False
    )
    assert done.counts["submitted"] == 1
    assert taken(sandbox, form) == [{"email": "c@example.com"}]


def test_nothing_is_sent_where_something_is_wrong(portal, form, tmp_path, sandbox):
    for options in ({"invalid": "ignore"}, {"resend": "some"}, {"context": {"a": "b"}}):
        with pytest.raises(UsageError):
            ls.forms.submit(portal, form, PEOPLE, workspace=tmp_path, **options)
    with pytest.raises(TableError):
        ls.forms.submit(portal, form, {"email": "x"}, workspace=tmp_path)
    assert taken(sandbox, form) == []


def test_the_scope_is_missed_before_anything_is_asked(portal):
    portal.__dict__["scopes"] = frozenset({"crm.objects.contacts.read"})
    with pytest.raises(MissingScopesError, match="forms"):
        ls.forms.list(portal)


def test_submissions_cannot_be_undone_and_that_is_said(portal, form, tmp_path):
    done = ls.forms.submit(portal, form, PEOPLE, workspace=tmp_path, progress=False)
    with pytest.raises(UsageError, match="cannot be taken back"):
        ls.undo(portal, done.id, workspace=tmp_path)
