"""How a record is found, and what is shown of it."""

import pytest

from leadscore.sandbox.replies import Refusal
from leadscore.sandbox.views import find, known


@pytest.fixture
def contacts(portal, add):
    add(email="ada@example.com", city="Ulm")
    return portal.collection("contacts")


def test_a_record_is_found_by_its_id_and_by_a_unique_property_in_any_case(contacts):
    assert find(contacts, "1001", "").id == 1001
    assert find(contacts, "Ada@Example.com", "email").id == 1001


@pytest.mark.parametrize(
    ("key", "by", "status"),
    [("1002", "", 404), ("x", "", 404), ("nobody@example.com", "email", 404), ("Ulm", "city", 400)],
)
def test_what_is_not_there_is_a_404_and_what_is_not_unique_a_400(contacts, key, by, status):
    with pytest.raises(Refusal) as refused:
        find(contacts, key, by)
    assert refused.value.status == status


def test_what_is_asked_for_and_exists_is_shown_with_what_always_comes(contacts):
    always = ["createdate", "hs_object_id", "lastmodifieddate"]
    assert known(contacts, ["city", "unheard_of"]) == ["city", *always]
    assert set(known(contacts, [])) == {*always, "email", "firstname", "lastname"}
