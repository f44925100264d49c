from __future__ import annotations

import json

import pytest
from followed import contacts, done, planned, undone

from leadscore.errors import PlanError, UnreachableError
from leadscore.followups import LeadStatus, Stage
from leadscore.hubspot.reading import read_values
from leadscore.hubspot.writing import update_batch
from leadscore.stages import StageTarget
from leadscore.targets import PropertyTarget

STAGE, STATUS = "lifecyclestage", "hs_lead_status"


def _set(portal, name, values):
    clear = {contact: {name: ""} for contact in values}
    update_batch(portal, "contacts", clear, clear=True)
    wanted = {contact: {name: value} for contact, value in values.items() if value}
    if wanted:
        update_batch(portal, "contacts", wanted)


def _now(portal, name, ids):
    found = read_values(portal, "contacts", ids, [name])
    return [found[one].get(name, "") for one in ids]


def _stages(portal, *values):
    ids = contacts(portal, len(values))
    _set(portal, STAGE, dict(zip(ids, values, strict=True)))
    return ids


def _target(portal, stage):
    return StageTarget(portal, json.loads(json.dumps(stage.about())))


def _risen(ids):
    return dict.fromkeys(ids, ("A", "B"))


def test_the_stage_is_set_forward_and_never_back(portal):
    ids = _stages(portal, "", "subscriber", "lead", "marketingqualifiedlead", "customer")
    stage = Stage("marketingqualifiedlead")
    changes = planned(portal, stage, _risen(ids))
    assert [change.contact for change in changes] == ids[:3]
    assert stage.about()["left_alone"] == 2
    assert set(done(_target(portal, stage), changes).values()) == {"written"}
    assert _now(portal, STAGE, ids) == ["marketingqualifiedlead"] * 4 + ["customer"]


def test_only_who_comes_into_the_tier_is_moved(portal):
    one, two, three = _stages(portal, "lead", "lead", "lead")
    tiers = {one: ("A", "A"), two: ("B", "A"), three: ("A", "")}
    assert [change.contact for change in planned(portal, Stage("opportunity"), tiers)] == [three]


def test_undo_goes_back_to_the_stage_that_was_though_hubspot_moves_only_forward(portal):
    ids = _stages(portal, "", "lead")
    stage = Stage("salesqualifiedlead")
    changes = planned(portal, stage, _risen(ids))
    done(_target(portal, stage), changes)
    assert set(done(_target(portal, stage), undone(changes)).values()) == {"written"}
    assert _now(portal, STAGE, ids) == ["", "lead"]


def test_an_undo_that_stopped_between_clearing_and_setting_is_gone_on_with(portal, sandbox):
    (one,) = _stages(portal, "lead")
    stage = Stage("salesqualifiedlead")
    changes = planned(portal, stage, _risen([one]))
    done(_target(portal, stage), changes)
    portal.pool.waits.sleep = lambda _: None
    where = {"path": "*/batch/update", "nth": {"from": 2}}
    sandbox.faults([{"match": where, "action": {"reset": "before"}}])
    with pytest.raises(UnreachableError):
        done(_target(portal, stage), undone(changes))
    sandbox.clear_faults()
    assert _now(portal, STAGE, [one]) == [""]
    assert done(_target(portal, stage), undone(changes)) == {one: "conflict"}
    assert done(_target(portal, stage), undone(changes), sent=True) == {one: "written"}
    assert _now(portal, STAGE, [one]) == ["lead"]


def test_who_was_moved_meanwhile_is_left_alone(portal):
    (one,) = _stages(portal, "lead")
    stage = Stage("marketingqualifiedlead")
    changes = planned(portal, stage, _risen([one]))
    _set(portal, STAGE, {one: "opportunity"})
    assert done(_target(portal, stage), changes) == {one: "conflict"}
    assert _now(portal, STAGE, [one]) == ["opportunity"]


def test_a_stage_of_the_portals_own_counts_by_its_place_and_a_lost_one_has_none(portal, sandbox):
    definition = sandbox.portal.collection("contacts").definitions.active[STAGE]
    custom = {"value": "12345", "label": "Vetted", "displayOrder": 1, "hidden": False}
    options = [dict(o, displayOrder=2 * n) for n, o in enumerate(definition["options"])]
    definition["options"] = [custom, *options]
    one, two = _stages(portal, "12345", "lead")
    changes = planned(portal, Stage("lead"), _risen([one, two]))
    assert [change.contact for change in changes] == [one]
    definition["options"] = options
    assert planned(portal, Stage("lead"), _risen([one])) == []


def test_a_stage_that_the_portal_has_not_is_refused_with_the_nearest(portal):
    with pytest.raises(PlanError, match="Use one of marketingqualifiedlead"):
        Stage("marketingqualified").prepare(portal, "leadscore")
    with pytest.raises(PlanError, match="internal name: marketingqualifiedlead"):
        Stage("Marketing Qualified Lead").prepare(portal, "leadscore")


def test_a_lead_status_is_set_forward_and_back_again(portal):
    ids = contacts(portal, 4)
    _set(portal, STATUS, dict(zip(ids, ("", "NEW", "OPEN", "UNQUALIFIED"), strict=True)))
    status = LeadStatus("OPEN")
    changes = planned(portal, status, _risen(ids))
    assert [change.contact for change in changes] == ids[:2]
    target = PropertyTarget(portal, status.about()["properties"])
    assert set(done(target, changes).values()) == {"written"}
    assert _now(portal, STATUS, ids) == ["OPEN", "OPEN", "OPEN", "UNQUALIFIED"]
