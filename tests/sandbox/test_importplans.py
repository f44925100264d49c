import pytest

from leadscore.sandbox.importplans import plan_of
from leadscore.sandbox.replies import Refusal


def asked(*mappings, **more):
    page = {"hasHeader": True, "columnMappings": list(mappings)}
    file = {"fileName": "x.csv", "fileFormat": "CSV", "fileImportPage": page}
    return {"name": "x", "files": [file]} | more


def column(name, target, kind="0-1", **more):
    return {"columnName": name, "propertyName": target, "columnObjectTypeId": kind} | more


def test_the_operation_is_an_upsert_unless_it_is_named(portal):
    mail = column("Mail", "email")
    assert plan_of(portal, asked(mail))["operation"] == "UPSERT"
    named = {"importOperations": {"contacts": "CREATE"}}
    assert plan_of(portal, asked(mail, **named))["operation"] == "CREATE"


@pytest.mark.parametrize("word", ["columnType", "idColumnType"])
def test_the_kind_of_an_id_goes_by_two_names(portal, word):
    plan = plan_of(
        portal, asked(column("Id", None, **{word: "HUBSPOT_OBJECT_ID"}), column("N", "firstname"))
    )
    assert plan["key"] is None
    plan = plan_of(portal, asked(column("Id", "hs_object_id", **{word: "HUBSPOT_OBJECT_ID"})))
    assert plan["key"] == {"column": "Id", "property": None}


def test_a_column_without_a_property_is_passed_over(portal):
    plan = plan_of(portal, asked(column("Mail", "email"), column("Noise", None, None)))
    assert [one["property"] for one in plan["columns"]] == ["email", None]


def test_several_object_types_and_associations_are_not_served(portal):
    with pytest.raises(Refusal, match="several object types"):
        plan_of(portal, asked(column("Mail", "email"), column("Firm", "name", "0-2")))
    link = column("Firm", "email", toColumnObjectTypeId="0-2")
    with pytest.raises(Refusal, match="several object types"):
        plan_of(portal, asked(link))


def test_a_custom_unique_property_identifies_records(portal, define):
    define("badge", "string", "text", hasUniqueValue=True)
    portal.collection("contacts").records.watch("badge")
    badge = column("Badge", "badge", columnType="HUBSPOT_ALTERNATE_ID")
    assert plan_of(portal, asked(badge))["key"] == {"column": "Badge", "property": "badge"}


@pytest.mark.parametrize("name", [["email"], {"a": 1}, True, 5])
def test_a_property_that_is_no_text_does_not_exist(portal, name):
    with pytest.raises(Refusal, match="does not exist"):
        plan_of(portal, asked(column("Mail", name)))
