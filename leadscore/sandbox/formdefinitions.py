"""Definitions of forms: what they are made of, and what HubSpot refuses of it.

HubSpot API docs, "Forms". Assumed: ``createdAt`` and ``archived`` need not be sent, a field's
property must exist, and what is not said takes the value of HubSpot's own examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from leadscore.sandbox.replies import bad_json, invalid, missing_fields, not_found

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = ["CHANGEABLE", "FIELD_TYPES", "Form", "changed", "fields_of", "find", "made"]

Form = dict[str, Any]

NEEDED = (
    *("formType", "name", "fieldGroups"),
    *("configuration", "displayOptions", "legalConsentOptions"),
)
CHANGEABLE = (
    *("name", "fieldGroups", "configuration"),
    *("displayOptions", "legalConsentOptions", "archived"),
)
FIELD_TYPES = frozenset(
    [
        "datepicker",
        "dropdown",
        "email",
        "file",
        "mobile_phone",
        "multi_line_text",
        "multiple_checkboxes",
        "number",
        "payment_link_radio",
        "phone",
        "radio",
        "single_checkbox",
        "single_line_text",
    ]
)
_CONSENTS = (
    *("none", "legitimate_interest"),
    *("explicit_consent_to_process", "implicit_consent_to_process"),
)
_GROUPS = ("default_group", "progressive", "queued")
_ACTIONS = ("thank_you", "redirect_url")
_FIELD = ("objectTypeId", "name", "label", "fieldType")
_CONFIGURATION: dict[str, Any] = {
    "language": "en",
    "cloneable": True,
    "postSubmitAction": {"type": "thank_you", "value": "Thanks for submitting the form."},
    "editable": True,
    "archivable": True,
    "recaptchaEnabled": False,
    "notifyContactOwner": False,
    "notifyRecipients": [],
    "createNewContactForNewEmail": False,
    "prePopulateKnownValues": True,
    "allowLinkToResetKnownValues": False,
    "lifecycleStages": [],
}
_DISPLAY: dict[str, Any] = {
    "renderRawHtml": False,
    "theme": "default_style",
    "submitButtonText": "Submit",
    "style": {
        "fontFamily": "arial, helvetica, sans-serif",
        "backgroundWidth": "100%",
        "labelTextColor": "#33475b",
        "labelTextSize": "11px",
        "helpTextColor": "#7C98B6",
        "helpTextSize": "11px",
        "legalConsentTextColor": "#33475b",
        "legalConsentTextSize": "14px",
        "submitColor": "#ff7a59",
        "submitAlignment": "left",
        "submitFontColor": "#ffffff",
        "submitSize": "12px",
    },
    "cssClass": None,
}


def find(portal: Portal, key: str, *, archived: bool = False) -> Form:
    """Return a form.

    Raises
    ------
    Refusal
        404: there is none, or it is archived (or is not).
    """
    found: Form | None = portal.shelf("forms").get(key)
    if found is None or found["archived"] is not archived:
        raise not_found(f"Form {key} does not exist.", context={"formId": [key]})
    return found


def made(portal: Portal, body: Mapping[str, Any]) -> Form:
    """Return a new form.

    Raises
    ------
    Refusal
        400.
    """
    missing = [key for key in NEEDED if body.get(key) is None]
    if missing:
        raise missing_fields(*missing)
    if body["formType"] != "hubspot":
        raise invalid(f"Invalid formType: {body['formType']}; only hubspot forms can be created.")
    form: Form = {"id": str(uuid4()), "formType": "hubspot", "archived": False}
    form |= {"createdAt": portal.now, "updatedAt": portal.now}
    return changed(portal, form, body)


def changed(portal: Portal, form: Form, body: Mapping[str, Any]) -> Form:
    """Return a form with what is given in the place of what it had.

    Raises
    ------
    Refusal
        400.
    """
    new = {**form, **{key: body[key] for key in CHANGEABLE if key in body}}
    new["updatedAt"] = portal.now
    if not isinstance(new["name"], str) or not new["name"].strip():
        raise invalid("A form needs a name.")
    for key, defaults in (("configuration", _CONFIGURATION), ("displayOptions", _DISPLAY)):
        new[key] = defaults | _object(new, key)
    new["legalConsentOptions"] = _one_of(new, "legalConsentOptions", _CONSENTS)
    new["configuration"]["postSubmitAction"] = _one_of(
        new["configuration"], "postSubmitAction", _ACTIONS
    )
    new["fieldGroups"] = [_group(portal, one) for one in _objects(new, "fieldGroups")]
    return new


def fields_of(form: Form) -> Iterator[dict[str, Any]]:
    """Walk over the fields of a form, those that depend on others behind them."""
    for group in form["fieldGroups"]:
        for field in group["fields"]:
            yield field
            yield from (one["dependentField"] for one in field.get("dependentFields", ()))


# --------------------------------------------------------------------------- parts


def _object(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = body[key]
    if not isinstance(found, dict):
        raise bad_json(f"{key} must be an object")
    return found


def _objects(body: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = body.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise bad_json(f"{key} must be a list of objects")
    return found


def _one_of(body: Mapping[str, Any], key: str, types: tuple[str, ...]) -> dict[str, Any]:
    found = _object(body, key)
    if found.get("type") not in types:
        listed = ", ".join(types)
        raise invalid(f"Invalid {key}.type: {found.get('type')}; it must be one of: [{listed}]")
    return found


def _group(portal: Portal, group: Mapping[str, Any]) -> dict[str, Any]:
    kind = group.get("groupType", "default_group")
    if str(kind) not in _GROUPS:
        raise invalid(f"Invalid groupType: {kind}; it must be one of: [{', '.join(_GROUPS)}]")
    fields = [_field(portal, one) for one in _objects(group, "fields")]
    text = {"richTextType": "text"} | {key: group[key] for key in _RICH if key in group}
    return {"groupType": kind, "fields": fields} | text


_RICH = ("richTextType", "richText")


def _field(portal: Portal, field: Mapping[str, Any]) -> dict[str, Any]:
    missing = [f"fieldGroups.fields.{key}" for key in _FIELD if field.get(key) is None]
    if missing:
        raise missing_fields(*missing)
    if str(field["fieldType"]) not in FIELD_TYPES:
        raise invalid(f"Invalid fieldType: {field['fieldType']}")
    collection = portal.collection(str(field["objectTypeId"]))
    if str(field["name"]) not in collection.definitions.active:
        raise invalid(f"Property {field['name']} does not exist on {collection.kind.name}.")
    given = {"required": False, "hidden": False, "dependentFields": []} | dict(field)
    given["dependentFields"] = [
        _dependent(portal, one) for one in _objects(given, "dependentFields")
    ]
    return given


def _dependent(portal: Portal, given: Mapping[str, Any]) -> dict[str, Any]:
    return dict(given) | {"dependentField": _field(portal, _object(given, "dependentField"))}
