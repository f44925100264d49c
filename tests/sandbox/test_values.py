import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.sandbox.replies import Refusal
from leadscore.sandbox.standard import definition, standard_properties
from leadscore.sandbox.values import LONGEST, checked, not_valid

CUSTOM = {
    name: definition(name=name, type=kind, fieldType=field, options=[], externalOptions=False)
    for name, kind, field in [
        ("n", "number", "number"),
        ("s", "string", "text"),
        ("d", "date", "date"),
        ("t", "datetime", "date"),
        ("b", "bool", "booleancheckbox"),
    ]
}
DEFINITIONS = standard_properties("contacts") | CUSTOM


def check(current=None, **given):
    return checked(DEFINITIONS, given, current or {}, portal_id=42)


def problem(**given):
    with pytest.raises(Refusal) as refused:
        check(**given)
    assert (refused.value.status, refused.value.category) == (400, "VALIDATION_ERROR")
    text = refused.value.message.removeprefix("Property values were not valid: ")
    return json.loads(text)[0]


@pytest.mark.parametrize("text", ["0", "1", "-1", "+1", "0.5", ".5", "5.", "007", "1" * 40])
def test_decimal_strings_are_numbers(text):
    assert check(n=text) == {"n": text}


@pytest.mark.parametrize(
    "text", ["1,234", "1e3", "nan", "NaN", "Infinity", " 1", "1 ", "٣", "0x1", "one", "1.2.3", "-"]
)
def test_anything_else_is_not_a_number(text):
    assert problem(n=text)["error"] == "INVALID_INTEGER"


@given(st.text())
def test_what_a_number_property_keeps_can_be_read_back_as_a_number(text):
    try:
        kept = check(n=text)["n"]
    except Refusal:
        return
    assert kept == "" or re.fullmatch(r"[-+0-9.]+", kept)
    assert kept == "" or float(kept) is not None


@pytest.mark.parametrize("text", ["True", "TRUE", "yes", "1", "t"])
def test_booleans_are_true_and_false_in_lower_case(text):
    assert check(b="true") == {"b": "true"}
    assert problem(b=text)["error"] == "INVALID_OPTION"


def test_json_numbers_and_booleans_become_strings():
    assert check(n=5, b=True, s=0.25) == {"n": "5", "b": "true", "s": "0.25"}


@pytest.mark.parametrize("value", [None, [], {}, ["a"]])
def test_null_and_nested_values_are_refused(value):
    assert problem(s=value)["error"] == "INVALID_VALUE"


def test_dates_are_kept_as_days_and_datetimes_as_utc():
    assert check(d="1582934400000", t="2020-02-29T05:30:17+02:00") == {
        "d": "2020-02-29",
        "t": "2020-02-29T03:30:17.000Z",
    }
    assert problem(d="29.02.2020")["error"] == problem(t="2020-02-29")["error"] == "INVALID_DATE"


def test_an_enumeration_takes_its_options_exactly():
    assert check(lifecyclestage="customer") == {"lifecyclestage": "customer"}
    for wrong in ("Customer", "customer ", "client", "lead;customer"):
        found = problem(lifecyclestage=wrong)
        assert found["error"] == "INVALID_OPTION"
        assert "was not one of the allowed options" in found["message"]


def test_a_leading_semicolon_adds_to_a_multiple_checkbox():
    current = {"hs_buying_role": "CHAMPION;END_USER"}
    assert check(current, hs_buying_role=";BLOCKER") == {
        "hs_buying_role": "CHAMPION;END_USER;BLOCKER"
    }
    assert check(current, hs_buying_role="BLOCKER") == {"hs_buying_role": "BLOCKER"}
    assert check(current, hs_buying_role=";CHAMPION")["hs_buying_role"] == "CHAMPION;END_USER"
    assert problem(hs_buying_role="BLOCKER;NOBODY")["error"] == "INVALID_OPTION"


def test_an_empty_string_clears_any_type():
    assert check(n="", b="", d="", lifecyclestage="", hs_buying_role="") == {
        "n": "",
        "b": "",
        "d": "",
        "lifecyclestage": "",
        "hs_buying_role": "",
    }


def test_an_email_address_is_kept_in_lower_case_and_must_be_one():
    assert check(email=" Ada@Example.COM ") == {"email": "ada@example.com"}
    for wrong in ("ada", "ada@example", "a b@example.com", "@example.com"):
        assert problem(email=wrong)["error"] == "INVALID_EMAIL"


def test_an_owner_is_an_id():
    assert check(hubspot_owner_id="123") == {"hubspot_owner_id": "123"}
    assert problem(hubspot_owner_id="ada@example.com")["error"] == "INVALID_OPTION"


def test_a_string_has_at_most_65536_characters():
    assert len(check(s="x" * LONGEST)["s"]) == 65_536
    assert problem(s="x" * (LONGEST + 1))["error"] == "PROPERTY_VALUE_TOO_LONG"


@pytest.mark.parametrize("name", ["createdate", "hs_object_id", "hs_email_open", "hubspotscore"])
def test_read_only_properties_are_refused_even_to_be_cleared(name):
    assert problem(**{name: ""})["error"] == "READ_ONLY_VALUE"


def test_an_unknown_property_is_refused_in_hubspots_words():
    assert problem(nope="1") == {
        "isValid": False,
        "message": 'Property "nope" does not exist',
        "error": "PROPERTY_DOESNT_EXIST",
        "name": "nope",
        "localizedErrorMessage": 'Property "nope" does not exist',
        "portalId": 42,
    }


def test_every_value_that_does_not_fit_is_named():
    with pytest.raises(Refusal) as refused:
        check(n="x", s="fine", b="y")
    errors = refused.value.more["errors"]
    assert [error["context"]["propertyName"] for error in errors] == [["n"], ["b"]]


def test_properties_must_be_an_object():
    with pytest.raises(Refusal, match="Invalid input JSON"):
        checked(DEFINITIONS, ["n"], {}, portal_id=1)


def test_a_value_that_is_kept_elsewhere_must_be_there():
    owned = {"hubspot_owner_id": {"7"}}
    kept = checked(DEFINITIONS, {"hubspot_owner_id": "7"}, {}, portal_id=1, allowed=owned)
    assert kept == {"hubspot_owner_id": "7"}
    assert checked(DEFINITIONS, {"hubspot_owner_id": ""}, {}, portal_id=1, allowed=owned)
    with pytest.raises(Refusal, match="INVALID_OPTION"):
        checked(DEFINITIONS, {"hubspot_owner_id": "8"}, {}, portal_id=1, allowed=owned)


def test_one_value_is_refused_in_the_same_words_as_several():
    found = not_valid("email", "INVALID_EMAIL", "no", portal_id=1)
    assert found.message.startswith('Property values were not valid: [{"isValid":false')
    assert found.more["errors"][0]["context"] == {"propertyName": ["email"]}
