from __future__ import annotations

from leadscore.hubspot.connection import connect
from leadscore.hubspot.properties import create_missing
from leadscore.jobs import JOBS
from leadscore.scopecheck import scopes
from leadscore.scoreproperties import GROUP, definitions_of
from leadscore.syncing import sync

COLUMNS = ["scope", "job", "need", "why", "granted"]


def _granted(sandbox, *names):
    sandbox.portal.scopes = set(names)


def test_without_a_portal_nothing_is_known_of_what_is_granted():
    frame = scopes(for_=list(JOBS))
    assert list(frame.columns) == COLUMNS
    assert frame["granted"].isna().all()
    assert frame["why"].str.len().min() > 0
    assert set(frame["need"]) == {"needed", "optional"}


def test_the_frame_has_its_types_where_nothing_is_asked_for_too(sandbox, portal):
    _granted(sandbox, "crm.objects.deals.read")
    for frame in (scopes(for_=["find"]), scopes(portal, for_=["find"])):
        assert [str(kind) for kind in frame.dtypes] == ["str"] * 4 + ["boolean"]


def test_what_is_missing_and_what_nobody_uses_is_named(sandbox, portal):
    _granted(sandbox, "crm.objects.contacts.read", "crm.lists.read", "automation", "oauth")
    frame = scopes(portal, for_=["score", "write"]).set_index("scope")
    assert not frame.loc["crm.objects.contacts.write", "granted"]
    assert frame.loc["crm.objects.owners.read", "granted"]  # automation will do
    assert list(frame.index[frame["need"] == "unused"]) == ["crm.lists.read"]
    assert "react" in frame.loc["crm.lists.read", "why"]


def test_where_hubspot_does_not_tell_nothing_is_missing_and_nothing_unused(portal, sandbox):
    sandbox.faults({"match": {"path": "*/access-token-info"}, "action": {"status": 404}})
    with connect(sandbox) as another:
        frame = scopes(another)
    assert frame["granted"].isna().all()
    assert "unused" not in set(frame["need"])


def test_the_scopes_of_scoring_and_writing_are_enough_for_it_and_no_more(sandbox, portal, store):
    _granted(sandbox, *scopes()["scope"])
    with connect(sandbox) as another:
        done = sync(another, store, progress=False)
        assert done.complete
        assert not done.barred
        another.require("sync", "plan", "create properties", "apply", "undo")
        create_missing(another, "contacts", GROUP, definitions_of("leadscore", ("score", "tier")))
        assert "unused" not in set(scopes(another)["need"])
