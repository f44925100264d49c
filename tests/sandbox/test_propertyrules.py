import pytest

from leadscore.sandbox.propertyrules import (
    CHANGEABLE,
    check_change_of_type,
    check_plain,
    check_shape,
    completed,
    names_in,
)
from leadscore.sandbox.replies import Refusal

NUMBER = {"name": "score", "type": "number", "fieldType": "number"}


@pytest.mark.parametrize(
    "given",
    [
        {"label": 1},
        {"displayOrder": "1"},
        {"displayOrder": True},
        {"hidden": "true"},
        {"formField": 1},
        {"hasUniqueValue": "yes"},
        {"numberDisplayHint": "dollars"},
        {"textDisplayHint": "poem"},
        {"dataSensitivity": "secret"},
        {"options": {"label": "A", "value": "a"}},
    ],
    ids=str,
)
def test_fields_have_their_json_types_and_words(given):
    with pytest.raises(Refusal) as refusal:
        check_plain(given)
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    "hint", ["unformatted", "formatted", "percentage", "currency", "duration", "probability"]
)
def test_numbers_are_shown_in_six_ways(hint):
    check_plain({"numberDisplayHint": hint})


@pytest.mark.parametrize(
    ("kind", "field", "fits"),
    [
        ("string", "text", True),
        ("number", "number", True),
        ("date", "date", False),
        ("datetime", "date", False),
        ("phone_number", "phonenumber", False),
    ],
)
def test_text_and_numbers_alone_may_be_unique(kind, field, fits):
    given = {"type": kind, "fieldType": field, "hasUniqueValue": True}
    if fits:
        check_shape(given)
        return
    with pytest.raises(Refusal, match="cannot be unique"):
        check_shape(given)


@pytest.mark.parametrize("kind", ["json", "object_coordinates", "", None])
def test_types_that_cannot_be_created_are_refused(kind):
    with pytest.raises(Refusal, match="Invalid type"):
        check_shape(NUMBER | {"type": kind})


def test_an_enumeration_needs_options_unless_they_come_from_elsewhere():
    given = {"type": "enumeration", "fieldType": "select"}
    with pytest.raises(Refusal, match="options"):
        check_shape(given)
    check_shape(given | {"externalOptions": True, "referencedObjectType": "OWNER"})


@pytest.mark.parametrize("more", [{"displayOrder": "1"}, {"hidden": "no"}, {"description": 1}])
def test_what_comes_with_an_option_has_its_json_type(more):
    option = {"label": "A", "value": "a"} | more
    with pytest.raises(Refusal, match="options"):
        check_shape({"type": "enumeration", "fieldType": "select", "options": [option]})


def test_what_an_option_leaves_out_is_filled_in():
    [option] = completed([{"label": "A", "value": "a"}])
    assert option == {
        "label": "A",
        "value": "a",
        "displayOrder": -1,
        "hidden": False,
        "description": "",
    }


def test_a_field_type_changes_freely_but_for_calculation():
    check_change_of_type(NUMBER, NUMBER | {"type": "string", "fieldType": "text"})
    with pytest.raises(Refusal, match="cannot be changed"):
        check_change_of_type(NUMBER, NUMBER | {"fieldType": "calculation_equation"})


def test_names_uniqueness_and_sensitivity_are_for_good():
    assert not {"name", "hasUniqueValue", "dataSensitivity"} & CHANGEABLE


def test_a_formula_is_read_for_the_names_in_it():
    assert {"amount", "rate"} <= names_in("if(amount > 3, rate, 0)")
    assert names_in(None) == set()
