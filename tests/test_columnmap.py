"""Where columns go: as told, or by the same name, and never in silence."""

from __future__ import annotations

import pyarrow as pa
import pytest

from leadscore.columnmap import map_columns, new_definition
from leadscore.errors import UsageError

DEFINED = {
    "email": {"label": "Email"},
    "firstname": {"label": "First name"},
    "plan__c": {"label": "Plan"},
    "size_a": {"label": "Size"},
    "size_b": {"label": "Size"},
    "createdate": {"label": "Create date", "modificationMetadata": {"readOnlyValue": True}},
}


def test_what_is_told_goes_first_and_the_rest_by_name_or_label():
    found = map_columns(
        ["Email Address", "First Name", "Plan", "Mood"], DEFINED, {"Email Address": "email"}
    )
    assert found.used == {"Email Address": "email", "First Name": "firstname", "Plan": "plan__c"}
    assert found.frame["how"].tolist() == [
        "as told",
        "by its name",
        "by its label",
        "no property of this name",
    ]
    assert found.column_of("email") == "Email Address"


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (["Size"], "no property of this name"),  # two properties are called so
        (["Email", "E-Mail"], "another column may go to email as well"),
        (["Create Date"], "createdate is set by HubSpot alone"),
    ],
)
def test_what_is_in_doubt_is_left_out_and_told(columns, why):
    assert map_columns(columns, DEFINED).left_out == dict.fromkeys(columns, why)


def test_a_column_can_be_left_out_and_a_property_be_new():
    found = map_columns(["Email", "Mood"], DEFINED, {"Email": None, "Mood": "mood"})
    assert (found.left_out, found.new) == ({"Email": "as told"}, {"Mood": "mood"})


def test_a_map_that_cannot_be_meant_is_refused():
    with pytest.raises(UsageError, match=r"'Emial'.*Did you mean 'Email'"):
        map_columns(["Email"], DEFINED, {"Emial": "email"})
    with pytest.raises(UsageError, match="two columns to the property email"):
        map_columns(["a", "b"], DEFINED, {"a": "email", "b": "email"})


@pytest.mark.parametrize(
    ("name", "words", "kind"),
    [
        ("seats", ["1", "2"], "number"),
        ("customer_id", ["1", "2"], "string"),
        ("phone", ["5551234", "5551235"], "string"),
        ("plz", ["10115", "20095"], "string"),
        ("vip", ["true", "false"], "bool"),
        ("since", ["2026-01-01", None], "date"),
        ("seen", ["2026-01-01T10:00:00Z", None], "datetime"),
        ("plan", ["gold", "gold", "silver", "silver"], "string"),
    ],
)
def test_a_new_property_has_the_type_of_its_values_and_codes_are_text(name, words, kind):
    assert new_definition("A column", name, pa.array(words))["type"] == kind


def test_a_name_that_no_property_can_have_is_refused():
    with pytest.raises(UsageError, match="No property can be called 'Größe'"):
        new_definition("Größe", "Größe", pa.array(["1"]))
