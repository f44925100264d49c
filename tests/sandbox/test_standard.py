import pytest

from leadscore.sandbox import standard
from leadscore.sandbox.kinds import KINDS, STAGES

KNOWN = {kind.name: standard.standard_properties(kind.name) for kind in KINDS}


@pytest.mark.parametrize("kind", KNOWN)
def test_every_property_is_in_a_group_that_is_there(kind):
    groups = standard.groups(kind)
    assert {found["groupName"] for found in KNOWN[kind].values()} == set(groups)


@pytest.mark.parametrize("kind", KNOWN)
def test_enumerations_have_options_or_take_them_from_elsewhere(kind):
    for found in KNOWN[kind].values():
        has = bool(found["options"]) or found["externalOptions"]
        assert has is (found["type"] in {"enumeration", "bool"}), found["name"]


@pytest.mark.parametrize("kind", KNOWN)
def test_no_two_properties_have_the_same_line(kind):
    lines = standard._LINES[kind].strip().splitlines()
    names = [line.split()[0] for line in lines if line]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_type_is_known_by_is_defined(kind):
    named = {kind.modified, *kind.shown, *kind.one_of, *kind.needs, *kind.unique, *kind.searched}
    assert named <= KNOWN[kind.name].keys()


@pytest.mark.parametrize(
    ("name", "kind", "field", "read_only"),
    [
        ("lifecyclestage", "enumeration", "radio", False),
        ("hs_lead_status", "enumeration", "radio", False),
        ("createdate", "datetime", "date", True),
        ("lastmodifieddate", "datetime", "date", True),
        ("hs_object_id", "number", "number", True),
        ("industry", "string", "text", False),
        ("annualrevenue", "string", "text", False),
        ("numemployees", "enumeration", "select", False),
        ("hs_analytics_source", "enumeration", "select", False),
        ("hs_latest_source_timestamp", "datetime", "date", False),
        ("hs_analytics_num_page_views", "number", "number", True),
        ("hs_email_optout", "bool", "booleancheckbox", True),
        ("hs_buying_role", "enumeration", "checkbox", False),
        ("hs_marketable_status", "enumeration", "booleancheckbox", True),
        ("hs_lifecyclestage_customer_date", "datetime", "date", True),
        ("hs_v2_date_entered_customer", "datetime", "date", True),
        ("hubspotscore", "number", "calculation_score", True),
        ("hs_predictivescoringtier", "enumeration", "select", True),
        ("associatedcompanyid", "number", "number", False),
    ],
)
def test_contact_properties_are_as_hubspot_defines_them(name, kind, field, read_only):
    found = KNOWN["contacts"][name]
    assert (found["type"], found["fieldType"]) == (kind, field)
    assert found["modificationMetadata"]["readOnlyValue"] is read_only


def test_annual_revenue_and_industry_are_text_on_contacts_only():
    assert KNOWN["companies"]["annualrevenue"]["type"] == "number"
    assert KNOWN["companies"]["industry"]["type"] == "enumeration"


def test_every_lifecycle_stage_has_its_dates():
    for stage in STAGES:
        for kind in ("contacts", "companies"):
            assert f"hs_lifecyclestage_{stage}_date" in KNOWN[kind]
            assert f"hs_v2_date_entered_{stage}" in KNOWN[kind]


def test_hubspots_own_definitions_may_lack_the_archived_flag():
    assert "archived" not in KNOWN["contacts"]["email"]
    assert standard.definition(name="x")["archived"] is False
