"""Folders of the file manager (HubSpot API docs, "Files")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore.sandbox import filestore as store
from leadscore.sandbox.filesearch import found
from leadscore.sandbox.replies import Refusal, Reply, invalid, not_found
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.filestore import Item

__all__ = ["PATHS", "create_folder", "delete_folder", "search_folders", "shape", "update_folder"]


def shape(call: Call, folder: Item) -> dict[str, Any]:
    """Return a folder as HubSpot sends it."""
    sent = {key: folder[key] for key in ("id", "name", "createdAt", "updatedAt")}
    sent |= {"archived": False, "path": store.folder_path(call.portal, folder)}
    return sent | ({"parentFolderId": folder["parent"]} if folder["parent"] else {})


def create_folder(call: Call) -> Reply:
    """Make a folder: 201; 409 when there is one of that name (assumed)."""
    given = call.body("name")
    if given.get("parentFolderId") and given.get("parentPath"):
        raise invalid("Only one of parentFolderId and parentPath can be given.")
    parent = None
    if given.get("parentFolderId"):
        parent = store.find_folder(call.portal, str(given["parentFolderId"]))["id"]
    elif given.get("parentPath"):
        parent = store.made_path(call.portal, str(given["parentPath"]))
    name = store.checked_name(given["name"])
    _free(call, name, parent)
    return Reply(201, shape(call, store.make_folder(call.portal, name, parent)))


def _free(call: Call, name: str, parent: str | None, *, own: str = "") -> None:
    wanted = {"name": name, "parent": parent}
    for one in store.folders(call.portal).values():
        if wanted.items() <= one.items() and one["id"] != own:
            raise Refusal(409, f"A folder named '{name}' already exists.", "CONFLICT")


def _known(call: Call) -> Item:
    """Return the folder by its id, or by its path."""
    where = call.path["where"]
    if where.isdigit():
        return store.find_folder(call.portal, where)
    folder = store.at_path(call.portal, where)
    if folder is None:
        raise not_found(f"Folder {where} does not exist.")
    return folder


def get_folder(call: Call) -> Reply:
    """Return one folder."""
    return Reply(200, shape(call, _known(call)))


def update_folder(call: Call) -> Reply:
    """Rename or move a folder."""
    return Reply(200, shape(call, _changed(call, _known(call), call.body())))


def _changed(call: Call, folder: Item, given: dict[str, Any]) -> Item:
    parent = folder["parent"]
    if given.get("parentFolderId"):
        parent = _outside(call, folder, str(given["parentFolderId"]))
    name = store.checked_name(given.get("name") or folder["name"])
    _free(call, name, parent, own=folder["id"])
    folder |= {"name": name, "parent": parent, "updatedAt": call.portal.now}
    return folder


def _outside(call: Call, folder: Item, parent: str) -> str:
    """Check that a folder is not moved into itself."""
    place: Item | None = store.find_folder(call.portal, parent)
    while place:
        if place["id"] == folder["id"]:
            raise invalid("A folder cannot be moved into itself.")
        place = store.folders(call.portal).get(place["parent"] or "")
    return parent


def update_async(call: Call) -> Reply:
    """Rename or move a folder in the background; here it is done at once: 202."""
    given = call.body("id")
    folder = store.find_folder(call.portal, str(given["id"]))
    _changed(call, folder, given)
    task, tasks = store.identify(call.portal), call.portal.shelf("folder tasks")
    tasks[task] = {"folder": folder["id"], "at": call.portal.now}
    link = f"{call.url.replace(query='')}/tasks/{task}/status"
    return Reply(202, {"id": task, "links": {"status": link}})


def update_status(call: Call) -> Reply:
    """Return how far a change of a folder is: it is complete."""
    task = call.portal.shelf("folder tasks").get(call.path["task"])
    if task is None:
        raise not_found(f"Task {call.path['task']} does not exist.")
    folder, at = store.find_folder(call.portal, task["folder"]), task["at"]
    body = {"taskId": call.path["task"], "status": "COMPLETE", "result": shape(call, folder)}
    return Reply(200, body | dict.fromkeys(("requestedAt", "startedAt", "completedAt"), at))


def delete_folder(call: Call) -> Reply:
    """Delete a folder with all that is in it (assumed)."""
    _remove(call, _known(call))
    return Reply(204)


def _remove(call: Call, folder: Item) -> None:
    portal = call.portal
    for file in [one for one in store.files(portal).values() if one["parent"] == folder["id"]]:
        store.remove_file(portal, file)
    inner = [one for one in store.folders(portal).values() if one["parent"] == folder["id"]]
    for one in inner:
        _remove(call, one)
    del store.folders(portal)[folder["id"]]


def search_folders(call: Call) -> Reply:
    """Return folders that fit, in order of their ids."""
    return found(call, [shape(call, one) for one in store.folders(call.portal).values()])


_SCOPE = ("files",)
PATHS = (
    Path("files", "/folders/search", "GET", search_folders, _SCOPE),
    Path("files", "/folders/update/async", "POST", update_async, _SCOPE),
    Path("files", "/folders/update/async/tasks/{task}/status", "GET", update_status, _SCOPE),
    Path("files", "/folders", "POST", create_folder, _SCOPE),
    Path("files", "/folders/{where:path}", "GET", get_folder, _SCOPE),
    Path("files", "/folders/{where:path}", "PATCH", update_folder, _SCOPE),
    Path("files", "/folders/{where:path}", "DELETE", delete_folder, _SCOPE),
)
