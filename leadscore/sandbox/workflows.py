"""Workflows: HubSpot has them, this sandbox does not.

HubSpot API docs, "Automation v4": flows are listed, made, changed and deleted there, and nothing
lets a record enter one. That path is therefore unknown here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadscore.sandbox.replies import Reply, unserved
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call

__all__ = ["PATHS", "flows"]


def flows(_: Call) -> Reply:
    """Refuse: there are no workflows here."""
    raise unserved("workflows")


PATHS = tuple(
    Path("elsewhere", "/automation/v4/flows" + path, method, flows, ("automation",))
    for path, method in (
        ("", "GET"),
        ("", "POST"),
        ("/{flow}", "GET"),
        ("/{flow}", "PUT"),
        ("/{flow}", "DELETE"),
    )
)
