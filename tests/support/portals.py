"""Change a sandbox as people change a portal, and look at what it truly holds."""

from __future__ import annotations

import time
from typing import Any

from leadscore.hubspot.connection import Portal
from leadscore.hubspot.pacing import Bucket
from leadscore.sandbox import Sandbox


def truth(sandbox: Sandbox, name: str, kind: str = "contacts") -> dict[str, str | None]:
    """Return a property of every record that the portal has, by id."""
    records = sandbox.portal.collection(kind).records
    found = (records.get(number) for number in records.ids_between(0, float("inf")))
    return {str(r.id): r.values.get(name) or None for r in found if r and not r.archived_at}


def unpaced(portal: Portal) -> Portal:
    """Let a portal without limits be asked as fast as it answers; waits only move the clock."""
    waited: list[float] = []
    portal.pool.waits.sleep = waited.append
    portal.pool.waits.clock = lambda: time.monotonic() + sum(waited)
    for name in ("general", "search", "associations", "forms"):
        setattr(portal.pool, name, Bucket(1_000_000, 1.0, waits=portal.pool.waits))
    return portal


class Hand:
    """What somebody does in HubSpot, through the official client."""

    def __init__(self, portal: Portal) -> None:
        self.client, self.portal = portal.client, portal

    def _post(self, action: str, body: dict[str, str]) -> dict[str, Any]:
        where = self.portal.path("objects", "contacts", action)
        return self.portal.transport.call("POST", where, body=body, expect=(200, 204))

    def edit(self, contact: str, **properties: str) -> None:
        self.client.crm.contacts.basic_api.update(contact, {"properties": properties})

    def edit_all(self, contacts: list[str], **properties: str) -> None:
        inputs = [{"id": one, "properties": properties} for one in contacts]
        for start in range(0, len(inputs), 100):
            self.client.crm.contacts.batch_api.update({"inputs": inputs[start : start + 100]})

    def create(self, **properties: str) -> str:
        body = {"properties": {"firstname": "Nova"} | properties, "associations": []}
        return str(self.client.crm.contacts.basic_api.create(body).id)

    def archive(self, contact: str) -> None:
        self.client.crm.contacts.basic_api.archive(contact)

    def merge(self, primary: str, other: str) -> str:
        body = {"primaryObjectId": primary, "objectIdToMerge": other}
        return str(self._post("merge", body)["id"])

    def erase(self, contact: str) -> None:
        self._post("gdpr-delete", {"objectId": contact})

    def associate(self, contact: str, deal: str) -> Any:
        return self.client.crm.associations.v4.basic_api.create_default(
            "contacts", contact, "deals", deal
        )
