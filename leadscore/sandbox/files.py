"""Files: up, down, changed and found (HubSpot API docs, "Files").

Nothing is ever fetched from the network: an import from a URL is answered with 501.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from leadscore.sandbox import filestore as store
from leadscore.sandbox.calls import Call, Upload, whole
from leadscore.sandbox.downloads import handed_out, host, keep, link, rename
from leadscore.sandbox.filesearch import found
from leadscore.sandbox.moments import from_ms
from leadscore.sandbox.replies import (
    Refusal,
    Reply,
    bad_json,
    invalid,
    missing_fields,
    not_found,
    unserved,
)
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.filestore import Item

__all__ = ["LARGEST", "PATHS", "replace_file", "search_files", "shape", "upload_file"]

# HubSpot knowledge base, "Supported file types and sizes".
LARGEST = {"free": 20 * 2**20}
LARGEST_PAID = 2 * 2**30
SIGNED = 3600
_STRATEGIES = ("NONE", "REJECT", "RETURN_EXISTING")
_SCOPES = ("ENTIRE_PORTAL", "EXACT_FOLDER")
_TYPES = {
    "IMG": {"png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "ico", "tif", "tiff"},
    "DOCUMENT": {"pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "csv", "txt", "rtf", "odt"},
    "AUDIO": {"mp3", "wav", "ogg", "m4a"},
    "MOVIE": {"mp4", "mov", "avi", "webm", "mpg", "mpeg"},
    "TEXT": {"html", "htm", "css", "js", "json", "xml"},
}


class _Options(NamedTuple):
    access: str
    expires: int | None
    overwrite: bool
    strategy: str
    everywhere: bool


def shape(call: Call, file: Item) -> dict[str, Any]:
    """Return a file as HubSpot sends it."""
    portal = call.portal
    path = store.file_path(portal, file)
    where = f"{host(call)}/hubfs/{portal.id}{path}"
    kind = next((name for name, ends in _TYPES.items() if file["extension"] in ends), "OTHER")
    same = ("id", "name", "extension", "access", "size", "createdAt", "updatedAt")
    sent = {key: file[key] for key in same} | {"path": path, "type": kind, "archived": False}
    sent |= {"url": where, "defaultHostingUrl": where, "fileMd5": file["md5"]}
    sent |= {"isUsableInContent": file["usable"], "sourceGroup": "CONTENT"}
    more = {"parentFolderId": file["parent"], "expiresAt": file["expiresAt"]}
    return sent | {key: value for key, value in more.items() if value is not None}


# --------------------------------------------------------------------------- up


def upload_file(call: Call) -> Reply:
    """Take a file: 201."""
    file, options, parent = _file(call), _options(call), _parent(call)
    twin = None
    if options.strategy != "NONE":
        twin = store.twin(call.portal, file.content, parent, everywhere=options.everywhere)
    if twin and options.strategy == "REJECT":
        raise Refusal(409, f"The file already exists: {twin['id']}", "CONFLICT")
    return Reply(201, shape(call, twin or _stored(call, file, options, parent)))


def _file(call: Call) -> Upload:
    file = call.form.get("file")
    if not isinstance(file, Upload):
        raise missing_fields("file")
    most = LARGEST.get(call.portal.tier, LARGEST_PAID)
    if len(file.content) > most:
        raise invalid(f"The file is {len(file.content)} bytes large; at most {most} are allowed.")
    return file


def _options(call: Call, *, needed: bool = True) -> _Options:
    text = call.form.get("options")
    if text is None:
        if needed:
            raise missing_fields("options")
        text = "{}"
    try:
        given = json.loads(text if isinstance(text, str) else text.content)
    except (ValueError, RecursionError):
        raise bad_json("options is not JSON") from None
    if not isinstance(given, dict):
        raise bad_json("options must be an object")
    if needed and given.get("access") is None:
        raise missing_fields("options.access")
    return _checked(call, given)


def _checked(call: Call, given: dict[str, Any]) -> _Options:
    access = _one_of(given, "access", store.ACCESS, "")
    strategy = _one_of(given, "duplicateValidationStrategy", _STRATEGIES, "NONE")
    scope = _one_of(given, "duplicateValidationScope", _SCOPES, "ENTIRE_PORTAL")
    expires = store.lasting(call.portal, given.get("ttl"), given.get("expiresAt"))
    overwrite = given.get("overwrite") is True
    return _Options(access, expires, overwrite, strategy, scope == "ENTIRE_PORTAL")


def _one_of(given: dict[str, Any], key: str, allowed: tuple[str, ...], otherwise: str) -> str:
    value = given.get(key)
    if value is None:
        return otherwise
    if value not in allowed:
        raise invalid(f"Invalid {key}: {value}; it must be one of: [{', '.join(allowed)}]")
    return str(value)


def _parent(call: Call) -> str | None:
    known, path = call.form.get("folderId"), call.form.get("folderPath")
    if bool(known) == bool(path):
        raise invalid("Either folderId or folderPath must be given, and not both.")
    if known:
        return str(store.find_folder(call.portal, str(known))["id"])
    return store.made_path(call.portal, str(path))


def _stored(call: Call, file: Upload, options: _Options, parent: str | None) -> Item:
    portal = call.portal
    given = store.checked_name(call.form.get("fileName") or file.name)
    name, extension = store.split_name(given)
    if not extension:
        extension = store.split_name(file.name)[1]
    if options.overwrite:
        _clear(call, name, extension, parent)
    now = portal.now
    made: Item = {"id": store.identify(portal), "extension": extension, "parent": parent}
    made["name"] = store.free_name(portal, name, extension, parent)
    made |= {"access": options.access, "expiresAt": options.expires, "usable": True}
    made |= {"createdAt": now, "updatedAt": now}
    store.files(portal)[made["id"]] = made
    _fill(call, made, file)
    return made


def _clear(call: Call, name: str, extension: str, parent: str | None) -> None:
    wanted = {"name": name, "extension": extension, "parent": parent}
    for one in list(store.files(call.portal).values()):
        if wanted.items() <= one.items():
            store.remove_file(call.portal, one)


def _fill(call: Call, file: Item, upload: Upload) -> None:
    file |= {"size": len(upload.content), "md5": store.digest(upload.content)}
    name = store.file_path(call.portal, file).rpartition("/")[2]
    kind = upload.type or "application/octet-stream"
    keep(call.portal, f"file {file['id']}", upload.content, name=name, kind=kind)


def replace_file(call: Call) -> Reply:
    """Put another content in a file's place; its id and name stay."""
    file, upload, options = _known(call), _file(call), _options(call, needed=False)
    if store.split_name(upload.name)[1] != file["extension"]:
        raise invalid(f"The replacement must be a .{file['extension']} file, too.")
    _fill(call, file, upload)
    file["updatedAt"] = call.portal.now
    file["access"] = options.access or file["access"]
    file["expiresAt"] = options.expires or file["expiresAt"]
    return Reply(200, shape(call, file))


# --------------------------------------------------------------------------- one file


def _known(call: Call) -> Item:
    return store.find_file(call.portal, call.path["id"])


def get_file(call: Call) -> Reply:
    """Return one file."""
    return Reply(200, shape(call, _known(call)))


def update_file(call: Call) -> Reply:
    """Rename or move a file, or change who can see it."""
    portal, file, given = call.portal, _known(call), call.body()
    parent = moved(call, given, file["parent"])
    name = store.checked_name(given.get("name") or file["name"])
    if (name, parent) != (file["name"], file["parent"]):
        name = store.free_name(portal, name, file["extension"], parent)
    expires = store.lasting(portal, None, given.get("expiresAt")) or file["expiresAt"]
    file["access"] = _one_of(given, "access", store.ACCESS, file["access"])
    file |= {"name": name, "parent": parent, "updatedAt": portal.now}
    file["expiresAt"] = None if given.get("clearExpires") is True else expires
    file["usable"] = given.get("isUsableInContent", file["usable"]) is True
    rename(portal, f"file {file['id']}", store.file_path(portal, file).rpartition("/")[2])
    return Reply(200, shape(call, file))


def moved(call: Call, given: dict[str, Any], parent: str | None) -> str | None:
    """Return the id of the folder that a file is moved to, or the one that it is in."""
    known, path = given.get("parentFolderId"), given.get("parentFolderPath")
    if known and path:
        raise invalid("Only one of parentFolderId and parentFolderPath can be given.")
    if known:
        return str(store.find_folder(call.portal, str(known))["id"])
    return store.made_path(call.portal, str(path)) if path else parent


def delete_file(call: Call) -> Reply:
    """Delete a file."""
    store.remove_file(call.portal, _known(call))
    return Reply(204)


def sign_url(call: Call) -> Reply:
    """Return a link that shows a file to whoever has it, for a while."""
    file = _known(call)
    if "size" in call.query:
        raise unserved("resized images")
    wanted = call.query.get("expirationSeconds", str(SIGNED))
    seconds = whole(wanted, "expirationSeconds", most=10 * 365 * 86_400)
    url, until = link(call, f"file {file['id']}", seconds=seconds)
    sent = shape(call, file)
    same = {key: sent[key] for key in ("name", "extension", "type", "size")}
    return Reply(200, same | {"url": url, "expiresAt": from_ms(until)})


def stat_path(call: Call) -> Reply:
    """Return the file or the folder at a path."""
    wanted = "/" + call.path["path"].strip("/")
    for one in store.files(call.portal).values():
        if store.file_path(call.portal, one) == wanted:
            return Reply(200, {"file": shape(call, one)})
    raise not_found(f"There is no file at {wanted}.")


def search_files(call: Call) -> Reply:
    """Return files that fit, in order of their ids."""
    return found(call, [shape(call, one) for one in store.files(call.portal).values()])


def public_file(call: Call) -> Reply:
    """Hand out a public file at its own address; of others nothing is said (assumed)."""
    wanted = "/" + call.path["path"]
    for one in store.files(call.portal).values():
        if one["access"] in store.PUBLIC and store.file_path(call.portal, one) == wanted:
            return handed_out(call.portal, f"file {one['id']}")
    raise not_found("There is no public file at this address.")


def import_url(_: Call) -> Reply:
    """Refuse: a sandbox fetches nothing from the network."""
    raise unserved("imports of files from a URL")


_SCOPE = ("files",)
PATHS = (
    Path("files", "/files/import-from-url/async", "POST", import_url, _SCOPE),
    Path("files", "/files/import-from-url/async/tasks/{task}/status", "GET", import_url, _SCOPE),
    Path("files", "/files/search", "GET", search_files, _SCOPE),
    Path("files", "/files/stat/{path:path}", "GET", stat_path, _SCOPE),
    Path("files", "/files", "POST", upload_file, _SCOPE),
    Path("files", "/files/{id}/signed-url", "GET", sign_url, _SCOPE),
    Path("files", "/files/{id}/gdpr-delete", "DELETE", delete_file, _SCOPE),
    Path("files", "/files/{id}", "GET", get_file, _SCOPE),
    Path("files", "/files/{id}", "PUT", replace_file, _SCOPE),
    Path("files", "/files/{id}", "PATCH", update_file, _SCOPE),
    Path("files", "/files/{id}", "DELETE", delete_file, _SCOPE),
    Path("elsewhere", "/hubfs/{portal}/{path:path}", "GET", public_file, open_to_all=True),
)
