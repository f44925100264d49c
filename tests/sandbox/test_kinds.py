import pytest

from leadscore.sandbox.kinds import KINDS, STAGES


@pytest.mark.parametrize(
    ("name", "singular", "type_id", "modified"),
    [
        ("contacts", "contact", "0-1", "lastmodifieddate"),
        ("companies", "company", "0-2", "hs_lastmodifieddate"),
        ("deals", "deal", "0-3", "hs_lastmodifieddate"),
    ],
)
def test_each_object_type_has_its_id_and_its_own_word_for_the_last_change(
    name, singular, type_id, modified
):
    found = next(kind for kind in KINDS if kind.name == name)
    assert found.aliases == (name, singular, type_id)
    assert found.modified == modified


def test_the_lifecycle_stages_are_in_hubspots_order():
    assert list(STAGES) == [
        "subscriber",
        "lead",
        "marketingqualifiedlead",
        "salesqualifiedlead",
        "opportunity",
        "customer",
        "evangelist",
        "other",
    ]
