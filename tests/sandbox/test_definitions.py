import pytest

from leadscore.sandbox.definitions import MOST_UNIQUE, Definitions
from leadscore.sandbox.replies import Refusal

BODY = {
    "name": "score",
    "label": "Score",
    "type": "number",
    "fieldType": "number",
    "groupName": "contactinformation",
}
NOW = "2026-01-01T00:00:00.000Z"


@pytest.fixture
def found():
    return Definitions("contacts")


def create(found, **more):
    return found.create(BODY | more, at=NOW)


def refused(found, **more):
    with pytest.raises(Refusal) as refusal:
        create(found, **more)
    return refusal.value


def options(*values):
    return [{"label": value.title(), "value": value} for value in values]


@pytest.mark.parametrize("name", ["a", "score_2", "x" * 100])
def test_names_are_lower_case_letters_digits_and_underscores(found, name):
    assert create(found, name=name)["name"] == name


@pytest.mark.parametrize("name", ["Score", "1st", "a b", "a.b", "a-b", "ä", "x" * 101, "_x", "x\n"])
def test_other_names_are_refused(found, name):
    assert refused(found, name=name).status == 400


@pytest.mark.parametrize("key", ["name", "label", "type", "fieldType", "groupName"])
def test_what_a_property_needs_must_be_there(found, key):
    refusal = refused(found, **{key: ""})
    assert (refusal.status, key in refusal.message) == (400, True)


FITTING = [
    ("number", "number"),
    ("string", "text"),
    ("string", "textarea"),
    ("string", "phonenumber"),
    ("date", "date"),
    ("datetime", "date"),
]


@pytest.mark.parametrize("kind", ["number", "string", "date", "datetime"])
@pytest.mark.parametrize("field", ["number", "text", "textarea", "phonenumber", "date", "select"])
def test_types_and_field_types_must_fit(found, kind, field):
    if (kind, field) in FITTING:
        assert create(found, type=kind, fieldType=field)["fieldType"] == field
    else:
        assert refused(found, type=kind, fieldType=field).status == 400


def test_an_unknown_type_is_refused(found):
    assert refused(found, type="json").status == 400


def test_a_bool_needs_the_options_true_and_false(found):
    given = {"type": "bool", "fieldType": "booleancheckbox"}
    for wrong in ([], options("true"), options("yes", "no"), options("true", "false", "maybe")):
        refusal = refused(found, **given, options=wrong)
        assert refusal.more["subCategory"] == "PropertyValidationError.INVALID_BOOLEAN_OPTION"
    assert create(found, **given, options=options("false", "true"))["type"] == "bool"


def test_options_need_a_label_and_a_value_of_their_own(found):
    given = {"type": "enumeration", "fieldType": "select"}
    for wrong in (
        [{"value": "a"}],
        [{"label": "A"}],
        [{"label": "A", "value": ""}],
        [{"label": "A", "value": 1}],
        ["a"],
        options("a", "a"),
        [{"label": "A", "value": "a"}, {"label": "A", "value": "b"}],
    ):
        assert refused(found, **given, options=wrong).status == 400
    assert [
        one["value"] for one in create(found, **given, options=options("a", "b"))["options"]
    ] == [
        "a",
        "b",
    ]


def test_only_enumerations_have_options(found):
    assert refused(found, options=options("a")).status == 400


def test_a_name_that_is_there_is_a_conflict(found):
    create(found)
    refusal = refused(found)
    assert (refusal.status, refusal.category) == (409, "OBJECT_ALREADY_EXISTS")
    assert refusal.more["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"
    assert refused(found, name="email").status == 409


def test_the_group_must_be_there(found):
    assert refused(found, groupName="nope").status == 400


def test_an_object_type_takes_a_thousand_custom_properties(found):
    for number in range(1000):
        create(found, name=f"p{number}")
    assert "1000" in refused(found, name="one_more").message
    found.archive("p0", at=NOW)
    create(found, name="one_more")


def test_ten_properties_may_be_unique(found):
    for number in range(MOST_UNIQUE):
        create(found, name=f"p{number}", hasUniqueValue=True)
    assert refused(found, hasUniqueValue=True).status == 400
    assert len(found.unique) == 10


def test_options_that_are_given_replace_the_list_and_others_stay(found):
    create(found, type="enumeration", fieldType="select", options=options("a", "b"))
    assert len(found.update("score", {"label": "New"}, at=NOW)["options"]) == 2
    changed = found.update("score", {"options": options("c")}, at=NOW)
    assert ([one["value"] for one in changed["options"]], changed["label"]) == (["c"], "New")


def test_uniqueness_and_names_cannot_be_changed_later(found):
    create(found)
    changed = found.update("score", {"hasUniqueValue": True, "name": "other"}, at=NOW)
    assert (changed["hasUniqueValue"], changed["name"]) == (False, "score")


def test_hubspots_own_properties_can_be_neither_changed_nor_archived(found):
    with pytest.raises(Refusal, match="read only"):
        found.update("email", {"label": "x"}, at=NOW)
    with pytest.raises(Refusal, match="cannot be archived"):
        found.archive("email", at=NOW)


def test_creating_an_archived_property_brings_it_back(found):
    create(found)
    found.archive("score", at=NOW)
    assert "score" not in found.active
    assert found.get("score", archived=True)["archived"] is True
    create(found)
    assert ("score" in found.active, "score" in found.archived) == (True, False)


def test_a_group_needs_a_name_of_its_own(found):
    assert found.create_group({"name": "mine", "label": "Mine"})["label"] == "Mine"
    for wrong, status in [({"name": "mine", "label": "x"}, 409), ({"name": "x"}, 400)]:
        with pytest.raises(Refusal) as refusal:
            found.create_group(wrong)
        assert refusal.value.status == status
    with pytest.raises(Refusal, match="Invalid property group name"):
        found.create_group({"name": "My group", "label": "x"})
