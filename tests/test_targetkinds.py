from __future__ import annotations

import json

import pytest

from leadscore.errors import PlanError
from leadscore.followups import LeadStatus, Property, Segment, Stage, Task, Trigger
from leadscore.targetkinds import TARGETS, score_target, target_of

PROPERTY = Property("hs_lead_status", "OPEN")
ALL = [Task(), Stage("customer"), LeadStatus("OPEN"), Segment("A leads"), Trigger(), PROPERTY]


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.action)
@pytest.mark.parametrize("undoing", [False, True])
def test_what_a_plan_says_of_each_followup_is_enough_to_do_and_undo_it(portal, one, undoing):
    one.prepare(portal, "leadscore")
    about = json.loads(json.dumps(one.about()))
    target = target_of(portal, "leadscore", about, undoing=undoing)
    contact = portal.client.crm.contacts.basic_api.get_page(limit=1).results[0].id
    assert list(target.live([contact, "404"])) == [contact]
    assert target.names


def test_every_kind_is_one_that_a_followup_or_a_plan_of_records_asks_for(portal):
    kinds = set()
    for one in ALL:
        one.prepare(portal, "leadscore")
        kinds.add(one.about()["kind"])
    # A sequence is enrolled in with a user's own token alone: tests/test_enrolling.py.
    assert kinds | {"records", "creations", "pairs", "sequence"} == set(TARGETS)


def test_a_kind_of_a_newer_leadscore_is_refused(portal):
    with pytest.raises(PlanError, match="this leadscore cannot do"):
        target_of(portal, "leadscore", {"kind": "fax"})


def test_the_scores_are_our_properties_and_an_undo_alone_clears(portal):
    target = score_target(portal, "leadscore", ["leadscore_score"])
    assert list(target.names) == ["leadscore_score"]
    assert not target.clear
    assert score_target(portal, "leadscore", ["leadscore_score"], undoing=True).clear
