"""Searching files and folders: what the query parameters ask for, a sort, and pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.filestore import number
from leadscore.sandbox.paging import by_place
from leadscore.sandbox.replies import Reply, invalid, unserved

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call

__all__ = ["found"]

_FIELDS = {
    *("id", "name", "path", "url", "extension", "type", "size", "encoding", "width", "height"),
    *("createdAt", "updatedAt", "expiresAt", "fileMd5", "isUsableInContent"),
    "allowsAnonymousAccess",
}
_MOST = 100
_LISTS = {"ids": "id", "parentFolderIds": "parentFolderId"}
_PARTS = {"name", "path", "url"}

Shape = Mapping[str, Any]


def found(call: Call, shapes: Iterable[Shape]) -> Reply:
    """Return a page of what fits: ``name``, ``path`` and ``url`` by a part of them, in any case.

    HubSpot API reference, "Search files": ``Gte`` and ``Lte`` behind a name are bounds; pages of
    up to 100, of which the default is assumed to be the largest.
    """
    if "before" in call.query:
        raise unserved("paging backwards")
    fitting = [one for one in shapes if all(_fits(call, key, one) for key in _asked(call))]
    ordered = _sorted(fitting, call.names("sort"))
    limit = call.integer("limit", default=_MOST, most=_MOST)
    return Reply(200, by_place(call, ordered, limit=limit))


def _asked(call: Call) -> list[str]:
    """Return the parameters that say something; others are ignored."""
    return [
        key for key in dict.fromkeys(call.query.keys()) if _plain(key) in _FIELDS or key in _LISTS
    ]


def _plain(key: str) -> str:
    return key.removesuffix("Gte").removesuffix("Lte")


def _fits(call: Call, key: str, shape: Shape) -> bool:
    if key in _LISTS:
        return str(shape.get(_LISTS[key])) in call.names(key)
    value = call.query[key]
    for end, sign in (("Gte", 1), ("Lte", -1)):
        if key.endswith(end):
            own = shape.get(key.removesuffix(end))
            return own is not None and sign * (number(own, key) - number(value, key)) >= 0
    if key == "allowsAnonymousAccess":
        public = str(shape.get("access")).split("_")[0] in {"PUBLIC", "HIDDEN"}
        return str(public).lower() == value.lower()
    own = str(shape.get(key, ""))
    return value.lower() in own.lower() if key in _PARTS else own.lower() == value.lower()


def _sorted(shapes: list[Shape], keys: list[str]) -> list[Shape]:
    for key in reversed(keys):
        name = key.removeprefix("-")
        if any(name not in shape for shape in shapes):
            raise invalid(f"Invalid sort: {name}")
        shapes = sorted(shapes, key=lambda one: one[name], reverse=key.startswith("-"))
    return shapes
