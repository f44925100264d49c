from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.hubspot.associationtypes import (
    AssociationType,
    association_types,
    default_type,
    type_of_label,
)


def test_the_types_are_those_of_the_portal_its_own_labels_too(portal):
    where = portal.path("associations", "contacts", "companies", "labels")
    portal.transport.call("POST", where, body={"label": "Decides", "name": "decides"})
    found = association_types(portal, "contacts", "companies")
    assert [one.label for one in found] == ["Primary", "", "Decides"]
    assert default_type(found).number == 279
    assert [one.category for one in found][::2] == ["HUBSPOT_DEFINED", "USER_DEFINED"]
    assert all(AssociationType.named(one.name).spec == one.spec for one in found)


def test_a_label_is_found_whatever_its_case_and_a_wrong_one_lists_them(portal):
    found = association_types(portal, "contacts", "companies")
    ends = ("contacts", "companies")
    assert type_of_label(found, " primary ", between=ends).number == 1
    with pytest.raises(UsageError, match=r"'Primry' from contacts.*'Primary'.*mean 'Primary'"):
        type_of_label(found, "Primry", between=ends)


def test_types_that_cannot_be_associated_are_a_usage_error(portal):
    with pytest.raises(UsageError, match="cannot be associated"):
        association_types(portal, "contacts", "2-999")
