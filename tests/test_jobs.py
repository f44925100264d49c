from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.hubspot.permissions import STEPS
from leadscore.jobs import JOBS, check_jobs, wishes
from leadscore.sandbox.scopes import EVERY


@pytest.mark.parametrize("name", JOBS)
def test_a_job_is_made_of_steps_and_asks_for_scopes_that_there_are(name):
    job = JOBS[name]
    assert set(job.steps + job.likes) <= set(STEPS)
    asked = wishes([name], objects=("contacts", "companies", "deals", "tasks", "custom"))
    assert asked
    assert {scope for wish in asked for scope in wish.scopes} <= set(EVERY)


def test_what_a_job_needs_is_asked_for_once_and_is_not_optional_besides():
    asked = wishes(["score", "write", "react", "report"])
    first = [(wish.job, wish.scopes[0]) for wish in asked]
    assert len(first) == len(set(first))
    assert {w.need for w in asked if w.scopes[0] == "crm.objects.contacts.read"} == {"needed"}


def test_records_of_another_type_take_no_scope_of_contacts():
    asked = wishes(["attach"], objects=["companies", "0-3"])
    assert [wish.scopes[0] for wish in asked] == [
        "files",
        *("crm.objects.companies.read", "crm.objects.companies.write"),
        *("crm.objects.deals.read", "crm.objects.deals.write"),
    ]


def test_custom_objects_take_the_scope_that_tells_which_there_are():
    asked = {wish.scopes[0] for wish in wishes(["find"], objects=["2-77"])}
    assert asked == {"crm.objects.custom.read", "crm.schemas.custom.read"}


@pytest.mark.parametrize(("names", "said"), [(["scoring"], "'scoring'"), ([], "No job is named")])
def test_a_job_that_is_none_is_refused_with_all_that_there_are(names, said):
    with pytest.raises(UsageError, match=said) as caught:
        check_jobs(names)
    assert all(name in caught.value.hint for name in JOBS)


def test_a_type_whose_scopes_are_not_known_is_refused():
    with pytest.raises(UsageError, match="'tickets' are not known"):
        wishes(["find"], objects=["tickets"])
