"""Whether contacts that an app creates are marketing contacts: a setting of the portal.

HubSpot knowledge base, "Manage marketing contacts settings for your integrations": only contacts
created after the setting was switched on are marketing contacts, and no endpoint of the API can set
the status. That it is there as soon as the contact is, is assumed; a portal without marketing
contacts has none, as this one until the setting is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadscore.sandbox.replies import Reply, bad_json
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Portal

__all__ = ["PATHS", "set_marketing", "status_of_new"]

NAME = "hs_marketable_status"


def status_of_new(portal: Portal, object_type: str) -> dict[str, str]:
    """Return the status with which an app's new contact begins, if the portal has any."""
    setting = portal.shelf("marketing").get("apps")
    return {} if setting is None or object_type != "contacts" else {NAME: setting}


def set_marketing(call: Call) -> Reply:
    """Make the setting, ``{"apps": true}``: this is the sandbox's own, HubSpot has no such path."""
    setting = call.body().get("apps")
    if not isinstance(setting, bool):
        raise bad_json("apps must be true or false")
    call.portal.shelf("marketing")["apps"] = "true" if setting else "false"
    return Reply(200, {"apps": setting})


PATHS = (Path("elsewhere", "/__sandbox/marketing", "POST", set_marketing),)
