"""What this portal hands out by links that need no token, while they are valid."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from leadscore.sandbox.replies import Refusal, Reply
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Portal

__all__ = ["PATHS", "drop", "handed_out", "host", "keep", "link", "rename"]


def keep(portal: Portal, key: str, content: bytes, *, name: str, kind: str) -> None:
    """Keep bytes under a key, with the name and media type that they are sent with."""
    text = b64encode(content).decode("ascii")
    portal.shelf("contents")[key] = {"base64": text, "name": name, "type": kind}


def rename(portal: Portal, key: str, name: str) -> None:
    """Let what is kept be sent with another name."""
    portal.shelf("contents")[key]["name"] = name


def drop(portal: Portal, key: str) -> None:
    """Forget bytes; links to them are dead."""
    portal.shelf("contents").pop(key, None)


def host(call: Call) -> str:
    """Return the address of this portal, without a slash at its end."""
    return f"{call.url.scheme}://{call.url.netloc}"


def link(call: Call, key: str, *, seconds: float) -> tuple[str, int]:
    """Return a new link to what is kept, and the epoch milliseconds until which it is valid."""
    portal, token = call.portal, uuid4().hex
    until = portal.now_ms + round(seconds * 1000)
    links = portal.shelf("links")
    for old in [one for one, found in links.items() if found["until"] <= portal.now_ms]:
        del links[old]
    links[token] = {"key": key, "until": until}
    name = quote(portal.shelf("contents")[key]["name"], safe="")
    return f"{host(call)}/downloads/{token}/{name}", until


def handed_out(portal: Portal, key: str) -> Reply:
    """Return what is kept as a reply, as a file to be saved and never shown."""
    found: dict[str, Any] | None = portal.shelf("contents").get(key)
    if found is None:
        raise _denied()
    headers = {
        "content-type": found["type"],
        "content-disposition": f"attachment; filename*=UTF-8''{quote(found['name'], safe='')}",
        "x-content-type-options": "nosniff",
    }
    return Reply(200, b64decode(found["base64"]), headers)


def download(call: Call) -> Reply:
    """Hand out what a link leads to; 403 when it is no longer valid (assumed)."""
    found = call.portal.shelf("links").get(call.path["token"])
    if found is None or found["until"] <= call.portal.now_ms:
        raise _denied()
    return handed_out(call.portal, found["key"])


def _denied() -> Refusal:
    return Refusal(403, "This link is not valid, or not any more.", "FORBIDDEN")


PATHS = (Path("elsewhere", "/downloads/{token}/{name}", "GET", download, open_to_all=True),)
