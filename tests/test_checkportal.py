from __future__ import annotations

from types import SimpleNamespace

import pytest

from leadscore import checkportal
from leadscore.hubspot.limits import Limits
from leadscore.jobs import wishes
from leadscore.planning import plan
from leadscore.scopecheck import MAIN_JOB

WRITE, DEFINE = "crm.objects.contacts.write", "crm.schemas.contacts.write"


def _limits(**fields):
    return list(checkportal.limits(SimpleNamespace(limits=Limits(**fields))))


def test_the_account_is_named(portal, sandbox):
    (found,) = checkportal.account(portal)
    assert str(sandbox.portal_id) in found.message
    assert "America/New_York" in found.message


@pytest.mark.parametrize("sandbox", [{"limits": True}], indirect=True)
def test_limits_are_told_with_todays_use(portal):
    (found,) = checkportal.limits(portal)
    assert found.state == "ok"
    assert "Tier professional (inferred): 190 requests per 10 s, 625,000 a day" in found.message


@pytest.mark.parametrize(
    ("left", "state"), [(1000, "ok"), (100, "ok"), (99, "warning"), (1, "warning"), (0, "wrong")]
)
def test_little_left_of_today_is_a_warning_and_nothing_is_wrong(left, state):
    (found,) = _limits(burst=190, interval=10.0, daily=1000, used_today=0, remaining_today=left)
    assert found.state == state


def test_limits_that_are_not_stated_are_unknown_and_parts_of_them_are_told():
    assert _limits()[0].state == "unknown"
    (found,) = _limits(burst=110, interval=10.0)
    assert (found.state, found.message) == ("ok", "Tier unknown (inferred): 110 requests per 10 s.")


def test_all_scopes_are_one_line(portal):
    assert [check.state for check in checkportal.scopes(portal) if check.name == "scopes"] == ["ok"]


def test_each_step_that_lacks_a_scope_has_its_line(portal, sandbox):
    sandbox.portal.scopes -= {WRITE, DEFINE, "crm.objects.deals.read"}
    found = [check for check in checkportal.scopes(portal) if check.name == "scopes"]
    assert [check.state for check in found] == ["warning"] * 3
    said = " ".join(check.message for check in found)
    for words in (
        "sync reads less without crm.objects.deals.read",
        f"create properties cannot be done without {DEFINE}",
        f"apply cannot be done without {WRITE}",
    ):
        assert words in said


def test_without_the_scope_to_read_contacts_it_is_wrong(portal, sandbox):
    sandbox.portal.scopes = {"oauth"}
    assert next(iter(checkportal.scopes(portal))).state == "wrong"


def test_scopes_that_hubspot_does_not_tell_are_unknown():
    (found,) = checkportal.scopes(SimpleNamespace(scopes=None))
    assert found.state == "unknown"


@pytest.mark.parametrize(
    ("most", "state"), [(1000, "ok"), (9, "ok"), (8, "warning"), (2, "warning"), (1, "wrong")]
)
def test_room_for_our_properties_is_counted(portal, sandbox, most, state):
    definitions = sandbox.portal.collection("contacts").definitions
    definitions.most_custom = len(definitions.custom) + most
    (found,) = checkportal.room(portal)
    assert (found.name, found.state) == ("properties", state)


def test_a_full_portal_that_has_our_properties_needs_no_room(portal, sandbox, scores):
    from leadscore.writeback import apply

    apply(portal, plan(portal, scores))
    definitions = sandbox.portal.collection("contacts").definitions
    definitions.most_custom = len(definitions.custom)
    (found,) = checkportal.room(portal)
    assert found.state == "ok"


def test_room_that_may_not_be_asked_for_is_unknown(portal, sandbox):
    sandbox.portal.scopes = {"crm.schemas.contacts.read"}
    (found,) = checkportal.room(portal)
    assert found.state == "unknown"


@pytest.mark.parametrize(
    ("ahead", "state", "said"),
    [
        (2.0, "ok", "agrees"),
        (31.0, "warning", "31 s ahead of"),
        (-7200.0, "warning", "7,200 s behind"),
        (None, "unknown", "does not say"),
    ],
)
def test_clocks_that_are_apart_are_a_warning(monkeypatch, ahead, state, said):
    monkeypatch.setattr(checkportal, "clock_difference", lambda portal: ahead)
    (found,) = checkportal.clock(SimpleNamespace())
    assert found.state == state
    assert said in found.message


def test_a_scope_that_no_job_uses_is_a_warning_and_one_of_another_job_is_named():
    useless, other = checkportal.surplus({"crm.objects.contacts.read", "tickets", "files"})
    assert (useless.name, useless.state, "tickets" in useless.message) == (
        "unused",
        "warning",
        True,
    )
    assert (other.name, other.state, "files" in other.message) == ("more scopes", "ok", True)


def test_the_scopes_of_the_main_job_are_no_surplus():
    assert (
        list(checkportal.surplus({wish.scopes[0] for wish in wishes(MAIN_JOB)} | {"oauth"})) == []
    )
