"""The file manager's state: files and folders, their paths, and names that do not collide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import md5
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.downloads import drop
from leadscore.sandbox.moments import to_ms
from leadscore.sandbox.replies import bad_json, invalid, not_found

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = [
    "ACCESS",
    "PUBLIC",
    "at_path",
    "checked_name",
    "digest",
    "file_path",
    "files",
    "find_file",
    "find_folder",
    "folder_path",
    "folders",
    "free_name",
    "identify",
    "lasting",
    "made_path",
    "make_folder",
    "number",
    "remove_file",
    "split_name",
    "twin",
]

# HubSpot API docs, "Files": who can see a file, and whether search engines index it.
PUBLIC = ("PUBLIC_INDEXABLE", "PUBLIC_NOT_INDEXABLE", "HIDDEN_INDEXABLE", "HIDDEN_NOT_INDEXABLE")
ACCESS = (*PUBLIC, "PRIVATE", "HIDDEN_PRIVATE", "SENSITIVE", "HIDDEN_SENSITIVE")
_TTL = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?\Z")
_DAYS = (365, 30, 7, 1)
FIRST_ID = 9_000_000_001

Item = dict[str, Any]


def files(portal: Portal) -> dict[str, Item]:
    """Return the files by id; those whose time is over are deleted first."""
    found: dict[str, Item] = portal.shelf("files")
    over = [
        one for one in found.values() if (one["expiresAt"] or portal.now_ms + 1) <= portal.now_ms
    ]
    for one in over:
        remove_file(portal, one)
    return found


def folders(portal: Portal) -> dict[str, Item]:
    """Return the folders by id."""
    found: dict[str, Item] = portal.shelf("folders")
    return found


def identify(portal: Portal) -> str:
    """Return an id that no file or folder had."""
    counts = portal.shelf("file ids")
    counts["last"] = counts.get("last", FIRST_ID - 1) + 1
    return str(counts["last"])


def find_file(portal: Portal, key: str) -> Item:
    """Return a file by its id.

    Raises
    ------
    Refusal
        404: there is none.
    """
    found = files(portal).get(key)
    if found is None:
        raise not_found(f"File {key} does not exist.", context={"fileId": [key]})
    return found


def find_folder(portal: Portal, key: str) -> Item:
    """Return a folder by its id.

    Raises
    ------
    Refusal
        404: there is none.
    """
    found = folders(portal).get(key)
    if found is None:
        raise not_found(f"Folder {key} does not exist.", context={"folderId": [key]})
    return found


def remove_file(portal: Portal, file: Item) -> None:
    """Delete a file and its content."""
    portal.shelf("files").pop(file["id"], None)
    drop(portal, f"file {file['id']}")


# --------------------------------------------------------------------------- paths


def folder_path(portal: Portal, folder: Item | None) -> str:
    """Return a folder's path, "" for the root."""
    if folder is None:
        return ""
    parent = folders(portal).get(folder["parent"] or "")
    return f"{folder_path(portal, parent)}/{folder['name']}"


def file_path(portal: Portal, file: Item) -> str:
    """Return a file's path, with its extension."""
    folder = folders(portal).get(file["parent"] or "")
    end = f".{file['extension']}" if file["extension"] else ""
    return f"{folder_path(portal, folder)}/{file['name']}{end}"


def at_path(portal: Portal, path: str) -> Item | None:
    """Return the folder at a path, None when there is none."""
    wanted = "/" + path.strip("/")
    return next(
        (one for one in folders(portal).values() if folder_path(portal, one) == wanted), None
    )


def made_path(portal: Portal, path: str) -> str | None:
    """Return the id of the folder at a path, which is made when it is not there."""
    parent: str | None = None
    for name in (part for part in path.split("/") if part):
        parent = (_child(portal, parent, name) or make_folder(portal, name, parent))["id"]
    return parent


def _child(portal: Portal, parent: str | None, name: str) -> Item | None:
    inside = (one for one in folders(portal).values() if one["parent"] == parent)
    return next((one for one in inside if one["name"] == name), None)


def make_folder(portal: Portal, name: str, parent: str | None) -> Item:
    """Make a folder in another, or in the root."""
    now = portal.now
    made = {"id": identify(portal), "name": checked_name(name), "parent": parent}
    made |= {"createdAt": now, "updatedAt": now}
    folders(portal)[str(made["id"])] = made
    return made


# --------------------------------------------------------------------------- names and twins


def checked_name(name: Any) -> str:
    """Return a name of a file or folder.

    Raises
    ------
    Refusal
        400: not a string, empty, or with a slash; what HubSpot refuses is not documented.
    """
    if not isinstance(name, str) or not name.strip(" .") or "/" in name or "\\" in name:
        raise invalid(f"Invalid name: {name}")
    return name


def split_name(name: str) -> tuple[str, str]:
    """Return a file name's stem and extension.

    Examples
    --------
    >>> split_name("cat.tar.gz"), split_name(".env")
    (('cat.tar', 'gz'), ('.env', ''))
    """
    stem, dot, end = name.rpartition(".")
    return (stem, end.lower()) if dot and stem else (name, "")


def free_name(portal: Portal, name: str, extension: str, parent: str | None) -> str:
    """Return a name that no file in the folder has: a number is put behind it."""
    taken = {one["name"] for one in _inside(portal, parent) if one["extension"] == extension}
    if name not in taken:
        return name
    numbered = (f"{name}-{count}" for count in range(1, len(taken) + 2))
    return next(one for one in numbered if one not in taken)


def _inside(portal: Portal, parent: str | None) -> Iterator[Item]:
    return (one for one in files(portal).values() if one["parent"] == parent)


def twin(portal: Portal, content: bytes, parent: str | None, *, everywhere: bool) -> Item | None:
    """Return a file with the same content, in a folder or anywhere."""
    mark = digest(content)
    where = files(portal).values() if everywhere else _inside(portal, parent)
    return next((one for one in where if one["md5"] == mark), None)


def digest(content: bytes) -> str:
    """Return what HubSpot calls ``fileMd5``."""
    return md5(content, usedforsecurity=False).hexdigest()


# --------------------------------------------------------------------------- time and numbers


def lasting(portal: Portal, ttl: Any, until: Any) -> int | None:
    """Return when a file is deleted, in epoch milliseconds; None for never.

    A ``ttl`` is a period of one day up to one year (HubSpot API docs, "Files").

    Raises
    ------
    Refusal
        400.
    """
    if ttl is not None:
        return portal.now_ms + _period(ttl) * 86_400_000
    if until is None:
        return None
    try:
        return to_ms(str(until))
    except ValueError:
        raise invalid(f"Invalid expiresAt: {until}") from None


def _period(ttl: Any) -> int:
    match = _TTL.match(str(ttl))
    if match is None:
        raise invalid(f"Invalid ttl: {ttl} is not a period such as P1M.")
    days = sum(int(part or 0) * size for part, size in zip(match.groups(), _DAYS, strict=True))
    if not 1 <= days <= _DAYS[0]:
        raise invalid(f"Invalid ttl: {ttl} is not between one day and one year.")
    return days


def number(value: Any, key: str) -> float:
    """Return a number or a time to compare by.

    Raises
    ------
    Refusal
        400.
    """
    try:
        return float(to_ms(str(value)))
    except ValueError:
        raise bad_json(f"{key}: {value} is neither a number nor a time") from None
