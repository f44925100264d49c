from __future__ import annotations

from pathlib import Path

import pytest

from leadscore.errors import MissingScopesError, UsageError
from leadscore.hubspot import permissions
from leadscore.hubspot.permissions import STEPS, lacking, read_scope, require_records
from leadscore.sandbox.scopes import EVERY

CONTACTS = "crm.objects.contacts.read"


@pytest.mark.parametrize("step", STEPS)
def test_a_step_names_scopes_that_hubspot_has(step):
    named = {scope for one in STEPS[step].needs + STEPS[step].likes for scope in one}
    assert named <= set(EVERY)


@pytest.mark.parametrize("step", STEPS)
def test_a_token_with_every_scope_lacks_nothing_and_one_with_none_lacks_all(step):
    assert lacking(step, set(EVERY)) == []
    wanted = STEPS[step].needs + STEPS[step].likes
    assert len(lacking(step, set())) == len(wanted) > 0


def test_what_cannot_be_known_is_not_lacking():
    assert lacking("apply", None) == []
    permissions.require(["apply"], None)


def test_what_a_step_can_do_without_is_told_apart():
    assert lacking("sync", {CONTACTS}, likes=False) == []
    assert lacking("sync", {CONTACTS}) == [
        "crm.objects.companies.read",
        "crm.objects.deals.read",
    ]
    permissions.require(["sync"], {CONTACTS})


def test_of_scopes_of_which_one_is_enough_one_is_enough():
    assert lacking("owners", {"automation"}) == []
    assert lacking("owners", {CONTACTS}) == ["crm.objects.owners.read or automation"]


def test_every_missing_scope_of_every_step_is_named_at_once_and_once():
    with pytest.raises(MissingScopesError) as caught:
        permissions.require(["plan", "apply", "create properties"], {"oauth"})
    for scope in (CONTACTS, "crm.objects.contacts.write", "crm.schemas.contacts.write"):
        assert caught.value.message.count(scope) == 1


def test_other_object_types_need_their_scope_and_unknown_ones_pass():
    assert lacking("history", {CONTACTS}, objects=["0-3", "2-77", "tasks", "tickets"]) == [
        "crm.objects.deals.read",
        "crm.objects.custom.read",
    ]
    assert read_scope("0-1") == CONTACTS


def test_a_step_that_is_none_is_refused():
    with pytest.raises(UsageError, match="no step 'syncing'"):
        lacking("syncing", None)


def _get(portal, *path):
    return portal.transport.call("GET", portal.path(*path))


CALLS = {
    "owners": lambda p: _get(p, "owners"),
    "pipelines": lambda p: _get(p, "pipelines", "deals"),
    "sync": lambda p: (_get(p, "properties", "contacts"), _get(p, "objects", "contacts")),
    "plan": lambda p: (_get(p, "limits", "custom-properties"), _get(p, "objects", "contacts")),
    "files": lambda p: _get(p, "files", "search"),
    "import": lambda p: _get(p, "imports"),
}


@pytest.mark.parametrize("step", CALLS)
def test_what_a_step_needs_is_enough_and_less_is_not(sandbox, portal, step):
    needed = {one[0] for one in STEPS[step].needs}
    sandbox.portal.scopes = set(needed)
    CALLS[step](portal)
    sandbox.portal.scopes = set(EVERY) - {scope for one in STEPS[step].needs for scope in one}
    with pytest.raises(MissingScopesError):
        CALLS[step](portal)


ROOT = Path(__file__).parent.parent.parent


def test_the_documentation_names_each_step_with_each_of_its_scopes():
    rows = [row for row in (ROOT / "docs" / "connect.md").read_text().splitlines() if "|" in row]
    for step, needed in STEPS.items():
        (row,) = [row for row in rows if f"`{step}`" in row]
        named = [scope for one in needed.needs + needed.likes for scope in one]
        assert all(scope in row for scope in named) or "a scope of deals" in row, step


def test_the_readme_asks_for_all_that_the_main_job_needs_and_likes():
    text = (ROOT / "README.md").read_text()
    for step in ("sync", "plan", "create properties", "apply"):
        for one in STEPS[step].needs + STEPS[step].likes:
            assert f"`{one[0]}`" in text


def test_records_need_the_scopes_of_their_type():
    given = {"crm.objects.deals.read"}
    require_records(given, "deals")
    require_records(None, "deals", write=True)
    require_records(given, "tickets", write=True)
    with pytest.raises(
        MissingScopesError, match=r"crm\.objects\.deals\.write, crm\.schemas\.deals"
    ):
        require_records(given, "deals", write=True, define=True)
