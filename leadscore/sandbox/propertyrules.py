"""What HubSpot accepts as the definition of a property.

Sources: HubSpot API docs, "Properties"; conformance notes on developer test portals for the
status codes and sub-categories. The exact pattern of names is not documented: lower case, fewer
than 100 characters after the first, a letter first (HubSpot/hubspot-api-nodejs#277). That only
text and numbers may be unique is the knowledge base's word on the property settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from leadscore.sandbox.replies import Refusal, bad_json, invalid, missing_fields

__all__ = [
    "CHANGEABLE",
    "FORMULA",
    "GIVEN",
    "NAME",
    "REQUIRED",
    "bad_property",
    "check_change_of_type",
    "check_plain",
    "check_shape",
    "completed",
    "names_in",
]

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
REQUIRED = ("groupName", "name", "label", "type", "fieldType")
FORMULA = "calculation_equation"
_FIELD_TYPES = {
    "bool": {"booleancheckbox", FORMULA},
    "enumeration": {"booleancheckbox", "checkbox", "radio", "select", FORMULA},
    "date": {"date"},
    "datetime": {"date"},
    "string": {"text", "textarea", "file", "html", "phonenumber", FORMULA},
    "number": {"number", FORMULA},
    "phone_number": {"phonenumber"},
}
_PLAIN: dict[str, type] = {
    "calculationFormula": str,
    "currencyPropertyName": str,
    "dataSensitivity": str,
    "description": str,
    "displayOrder": int,
    "externalOptions": bool,
    "formField": bool,
    "hasUniqueValue": bool,
    "hidden": bool,
    "label": str,
    "numberDisplayHint": str,
    "referencedObjectType": str,
    "showCurrencySymbol": bool,
    "textDisplayHint": str,
}
_ONE_OF = {
    "dataSensitivity": {"non_sensitive", "sensitive", "highly_sensitive"},
    "numberDisplayHint": {
        *("unformatted", "formatted", "percentage", "currency", "duration", "probability"),
    },
    "textDisplayHint": {
        *("domain_name", "email", "ip_address", "multi_line", "phone_number"),
        *("physical_address", "postal_code", "unformatted_single_line"),
    },
}
# What a PATCH may change; the rest of what a POST takes is ignored there.
CHANGEABLE = (
    {*_PLAIN} - {"dataSensitivity", "externalOptions", "hasUniqueValue", "referencedObjectType"}
) | {"type", "fieldType", "groupName", "options"}
GIVEN = {*_PLAIN, "type", "fieldType", "groupName", "name", "options"}
_UNIQUE_TYPES = {"string", "number"}


def bad_property(message: str, code: str, **more: Any) -> Refusal:
    """400: a definition that HubSpot does not accept."""
    return invalid(message, subCategory=f"PropertyValidationError.{code}", **more)


def check_plain(body: Mapping[str, Any]) -> None:
    """Check the JSON types of fields.

    Raises
    ------
    Refusal
        400.
    """
    for key, kind in _PLAIN.items():
        value = body.get(key)
        if value is None:
            continue
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise bad_json(f"{key} must be a {kind.__name__}")
        if value not in _ONE_OF.get(key, {value}):
            raise bad_json(f"{key} must be one of {sorted(_ONE_OF[key])}, not {value}")
    if not isinstance(body.get("options") or [], list):
        raise bad_json("options must be a list of objects")


def check_shape(body: Mapping[str, Any]) -> None:
    """Check that type, field type, options, formula and uniqueness go together.

    Raises
    ------
    Refusal
        400.
    """
    check_plain(body)
    fitting = _FIELD_TYPES.get(str(body["type"]))
    if fitting is None:
        listed = ", ".join(sorted(_FIELD_TYPES))
        raise invalid(f"Invalid type {body['type']}; it must be one of: [{listed}]")
    if str(body["fieldType"]) not in fitting:
        message = f"Field type {body['fieldType']} does not fit type {body['type']}."
        raise bad_property(message, "INVALID_FIELD_TYPE")
    _check_options(body)
    _check_formula(body)
    if body.get("hasUniqueValue") and body["type"] not in _UNIQUE_TYPES:
        message = f"A property of type {body['type']} cannot be unique."
        raise bad_property(message, "INVALID_UNIQUE_PROPERTY")


def _check_formula(body: Mapping[str, Any]) -> None:
    if (body["fieldType"] == FORMULA) is not bool(body.get("calculationFormula")):
        message = f"A calculationFormula goes with the field type {FORMULA}, and with no other."
        raise bad_property(message, "INVALID_CALCULATION_FORMULA")


def check_change_of_type(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Check that a calculated property stays one, and one that is not stays so (assumed).

    Raises
    ------
    Refusal
        400.
    """
    if (old["fieldType"] == FORMULA) is not (new["fieldType"] == FORMULA):
        message = f"The field type of {old['name']} cannot be changed to {new['fieldType']}."
        raise bad_property(message, "INVALID_FIELD_TYPE")


def completed(options: Any) -> list[dict[str, Any]]:
    """Return options with what is left out filled in."""
    return [
        {"displayOrder": -1, "hidden": False, "description": ""} | dict(option)
        for option in options or []
    ]


def names_in(formula: str | None) -> set[str]:
    """Return the words of a formula, among them the properties that it uses.

    Examples
    --------
    >>> sorted(names_in("[amount] * 2 + rate"))
    ['2', 'amount', 'rate']
    """
    return set(re.findall(r"\w+", formula or ""))


# --------------------------------------------------------------------------- options


def _check_options(body: Mapping[str, Any]) -> None:
    options = body.get("options")
    if body["type"] == "enumeration" and options is None and not body.get("externalOptions"):
        raise missing_fields("options")
    options = options or []
    for option in options:
        _check_option(option)
    values = [option["value"] for option in options]
    plain_bool = body["type"] == "bool" and body["fieldType"] != FORMULA
    if plain_bool and sorted(values) != ["false", "true"]:
        message = "A bool property needs exactly the options true and false."
        raise bad_property(message, "INVALID_BOOLEAN_OPTION")
    for key in ("value", "label"):
        _check_distinct([option[key] for option in options], key)
    if options and body["type"] not in {"bool", "enumeration"}:
        message = f"A property of type {body['type']} has no options."
        raise bad_property(message, "OPTIONS_NOT_ALLOWED")


def _check_option(option: Any) -> None:
    missing = [key for key in ("label", "value") if not _text(option, key)]
    if missing:
        raise missing_fields(*(f"options.{key}" for key in missing))
    for key, kind in (("displayOrder", int), ("hidden", bool), ("description", str)):
        if option.get(key) is not None and not isinstance(option[key], kind):
            raise bad_json(f"options.{key} must be a {kind.__name__}")


def _text(option: Any, key: str) -> bool:
    return isinstance(option, dict) and isinstance(option.get(key), str) and bool(option[key])


def _check_distinct(given: list[str], key: str) -> None:
    twice = sorted({one for one in given if given.count(one) > 1}) if len(given) < 500 else []
    if len(set(given)) < len(given):
        message = f"Property options must have distinct {key}s: {twice}"
        raise bad_property(message, "DUPLICATE_OPTIONS")
