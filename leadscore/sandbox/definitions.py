"""The property definitions and groups of one object type, and HubSpot's rules on them.

Sources: HubSpot API docs, "Properties"; conformance notes on developer test portals for the
status codes and sub-categories. The exact pattern of names is not documented: lower case, fewer
than 100 characters after the first, a letter first (HubSpot/hubspot-api-nodejs#277).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from leadscore.sandbox import standard
from leadscore.sandbox.replies import Refusal, bad_json, invalid, missing_fields, not_found

__all__ = ["MOST_CUSTOM", "MOST_UNIQUE", "Definitions"]

MOST_CUSTOM = 1000
MOST_UNIQUE = 10
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
_FIELD_TYPES = {
    "bool": {"booleancheckbox", "calculation_equation"},
    "enumeration": {"booleancheckbox", "checkbox", "radio", "select", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "string": {"text", "textarea", "file", "html", "phonenumber", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "phone_number": {"phonenumber"},
}
_REQUIRED = ("groupName", "name", "label", "type", "fieldType")
_PLAIN = {
    "description": str,
    "displayOrder": int,
    "formField": bool,
    "hidden": bool,
    "label": str,
    "numberDisplayHint": str,
}
_CHANGEABLE = {*_PLAIN, "type", "fieldType", "groupName", "options"}


class Definitions:
    """Properties and groups of one object type.

    Parameters
    ----------
    kind : str
        "contacts", "companies" or "deals".

    Attributes
    ----------
    active, archived : dict of str to dict
        Definitions by name, as HubSpot sends them.
    groups : dict of str to dict
    most_custom : int
        How many custom properties there may be.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.most_custom = MOST_CUSTOM
        self.version = 0
        self.active = standard.standard_properties(kind)
        self.archived: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        for place, (name, label) in enumerate(standard.groups(kind).items()):
            self.groups[name] = _group(name, label, place)

    @property
    def custom(self) -> list[dict[str, Any]]:
        """The active properties that HubSpot did not define."""
        return [found for found in self.active.values() if not found["hubspotDefined"]]

    @property
    def unique(self) -> list[str]:
        """The custom properties whose values no two records share."""
        return [found["name"] for found in self.custom if found["hasUniqueValue"]]

    def get(self, name: str, *, archived: bool = False) -> dict[str, Any]:
        """Return a definition.

        Raises
        ------
        Refusal
            404: there is none.
        """
        found = (self.archived if archived else self.active).get(name)
        if found is None:
            raise not_found(f"Property {name} does not exist", context={"propertyName": [name]})
        return found

    # ----------------------------------------------------------------- create

    def check_new(self, body: Mapping[str, Any]) -> None:
        """Check a definition that is to be created.

        Raises
        ------
        Refusal
            400 or 409.
        """
        missing = [key for key in _REQUIRED if not body.get(key)]
        if missing:
            raise missing_fields(*missing)
        self._check_name(body["name"])
        self._check_room(unique=bool(body.get("hasUniqueValue")))
        self._check_shape(body)

    def create(self, body: Mapping[str, Any], *, at: str) -> dict[str, Any]:
        """Create a property; one that was archived comes back.

        Raises
        ------
        Refusal
            400 or 409.
        """
        self.check_new(body)
        given = {key: body[key] for key in _CHANGEABLE & body.keys()}
        given["options"] = _options(body)
        made = standard.definition(
            **given,
            name=body["name"],
            hasUniqueValue=bool(body.get("hasUniqueValue")),
            createdAt=at,
            updatedAt=at,
        )
        self.archived.pop(made["name"], None)
        self.active[made["name"]] = made
        return made

    def _check_name(self, name: Any) -> None:
        if not isinstance(name, str) or not _NAME.match(name):
            raise _bad_property(
                f"Names for properties should be lowercase and have less than 100 characters, "
                f"start with a letter and hold letters, digits and underscores only: {name}",
                "INVALID_PROPERTY_NAME",
            )
        if name in self.active:
            raise Refusal(
                409,
                f"A property named '{name}' already exists.",
                "OBJECT_ALREADY_EXISTS",
                subCategory="Properties.PROPERTY_WITH_NAME_EXISTS",
            )

    def _check_room(self, *, unique: bool) -> None:
        if len(self.custom) >= self.most_custom:
            message = f"You have reached your limit of {self.most_custom} custom properties."
            raise _bad_property(message, "PROPERTY_LIMIT_REACHED")
        if unique and len(self.unique) >= MOST_UNIQUE:
            message = f"You have reached your limit of {MOST_UNIQUE} unique properties."
            raise _bad_property(message, "UNIQUE_PROPERTY_LIMIT_REACHED")

    def _check_shape(self, body: Mapping[str, Any]) -> None:
        _check_plain(body)
        self._check_group(body["groupName"])
        fitting = _FIELD_TYPES.get(str(body["type"]))
        if fitting is None:
            listed = ", ".join(sorted(_FIELD_TYPES))
            raise invalid(f"Invalid type {body['type']}; it must be one of: [{listed}]")
        if body["fieldType"] not in fitting:
            message = f"Field type {body['fieldType']} does not fit type {body['type']}."
            raise _bad_property(message, "INVALID_FIELD_TYPE")
        _check_options(body)

    def _check_group(self, name: Any) -> None:
        if name not in self.groups:
            raise _bad_property(f"Property group {name} does not exist.", "GROUP_DOES_NOT_EXIST")

    # ----------------------------------------------------------------- change

    def update(self, name: str, body: Mapping[str, Any], *, at: str) -> dict[str, Any]:
        """Change a property; ``options``, when given, replace the list.

        A later ``hasUniqueValue`` is ignored, as HubSpot does.

        Raises
        ------
        Refusal
            400 or 404.
        """
        found = self.get(name)
        if found["modificationMetadata"]["readOnlyDefinition"]:
            message = f"The definition of {name} is read only."
            raise _bad_property(message, "READ_ONLY_DEFINITION")
        changed = found | {key: body[key] for key in _CHANGEABLE & body.keys()} | {"updatedAt": at}
        self._check_shape(changed)
        self.active[name] = changed | {"options": _options(changed)}
        return self.active[name]

    def archive(self, name: str, *, at: str) -> None:
        """Archive a custom property.

        Raises
        ------
        Refusal
            400 or 404.
        """
        found = self.get(name)
        if not found["modificationMetadata"]["archivable"]:
            message = f"{name} is defined by HubSpot and cannot be archived."
            raise _bad_property(message, "CANNOT_DELETE_HUBSPOT_DEFINED_PROPERTY")
        self.archived[name] = found | {"archived": True, "archivedAt": at}
        del self.active[name]

    # ----------------------------------------------------------------- groups

    def group(self, name: str) -> dict[str, Any]:
        """Return a property group.

        Raises
        ------
        Refusal
            404: there is none.
        """
        if name not in self.groups:
            raise not_found(f"Property group {name} does not exist")
        return self.groups[name]

    def create_group(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create a property group.

        Raises
        ------
        Refusal
            400 or 409.
        """
        missing = [key for key in ("name", "label") if not body.get(key)]
        if missing:
            raise missing_fields(*missing)
        name = body["name"]
        if not isinstance(name, str) or not _NAME.match(name):
            raise invalid(f"Invalid property group name: {name}")
        if name in self.groups:
            message = f"A property group named '{name}' already exists."
            raise Refusal(409, message, "OBJECT_ALREADY_EXISTS")
        order = body.get("displayOrder", -1)
        self.groups[name] = _group(name, str(body["label"]), order)
        return self.groups[name]


def _group(name: str, label: str, order: int) -> dict[str, Any]:
    return {"name": name, "label": label, "displayOrder": order, "archived": False}


def _bad_property(message: str, code: str) -> Refusal:
    return invalid(message, subCategory=f"PropertyValidationError.{code}")


def _check_plain(body: Mapping[str, Any]) -> None:
    for key, kind in _PLAIN.items():
        if body.get(key) is not None and not isinstance(body[key], kind):
            raise bad_json(f"{key} must be a {kind.__name__}")


def _options(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"displayOrder": -1, "hidden": False, "description": ""} | dict(option)
        for option in body.get("options") or []
    ]


def _check_options(body: Mapping[str, Any]) -> None:
    options = body.get("options") or []
    for option in options:
        missing = [key for key in ("label", "value") if not _text(option, key)]
        if missing:
            raise missing_fields(*(f"options.{key}" for key in missing))
    values = [option["value"] for option in options]
    if body["type"] == "bool" and sorted(values) != ["false", "true"]:
        message = "A bool property needs exactly the options true and false."
        raise _bad_property(message, "INVALID_BOOLEAN_OPTION")
    for key in ("value", "label"):
        _check_distinct([option[key] for option in options], key)
    if options and body["type"] not in {"bool", "enumeration"}:
        message = f"A property of type {body['type']} has no options."
        raise _bad_property(message, "OPTIONS_NOT_ALLOWED")


def _text(option: Any, key: str) -> bool:
    return isinstance(option, dict) and isinstance(option.get(key), str) and bool(option[key])


def _check_distinct(given: list[str], key: str) -> None:
    twice = sorted({one for one in given if given.count(one) > 1}) if len(given) < 500 else []
    if len(set(given)) < len(given):
        message = f"Property options must have distinct {key}s: {twice}"
        raise _bad_property(message, "DUPLICATE_OPTIONS")
