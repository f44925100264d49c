"""The portal's descriptions, by which other clients are told what it serves.

They need no token, so that a client can fetch them, and hold none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadscore.sandbox.downloads import host
from leadscore.sandbox.openapi import describe
from leadscore.sandbox.postman import collect
from leadscore.sandbox.replies import Reply
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call

__all__ = ["PATHS", "show_openapi", "show_postman"]


def show_openapi(call: Call) -> Reply:
    """Return this portal as an OpenAPI 3.1 description."""
    return Reply(200, describe(call.portal.paths, url=host(call)))


def show_postman(call: Call) -> Reply:
    """Return this portal as a Postman collection."""
    return Reply(200, collect(call.portal.paths, url=host(call)))


PATHS = (
    Path("elsewhere", "/__sandbox/openapi.json", "GET", show_openapi, open_to_all=True),
    Path("elsewhere", "/__sandbox/postman.json", "GET", show_postman, open_to_all=True),
)
