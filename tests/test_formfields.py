"""What a form asks, and what is wrong with an answer."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from formbodies import body, field

from leadscore.formfields import LONGEST, Field, as_sent, fields_frame, fields_of, flaw

SIZES = [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]


def made(kind: str = "single_line_text", **more) -> Field:
    return fields_of(body(field("a", kind, **more)))["a"]


def test_a_field_of_another_object_is_called_by_its_type_too():
    asked = fields_of(body(field("name"), field("name", objectTypeId="0-2")))
    assert list(asked) == ["name", "0-2/name"]
    assert asked["0-2/name"].name == "name"


def test_a_field_that_depends_on_another_stands_behind_it_and_is_not_required_here():
    inner = {"dependentCondition": {}, "dependentField": field("why", required=True)}
    asked = fields_of(body(field("size", dependentFields=[inner]), field("last")))
    assert list(asked) == ["size", "why", "last"]
    assert asked["why"].depends_on == "size"
    assert flaw(asked["why"], "") == ""


def test_the_frame_of_fields_is_typed_even_of_none():
    for fields in ({}, fields_of(body(field("size", "dropdown", options=SIZES)))):
        frame = fields_frame(fields)
        assert frame.dtypes.astype(str).to_dict() == {
            **dict.fromkeys(("name", "label", "type", "objectTypeId", "depends_on"), "str"),
            **dict.fromkeys(("required", "hidden"), "bool"),
            "options": "object",
        }
    assert frame["options"].tolist() == [["s", "l"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *[("a ", "a "), (1, "1"), (1.0, "1"), (1.5, "1.5"), (np.int64(7), "7"), (True, "true")],
        *[(np.True_, "true"), (None, ""), (float("nan"), ""), (pd.NA, ""), (pd.NaT, "")],
        *[(["a", "b"], "a;b"), (("a",), "a"), (np.array(["a", "b"]), "a;b")],
        *[(pd.Timestamp("2026-11-30"), "2026-11-30"), (datetime.date(2026, 1, 2), "2026-01-02")],
        (pd.Timestamp("2026-11-30 12:00", tz="Europe/Berlin"), "2026-11-30T11:00:00.000Z"),
    ],
)
def test_a_value_is_sent_as_a_form_takes_it(value, text):
    assert as_sent(value) == text


@pytest.mark.parametrize(
    ("asked", "text", "says"),
    [
        (made(required=True), "  ", "is required"),
        (made(), "x" * (LONGEST + 1), "characters"),
        (made("email"), "ada@", "no e-mail address"),
        (made("email", validation={"blockedEmailDomains": ["x.com"]}), "a@X.com", "addresses of"),
        (made("number"), "twelve", "number"),
        (made("single_checkbox"), "maybe", "true or false"),
        (made("dropdown", options=SIZES), "Large", "stands for 'l'"),
        (made("radio", options=SIZES), "z", "there is 's', 'l'"),
        (made("multiple_checkboxes", options=SIZES), "s;x", "no option 'x'"),
        (made("email"), "a\u202eb\x1b@", "\ufffd"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said_and_is_fit_to_be_seen(asked, text, says):
    found = flaw(asked, text)
    assert says in found
    assert found.isprintable()


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (made("email"), "ada.b+c@mail.example.com"),
        (made("number"), "-1.5"),
        (made("single_checkbox"), "true"),
        (made("multiple_checkboxes", options=SIZES), "s;l"),
        (made("dropdown", options=SIZES), "s"),
        (made("dropdown", options=SIZES), ""),
    ],
)
def test_nothing_is_wrong_with_a_good_answer(asked, text):
    assert flaw(asked, text) == ""
