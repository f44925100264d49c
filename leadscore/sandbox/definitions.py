"""The property definitions and groups of one object type, and what may be done to them.

Sources: HubSpot API docs, "Properties"; conformance notes on developer test portals for the
status codes and sub-categories, and for what creating an archived property again does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from leadscore.sandbox import standard
from leadscore.sandbox.propertyrules import (
    CHANGEABLE,
    FORMULA,
    GIVEN,
    NAME,
    REQUIRED,
    bad_property,
    check_change_of_type,
    check_plain,
    check_shape,
    completed,
    names_in,
)
from leadscore.sandbox.replies import Refusal, bad_json, invalid, missing_fields, not_found

__all__ = ["MOST_CUSTOM", "MOST_UNIQUE", "Definitions"]

MOST_CUSTOM = 1000
MOST_UNIQUE = 10


class Definitions:
    """Properties and groups of one object type.

    Parameters
    ----------
    kind : str
        The object type's name.

    Attributes
    ----------
    active, archived : dict of str to dict
        Definitions by name, as HubSpot sends them.
    groups : dict of str to dict
    most_custom : int
        How many custom properties there may be.
    version : int
        Goes up with every change.
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
        missing = [key for key in REQUIRED if not body.get(key)]
        if missing:
            raise missing_fields(*missing)
        self._check_name(body["name"])
        self._check_room(unique=bool(body.get("hasUniqueValue")))
        self._check_group(body["groupName"])
        check_shape(body)

    def create(
        self, body: Mapping[str, Any], *, at: str, user: str | None = None
    ) -> dict[str, Any]:
        """Create a property; an archived one comes back, with the time at which it was created.

        Raises
        ------
        Refusal
            400 or 409.
        """
        self.check_new(body)
        given = {key: body[key] for key in GIVEN & body.keys() if body[key] is not None}
        old = self.archived.pop(body["name"], None)
        users = {"createdUserId": user, "updatedUserId": user} if user else {}
        calculated = body["fieldType"] == FORMULA
        defaults = {"hasUniqueValue": False, "formField": False, "calculated": calculated}
        made = standard.definition(
            read_only=calculated,
            **defaults | {"dataSensitivity": "non_sensitive"} | given | users,
            createdAt=old["createdAt"] if old else at,
            updatedAt=at,
        )
        self.active[made["name"]] = made | {"options": completed(body.get("options"))}
        self.version += 1
        return self.active[made["name"]]

    def _check_name(self, name: Any) -> None:
        if not isinstance(name, str) or not NAME.match(name):
            raise bad_property(
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
            raise bad_property(message, "PROPERTY_LIMIT_REACHED")
        if unique and len(self.unique) >= MOST_UNIQUE:
            message = f"You have reached your limit of {MOST_UNIQUE} unique properties."
            raise bad_property(message, "UNIQUE_PROPERTY_LIMIT_REACHED")

    def _check_group(self, name: Any) -> None:
        if str(name) not in self.groups:
            raise bad_property(f"Property group {name} does not exist.", "GROUP_DOES_NOT_EXIST")

    # ----------------------------------------------------------------- change

    def changed(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a property would become; ``options``, when given, replace the list.

        A later ``hasUniqueValue`` is ignored, as HubSpot does.

        Raises
        ------
        Refusal
            400 or 404.
        """
        found = self.get(name)
        if found["modificationMetadata"]["readOnlyDefinition"]:
            message = f"The definition of {name} is read only."
            raise bad_property(message, "READ_ONLY_DEFINITION")
        given = {key: body[key] for key in CHANGEABLE & body.keys() if body[key] is not None}
        if not given.get("label", "x"):
            raise missing_fields("label")
        changed = found | given
        self._check_group(changed["groupName"])
        check_shape(changed)
        check_change_of_type(found, changed)
        return changed | {"options": completed(changed["options"])}

    def update(
        self, name: str, body: Mapping[str, Any], *, at: str, user: str | None = None
    ) -> dict[str, Any]:
        """Change a property; fields that are not given stay.

        Raises
        ------
        Refusal
            400 or 404.
        """
        users = {"updatedUserId": user} if user else {}
        self.active[name] = self.changed(name, body) | {"updatedAt": at} | users
        self.version += 1
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
            raise bad_property(message, "CANNOT_DELETE_HUBSPOT_DEFINED_PROPERTY")
        self.archived[name] = found | {"archived": True, "archivedAt": at, "updatedAt": at}
        del self.active[name]
        self.version += 1

    def users_of(self, name: str) -> list[str]:
        """Return the active properties whose formula uses a property."""
        return [
            other["name"]
            for other in self.active.values()
            if name in names_in(other.get("calculationFormula"))
        ]

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
        check_plain(body)
        name = body["name"]
        if not isinstance(name, str) or not NAME.match(name):
            raise invalid(f"Invalid property group name: {name}")
        if name in self.groups:
            message = f"A property group named '{name}' already exists."
            raise Refusal(409, message, "OBJECT_ALREADY_EXISTS")
        order = body.get("displayOrder")
        self.groups[name] = _group(name, str(body["label"]), -1 if order is None else order)
        return self.groups[name]

    def update_group(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change a group's label or place; its name stays.

        Raises
        ------
        Refusal
            400 or 404.
        """
        found = self.group(name)
        check_plain(body)
        if body.get("label") == "":
            raise bad_json("label must not be empty")
        given = {key: body[key] for key in ("label", "displayOrder") if body.get(key) is not None}
        self.groups[name] = found | given
        return self.groups[name]

    def archive_group(self, name: str) -> None:
        """Archive a group that holds no active property.

        HubSpot's refusal is an error body in the message of another one, which was seen.

        Raises
        ------
        Refusal
            400 or 404.
        """
        self.group(name)
        if any(one["groupName"] == name for one in self.active.values()):
            inner = invalid(
                "Can't delete or purge a group with active properties",
                subCategory="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES",
            )
            raise Refusal(400, json.dumps(inner.body(str(uuid4()))))
        del self.groups[name]


def _group(name: str, label: str, order: int) -> dict[str, Any]:
    return {"name": name, "label": label, "displayOrder": order, "archived": False}
