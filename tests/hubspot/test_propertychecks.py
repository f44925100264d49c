from __future__ import annotations

import pytest

from leadscore.errors import PlanError
from leadscore.hubspot.propertychecks import check_definitions, definition_digest, differences
from leadscore.scoreproperties import GROUP, definitions_of

WANTED = definitions_of("leadscore")
THERE = {d["name"]: {**d, "groupName": GROUP["name"]} for d in WANTED}
TIER, SCORE = "leadscore_tier", "leadscore_score"


def _with(name, **changed):
    return THERE | {name: THERE[name] | changed}


def _checked(present):
    check_definitions(present, WANTED, group=GROUP["name"])


def test_our_own_properties_are_as_they_should_be():
    _checked(THERE)
    _checked({})


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        (SCORE, {"type": "string", "fieldType": "text"}, r"is a string \(text\)"),
        (TIER, {"fieldType": "checkbox"}, r"enumeration \(checkbox\)"),
        (TIER, {"options": [{"value": "A"}]}, "lacks the options B, C, D, reached"),
        (SCORE, {"modificationMetadata": {"readOnlyValue": True}}, "read-only"),
    ],
)
def test_a_property_that_cannot_take_our_values_is_refused(name, changed, said):
    with pytest.raises(PlanError, match=said):
        _checked(_with(name, **changed))


def test_a_persons_own_property_is_refused_though_it_is_of_our_kind():
    with pytest.raises(PlanError, match="not of leadscore's making"):
        _checked(_with(SCORE, groupName="contactinformation", description="Sales' own"))


@pytest.mark.parametrize(
    "changed",
    [
        {"groupName": "contactinformation"},
        {"description": None},
        {"description": "Unsere Punkte. Written by leadscore."},
    ],
)
def test_a_property_of_ours_stays_ours_when_people_move_or_rename_it(changed):
    _checked(_with(SCORE, **changed))


def test_other_options_and_more_of_them_do_no_harm():
    _checked(_with(TIER, options=[*reversed(THERE[TIER]["options"]), {"value": "E"}]))


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"label": "Punkte", "description": "x", "groupName": "y"}, True),
        ({"options": list(reversed(THERE[TIER]["options"]))}, True),
        ({"options": THERE[TIER]["options"][:-1]}, False),
        ({"fieldType": "radio"}, False),
        ({"type": "string"}, False),
        ({"modificationMetadata": {"readOnlyValue": True}}, False),
    ],
)
def test_the_digest_tells_what_a_write_depends_on_and_nothing_else(changed, same):
    found = definition_digest(THERE[TIER]) == definition_digest(THERE[TIER] | changed)
    assert found is same


def test_what_people_may_change_is_named():
    changed = THERE[SCORE] | {"label": "Punkte", "description": "", "numberDisplayHint": "currency"}
    assert differences(changed, WANTED[0], group=GROUP["name"]) == [
        "label", "description", "number format",
    ]  # fmt: skip
    silent = {k: v for k, v in THERE[SCORE].items() if k != "numberDisplayHint"}
    assert differences(silent, WANTED[0], group=GROUP["name"]) == []
