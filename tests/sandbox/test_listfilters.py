"""The filters of lists."""

from __future__ import annotations

from typing import Any

import pytest

from leadscore.sandbox.listfilters import compiled
from leadscore.sandbox.replies import Refusal

VALUES = {
    "firstname": "Ada King",
    "num_associated_deals": "3",
    "lifecyclestage": "lead",
    "tags": "a;b",
    "opted": "true",
}


@pytest.fixture
def contacts(portal, define) -> Any:
    options = [{"label": one, "value": one} for one in ("true", "false")]
    define("tags", "enumeration", "checkbox", options=["a", "b", "c"])
    body = {"name": "opted", "label": "O", "type": "bool", "fieldType": "booleancheckbox"}
    body |= {"groupName": "contactinformation", "options": options}
    portal.collection("contacts").definitions.create(body, at=portal.now)
    return portal.collection("contacts")


def _tree(*filters: Any) -> dict[str, Any]:
    branch = {"filterBranchType": "AND", "filterBranches": [], "filters": list(filters)}
    return {"filterBranchType": "OR", "filterBranches": [branch], "filters": []}


def _on(name: str, kind: str, operator: str, **more: Any) -> dict[str, Any]:
    operation = {"operationType": kind, "operator": operator} | more
    return {"filterType": "PROPERTY", "property": name, "operation": operation}


@pytest.mark.parametrize(
    ("name", "kind", "operator", "more", "expected"),
    [
        ("firstname", "MULTISTRING", "IS_EQUAL_TO", {"values": ["x", "ada king"]}, True),
        ("firstname", "MULTISTRING", "IS_NOT_EQUAL_TO", {"values": ["x", "ada king"]}, False),
        ("firstname", "MULTISTRING", "CONTAINS", {"values": ["DA K"]}, True),
        ("firstname", "MULTISTRING", "CONTAINS_EXACTLY", {"values": ["kin"]}, False),
        ("firstname", "MULTISTRING", "CONTAINS_EXACTLY", {"values": ["king"]}, True),
        ("firstname", "MULTISTRING", "DOES_NOT_CONTAIN", {"values": ["x"]}, True),
        ("firstname", "MULTISTRING", "STARTS_WITH", {"values": ["Ada"]}, True),
        ("firstname", "MULTISTRING", "ENDS_WITH", {"values": ["Ada"]}, False),
        ("firstname", "STRING", "IS_EQUAL_TO", {"value": "Ada King"}, True),
        ("num_associated_deals", "NUMBER", "IS_EQUAL_TO", {"value": 3}, True),
        ("num_associated_deals", "NUMBER", "IS_GREATER_THAN", {"value": 3}, False),
        ("num_associated_deals", "NUMBER", "IS_GREATER_THAN_OR_EQUAL_TO", {"value": 3}, True),
        ("num_associated_deals", "NUMBER", "IS_LESS_THAN", {"value": 3.5}, True),
        ("num_associated_deals", "NUMBER", "IS_LESS_THAN_OR_EQUAL_TO", {"value": 2}, False),
        ("num_associated_deals", "NUMBER", "IS_NOT_EQUAL_TO", {"value": 2}, True),
        (
            *("num_associated_deals", "NUMBER_RANGED", "IS_BETWEEN"),
            *({"lowerBound": 3, "upperBound": 4}, True),
        ),
        (
            *("num_associated_deals", "NUMBER_RANGED", "IS_NOT_BETWEEN"),
            *({"lowerBound": 3, "upperBound": 4}, False),
        ),
        ("lifecyclestage", "ENUMERATION", "IS_ANY_OF", {"values": ["lead", "other"]}, True),
        ("lifecyclestage", "ENUMERATION", "IS_NONE_OF", {"values": ["lead"]}, False),
        ("tags", "ENUMERATION", "IS_EXACTLY", {"values": ["b", "a"]}, True),
        ("tags", "ENUMERATION", "IS_NOT_EXACTLY", {"values": ["a"]}, True),
        ("tags", "ENUMERATION", "CONTAINS_ALL", {"values": ["a", "c"]}, False),
        ("tags", "ENUMERATION", "CONTAINS_ALL", {"values": ["b"]}, True),
        ("tags", "ENUMERATION", "DOES_NOT_CONTAIN_ALL", {"values": ["b"]}, False),
        ("tags", "ENUMERATION", "DOES_NOT_CONTAIN_ALL", {"values": ["a", "c"]}, True),
        ("opted", "BOOL", "IS_EQUAL_TO", {"value": True}, True),
        ("opted", "BOOL", "IS_NOT_EQUAL_TO", {"value": True}, False),
        ("firstname", "ALL_PROPERTY", "IS_KNOWN", {}, True),
        ("lastname", "ALL_PROPERTY", "IS_KNOWN", {}, False),
        ("lastname", "ALL_PROPERTY", "IS_UNKNOWN", {}, True),
    ],
)
def test_operations_compare_as_their_names_say(
    contacts, name, kind, operator, more, expected
) -> None:
    assert compiled(contacts, _tree(_on(name, kind, operator, **more)))(VALUES) is expected


@pytest.mark.parametrize("included", [True, False])
def test_a_record_without_a_value_is_in_when_the_operation_says_so(contacts, included) -> None:
    more = {"values": ["x"], "includeObjectsWithNoValueSet": included}
    for operator in ("IS_EQUAL_TO", "IS_NOT_EQUAL_TO"):
        given = _tree(_on("lastname", "MULTISTRING", operator, **more))
        assert compiled(contacts, given)(VALUES) is included


def test_filters_of_a_branch_are_all_met_and_one_branch_is_enough(contacts) -> None:
    yes = _on("firstname", "ALL_PROPERTY", "IS_KNOWN")
    no = _on("lastname", "ALL_PROPERTY", "IS_KNOWN")
    assert not compiled(contacts, _tree(yes, no))(VALUES)
    tree = _tree(yes, no)
    tree["filterBranches"] += _tree(yes)["filterBranches"]
    assert compiled(contacts, tree)(VALUES)


KNOWN = _on("firstname", "ALL_PROPERTY", "IS_KNOWN")


@pytest.mark.parametrize(
    "branch",
    [
        {},
        "OR",
        {"filterBranchType": "AND", "filters": [KNOWN]},
        {"filterBranchType": "OR", "filters": [KNOWN]},
        {"filterBranchType": "OR", "filterBranches": []},
        {"filterBranchType": "OR", "filterBranches": {}},
        {"filterBranchType": "XOR", "filterBranches": []},
        _tree() | {"filters": [KNOWN]},
        _tree(),
        {"filterBranchType": "OR", "filterBranches": [_tree(KNOWN)]},
        _tree("x"),
        _tree({"filterType": "PROPERTY", "property": "firstname"}),
        _tree(_on("unknown", "ALL_PROPERTY", "IS_KNOWN")),
        _tree(_on("firstname", "NUMBER", "IS_EQUAL_TO", value=1)),
        _tree(_on("num_associated_deals", "NUMBER", "IS_EQUAL_TO", value="3")),
        _tree(_on("num_associated_deals", "NUMBER", "IS_ANY_OF", value=3)),
        _tree(_on("firstname", "MULTISTRING", "IS_EQUAL_TO", values="x")),
        _tree(_on("firstname", "MULTISTRING", "IS_EQUAL_TO", values=[])),
        _tree(_on("firstname", "STRING", "IS_EQUAL_TO", values=["x"])),
        _tree(_on("firstname", "EVERYTHING", "IS_EQUAL_TO")),
        _tree(_on("firstname", "ALL_PROPERTY", "IS_BLANK")),
        _tree(_on("opted", "BOOL", "IS_EQUAL_TO", value="true")),
    ],
)
def test_what_is_not_formed_as_it_must_be_is_refused(contacts, branch) -> None:
    with pytest.raises(Refusal) as caught:
        compiled(contacts, branch)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "branch",
    [
        _tree({"filterType": "FORM_SUBMISSION", "operator": "FILLED_OUT"}),
        _tree(_on("createdate", "TIME_POINT", "IS_BEFORE")),
        _tree(_on("lifecyclestage", "ENUMERATION", "HAS_EVER_BEEN_ANY_OF", values=["lead"])),
        {"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "UNIFIED_EVENTS"}]},
    ],
)
def test_what_hubspot_can_do_and_this_portal_cannot_is_a_501(contacts, branch) -> None:
    with pytest.raises(Refusal) as caught:
        compiled(contacts, branch)
    assert caught.value.status == 501
