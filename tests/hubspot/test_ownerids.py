from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.hubspot.ownerids import OwnerIds, holds_owners, with_owner_ids
from leadscore.sandbox.owners import archive, seed


@pytest.fixture
def owned(portal, sandbox):
    seed(sandbox.portal, [(77, "ada@example.org", "Ada", "A"), (78, "bob@example.org", "Bob", "B")])
    archive(sandbox.portal, 78)
    return portal


def test_an_address_is_an_id_and_an_id_is_itself(owned):
    known = OwnerIds(owned)
    assert [known.of(one) for one in (" Ada@Example.org ", 12, "12", 12.0)] == [
        *("77", "12", "12", "12")
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [("adda@example.org", "mean ada@example"), ("x@y.example", "no owner"), ("Ada", "names no")],
)
def test_who_is_no_owner_is_refused(owned, given, said):
    with pytest.raises(UsageError, match=said):
        OwnerIds(owned).of(given)


def test_who_left_is_searched_for_and_given_nothing(owned):
    assert OwnerIds(owned, left=True).of("bob@example.org") == "78"
    with pytest.raises(UsageError, match="no owner"):
        OwnerIds(owned).of("bob@example.org")


def test_owners_are_read_once_and_only_for_an_address(owned, sandbox):
    known, before = OwnerIds(owned), len(sandbox.requests())
    known.of("12")
    assert len(sandbox.requests()) == before
    known.of("ada@example.org")
    after = len(sandbox.requests())
    known.of("ada@example.org")
    assert len(sandbox.requests()) == after > before


def test_filters_get_ids_where_the_property_holds_owners(owned):
    definitions = {"second_owner": {"name": "second_owner", "referencedObjectType": "OWNER"}}
    one = {"propertyName": "second_owner", "operator": "IN", "values": ["ada@example.org", "5"]}
    other = {"propertyName": "email", "operator": "EQ", "value": "ada@example.org"}
    assert with_owner_ids(owned, [[one], [other]], definitions) == [
        [{**one, "values": ["77", "5"]}],
        [other],
    ]
    assert holds_owners(definitions["second_owner"])
