from __future__ import annotations

import pytest

from leadscore.nativeconditions import Unsayable, asked
from leadscore.ruleterms import Condition

OPTIONS = [{"value": v} for v in ("50-100", "Online Shop", "WEB")]
KNOWN = {
    "seats": {"name": "seats", "type": "number"},
    "size": {"name": "size", "type": "enumeration", "options": OPTIONS},
    "owner": {"name": "owner", "type": "enumeration", "options": [], "externalOptions": True},
    "jobtitle": {"name": "jobtitle", "type": "string"},
    "demo": {"name": "demo", "type": "bool"},
    "opened": {"name": "opened", "type": "datetime"},
}


def _asked(name, operator, value=True, in_last=None):
    return asked(Condition(name, operator, value, in_last), KNOWN.get(name))


def _told(name, operator, value=True):
    (one,) = _asked(name, operator, value)
    assert (one["type"], one["property"]) == ("SINGLE", name)
    told = dict(one["operation"])
    assert told.pop("includeObjectsWithNoValueSet") is False
    kind, how = told.pop("operationType"), told.pop("operator")
    return kind, how, *told.values()


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (("seats", "at_least", 5), ("NUMBER", "IS_GREATER_THAN_OR_EQUAL_TO", 5)),
        (("seats", "more_than", 5), ("NUMBER", "IS_GREATER_THAN", 5)),
        (("seats", "at_most", 5), ("NUMBER", "IS_LESS_THAN_OR_EQUAL_TO", 5)),
        (("seats", "less_than", 5), ("NUMBER", "IS_LESS_THAN", 5)),
        (("seats", "equals", 5), ("NUMBER", "IS_EQUAL_TO", 5)),
        (("seats", "any_of", (5,)), ("NUMBER", "IS_EQUAL_TO", 5)),
        (("seats", "known", True), ("ALL_PROPERTY", "IS_KNOWN")),
        (("seats", "known", False), ("ALL_PROPERTY", "IS_UNKNOWN")),
        (("seats", "changed_within", 7), ("ROLLING_PROPERTY_UPDATED", "UPDATED_IN_LAST_X_DAYS", 7)),
        (
            ("seats", "unchanged_for", 30),
            ("ROLLING_PROPERTY_UPDATED", "NOT_UPDATED_IN_LAST_X_DAYS", 30),
        ),
        (("size", "equals", "web"), ("ENUMERATION", "IS_ANY_OF", ["WEB"])),
        (("size", "any_of", ("web", "50-100")), ("ENUMERATION", "IS_ANY_OF", ["50-100", "WEB"])),
        (("size", "none_of", ("web",)), ("ENUMERATION", "IS_NONE_OF", ["WEB"])),
        (("size", "contains", ("shop",)), ("ENUMERATION", "IS_ANY_OF", ["Online Shop"])),
        (("owner", "any_of", ("77",)), ("ENUMERATION", "IS_ANY_OF", ["77"])),
        (("jobtitle", "contains", ("sales",)), ("MULTISTRING", "CONTAINS", ["sales"])),
        (("jobtitle", "any_of", ("a", "b")), ("MULTISTRING", "IS_EQUAL_TO", ["a", "b"])),
        (("jobtitle", "none_of", ("a",)), ("MULTISTRING", "IS_NOT_EQUAL_TO", ["a"])),
        (("demo", "equals", True), ("BOOL", "IS_EQUAL_TO", True)),
        (("opened", "within", 30), ("ROLLING_DATE_RANGE", "IS_LESS_THAN_X_DAYS_AGO", 30, False)),
        (("opened", "older_than", 9), ("ROLLING_DATE_RANGE", "IS_MORE_THAN_X_DAYS_AGO", 9, False)),
    ],
)
def test_a_condition_is_asked_in_hubspots_words(condition, told):
    assert _told(*condition) == told


def test_between_is_both_of_two():
    found = [one["operation"] for one in _asked("seats", "between", (2.5, 9))]
    assert [(one["operator"], one["value"]) for one in found] == [
        ("IS_GREATER_THAN_OR_EQUAL_TO", 2.5),
        ("IS_LESS_THAN_OR_EQUAL_TO", 9),
    ]


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (("jobtitle", "role", ("sales",)), "no job roles"),
        (("jobtitle", "seniority", ("vp",)), "no seniorities"),
        (("jobtitle", "domain", ("free",)), "no kinds of mail domains"),
        (("nope", "known", True), "no property nope"),
        (("seats", "any_of", (1, 2)), "one number at a time"),
        (("seats", "at_least", 5, 30), "an event in HubSpot"),
        (("size", "any_of", ("web", "gone")), "no option gone"),
        (("size", "contains", ("gone",)), "no option gone"),
        (("opened", "within", 1.5), "whole days"),
        (("opened", "equals", "2026-01-01"), "opened is datetime"),
    ],
)
def test_what_hubspot_cannot_ask_says_why(condition, why):
    with pytest.raises(Unsayable, match=why):
        _asked(*condition)
