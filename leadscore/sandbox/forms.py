"""Forms, one by one and in pages (HubSpot API docs, "Forms")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore.sandbox import formdefinitions
from leadscore.sandbox.paging import by_place
from leadscore.sandbox.replies import Reply, invalid, missing_fields
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call

__all__ = ["PATHS", "archive_form", "create_form", "list_forms", "update_form"]

MOST_LISTED = 100


def list_forms(call: Call) -> Reply:
    """List forms in order of their creation, 20 at a time unless it is said."""
    limit = call.integer("limit", default=20, most=MOST_LISTED)
    kinds = set(call.names("formTypes")) or {"hubspot"}
    found = [
        one
        for one in call.portal.shelf("forms").values()
        if one["archived"] is call.archived and (one["formType"] in kinds or "all" in kinds)
    ]
    return Reply(200, by_place(call, found, limit=limit))


def create_form(call: Call) -> Reply:
    """Create a form: 201."""
    form = formdefinitions.made(call.portal, call.body())
    call.portal.shelf("forms")[form["id"]] = form
    return Reply(201, form)


def get_form(call: Call) -> Reply:
    """Return one form; an archived one only when archived ones are asked for."""
    return Reply(200, formdefinitions.find(call.portal, call.path["id"], archived=call.archived))


def update_form(call: Call) -> Reply:
    """Change the parts of a form that are given."""
    return Reply(200, _changed(call, call.body()))


def replace_form(call: Call) -> Reply:
    """Put another definition in the place of a form's."""
    body = call.body()
    missing = [key for key in formdefinitions.NEEDED if body.get(key) is None]
    if missing:
        raise missing_fields(*missing)
    return Reply(200, _changed(call, body))


def _changed(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    form = formdefinitions.find(call.portal, call.path["id"])
    if form["configuration"]["editable"] is not True:
        raise invalid(f"Form {form['id']} is not editable.")
    new = formdefinitions.changed(call.portal, form, body)
    call.portal.shelf("forms")[form["id"]] = new
    return new


def archive_form(call: Call) -> Reply:
    """Archive a form: it takes no submissions any more."""
    form = formdefinitions.find(call.portal, call.path["id"])
    if form["configuration"]["archivable"] is not True:
        raise invalid(f"Form {form['id']} cannot be archived.")
    form |= {"archived": True, "archivedAt": call.portal.now}
    return Reply(204)


_SCOPE = ("forms",)
PATHS = (
    Path("forms", "", "GET", list_forms, _SCOPE),
    Path("forms", "", "POST", create_form, _SCOPE),
    Path("forms", "/{id}", "GET", get_form, _SCOPE),
    Path("forms", "/{id}", "PUT", replace_form, _SCOPE),
    Path("forms", "/{id}", "PATCH", update_form, _SCOPE),
    Path("forms", "/{id}", "DELETE", archive_form, _SCOPE),
)
