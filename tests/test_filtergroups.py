from __future__ import annotations

from datetime import UTC

import pytest

from leadscore.errors import UsageError
from leadscore.filtergroups import check_limits, groups_of

KNOWN = {
    "seats": {"type": "number"},
    "stage": {"type": "enumeration", "options": [{"value": "lead", "label": "Lead"}]},
}
ONE = {"propertyName": "seats", "operator": "GTE", "value": "5"}


def groups(where):
    return groups_of(where, KNOWN, object_type="contacts", zone=UTC)


def test_every_way_in_which_hubspot_writes_filters_is_read():
    assert groups(ONE) == groups([ONE]) == groups({"filters": [ONE]}) == [[ONE]]
    two = [{"filters": [ONE]}, {"filters": [ONE, ONE]}]
    assert groups(two) == groups({"filterGroups": two}) == [[ONE], [ONE, ONE]]


def test_an_association_is_a_property_of_its_own():
    linked = {"propertyName": "associations.company", "operator": "EQ", "value": "1"}
    assert groups(linked) == [[linked]]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("seats", "as HubSpot writes"),
        ([], "as HubSpot writes"),
        ({"sorts": []}, "'sorts'"),
        ([5], "something else"),
        ({"filters": [{"operator": "EQ"}]}, "without propertyName"),
        ({**ONE, "propertyName": "seat"}, "mean seats"),
        ({**ONE, "operator": "=="}, "no operator"),
        ({**ONE, "operator": "IN"}, "takes values"),
        ({**ONE, "operator": "BETWEEN"}, "takes value and highValue"),
        ({**ONE, "operator": "HAS_PROPERTY"}, "takes no value"),
        ({"propertyName": "stage", "operator": "EQ", "value": "Lead"}, "its value is 'lead'"),
        ({"propertyName": "stage", "operator": "IN", "values": ["x"]}, "no option 'x'"),
    ],
)
def test_what_hubspot_would_refuse_is_refused_before(where, said):
    with pytest.raises(UsageError, match=said):
        groups(where)


@pytest.mark.parametrize("sizes", [[1] * 6, [7], [6, 6, 6, 1]])
def test_more_than_hubspot_takes_is_one_clear_error(sizes):
    with pytest.raises(UsageError, match="5 groups of 6 filters, 18 in all"):
        check_limits([[ONE] * size for size in sizes])


def test_as_much_as_hubspot_takes_is_fine():
    check_limits([[ONE] * 6] * 3)
