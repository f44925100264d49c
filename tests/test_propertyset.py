from __future__ import annotations

import pandas as pd
import pytest
from followed import contacts, done, planned, undone
from portals import truth

from leadscore.errors import PlanError, UsageError
from leadscore.propertyset import Property
from leadscore.sandbox.owners import seed
from leadscore.targets import PropertyTarget


def test_the_property_is_set_for_who_comes_into_the_tier_and_undo_restores_it(portal, sandbox):
    one, two, three = contacts(portal, 3)
    for contact, value in ((one, "NEW"), (three, "OPEN")):
        where = portal.path("objects", "contacts", contact)
        body = {"properties": {"hs_lead_status": value}}
        portal.transport.call("PATCH", where, body=body)
    followup = Property("hs_lead_status", "OPEN")
    tiers = {one: ("A", "B"), two: ("B", "C"), three: ("A", "")}
    changes = planned(portal, followup, tiers)
    about = followup.about()
    assert "1 have the value already" in about["notes"][0]
    target = PropertyTarget(portal, about["properties"], clear=True)
    assert done(target, changes) == {one: "written"}
    assert truth(sandbox, "hs_lead_status")[one] == "OPEN"
    assert done(target, undone(changes)) == {one: "written"}
    assert truth(sandbox, "hs_lead_status")[one] == "NEW"


def test_now_is_the_moment_of_the_plan(portal):
    followup = Property("closedate", "now")
    (change,) = planned(portal, followup, {contacts(portal, 1)[0]: ("A", "B")})
    age = pd.Timestamp.now("UTC") - pd.Timestamp(change.new["closedate"])
    assert pd.Timedelta(0) <= age < pd.Timedelta("1h")


def test_an_owner_is_named_by_address(portal, sandbox):
    seed(sandbox.portal, [(77, "ada@example.org", "Ada", "Example")])
    followup = Property("hubspot_owner_id", "ada@example.org")
    (change,) = planned(portal, followup, {contacts(portal, 1)[0]: ("A", "B")})
    assert change.new == {"hubspot_owner_id": "77"}
    with pytest.raises(UsageError, match="no owner"):
        Property("hubspot_owner_id", "x@y.example").prepare(portal, "leadscore")


@pytest.mark.parametrize(
    ("name", "value", "error", "said"),
    [
        ("hs_lead_statsu", "OPEN", UsageError, "mean hs_lead_status"),
        ("hs_lead_status", "Hot", UsageError, "no option 'Hot'"),
        ("createdate", "now", PlanError, "let anybody write"),
        ("lifecyclestage", "lead", PlanError, "forward only"),
    ],
)
def test_what_cannot_be_set_is_said_before_anything(portal, name, value, error, said):
    with pytest.raises(error, match=said):
        Property(name, value).prepare(portal, "leadscore")
