import pytest
from formbodies import body, field

from leadscore.sandbox.formdefinitions import fields_of, made
from leadscore.sandbox.replies import Refusal


def test_what_is_not_said_of_a_form_is_filled_up(portal):
    form = made(portal, body(field()))
    assert form["configuration"]["postSubmitAction"]["type"] == "thank_you"
    assert form["displayOptions"]["submitButtonText"] == "Submit"
    assert [(one["required"], one["hidden"]) for one in fields_of(form)] == [(False, False)]


def test_fields_that_depend_on_others_are_fields_too(portal):
    inner = {"dependentCondition": {}, "dependentField": field("city", "single_line_text")}
    form = made(portal, body(field(dependentFields=[inner])))
    assert [one["name"] for one in fields_of(form)] == ["email", "city"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"formType": "blog_comment"},
        {"formType": None},
        {"name": " "},
        {"name": 7},
        {"configuration": []},
        {"configuration": {"postSubmitAction": {"type": "dance"}}},
        {"legalConsentOptions": {}},
        {"fieldGroups": "email"},
        {"fieldGroups": [{"groupType": "any"}]},
        {"fieldGroups": [{"fields": [{"name": "email"}]}]},
        {"fieldGroups": [{"fields": [field(kind="colour")]}]},
        {"fieldGroups": [{"fields": [field("nope")]}]},
        {"fieldGroups": [{"fields": [field(objectTypeId="9-9")]}]},
    ],
)
def test_a_form_that_makes_no_sense_is_a_400(portal, wrong):
    with pytest.raises(Refusal) as refused:
        made(portal, body(field(), **wrong))
    assert refused.value.status == 400
