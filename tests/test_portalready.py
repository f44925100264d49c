from __future__ import annotations

import pytest
from handscores import hand_scores

from leadscore.errors import PlanError
from leadscore.planning import plan
from leadscore.portalready import check_ready, make_ready


@pytest.fixture
def made(portal, sandbox, store):
    return plan(portal, hand_scores(sandbox, store.workspace, 5), progress=False)


def _names(sandbox):
    return set(sandbox.portal.collection("contacts").definitions.active)


def test_what_the_plan_creates_is_made_once_and_nothing_else(portal, sandbox, made):
    before = _names(sandbox)
    with pytest.raises(PlanError, match="has lost"):
        check_ready(portal, made)
    make_ready(portal, made)
    assert _names(sandbox) - before == set(made.creates_properties)
    sent = portal.requests
    make_ready(portal, made)
    assert portal.requests == sent + 1
    check_ready(portal, made)


def test_a_property_that_is_gone_since_the_plan_is_not_made_again(portal, sandbox, store, made):
    make_ready(portal, made)
    later = plan(portal, hand_scores(sandbox, store.workspace, 5), progress=False)
    sandbox.portal.collection("contacts").definitions.archive(
        "leadscore_tier", at=sandbox.portal.now
    )
    for ready in (make_ready, check_ready):
        with pytest.raises(PlanError, match="has lost leadscore_tier"):
            ready(portal, later)
    assert "leadscore_tier" not in _names(sandbox)


def test_a_property_that_lost_an_option_cannot_take_the_values(portal, sandbox, store, made):
    make_ready(portal, made)
    where = portal.path("properties", "contacts", "leadscore_tier")
    options = portal.transport.call("GET", where)["options"]
    portal.transport.call("PATCH", where, body={"options": options[1:]})
    with pytest.raises(PlanError, match="leadscore_tier"):
        check_ready(portal, made)
