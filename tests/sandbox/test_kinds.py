import pytest

from leadscore.sandbox.kinds import KINDS, STAGES, Kind


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


@pytest.mark.parametrize(
    ("name", "type_id"),
    [
        ("tasks", "0-27"),
        ("notes", "0-46"),
        ("calls", "0-48"),
        ("meetings", "0-47"),
        ("emails", "0-49"),
    ],
)
def test_activities_are_named_like_other_types_and_need_a_time(name, type_id):
    found = next(kind for kind in KINDS if kind.name == name)
    assert found.aliases == (name, name.removesuffix("s"), type_id)
    assert (found.modified, found.needs) == ("hs_lastmodifieddate", ("hs_timestamp",))


def test_errors_do_not_name_custom_types():
    kind = Kind("p1_cars", "cars", "2-1", "hs_lastmodifieddate", (), other_names=("p_cars",))
    assert (kind.word, kind.aliases) == ("PermanentCustomObject", ("p1_cars", "2-1", "p_cars"))
