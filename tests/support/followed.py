"""Plan and do what follows scoring, one step at a time, as a plan and a run do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from leadscore.followup import Followup, Scored
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.reading import chunks, read_values
from leadscore.planfile import Change
from leadscore.targets import Target

PREFIX = "leadscore"


def contacts(portal: Portal, n: int = 5) -> list[str]:
    """Return the ids of some contacts."""
    return [c.id for c in portal.client.crm.contacts.basic_api.get_page(limit=n).results]


def scored(
    portal: Portal, tiers: dict[str, tuple[str, str]], reads: Sequence[str] = (), reasons: str = ""
) -> list[Scored]:
    """Return contacts as a plan finds them, by id: the new tier, and the one before."""
    live = read_values(portal, "contacts", tiers, list(reads))
    return [
        Scored(contact, live[contact], new, old, 90.0, written=True, reasons=reasons)
        for contact, (new, old) in tiers.items()
    ]


def planned(
    portal: Portal, followup: Followup, tiers: dict[str, tuple[str, str]], reasons: str = ""
) -> list[Change]:
    """Return what a followup would change."""
    followup.prepare(portal, PREFIX)
    found = scored(portal, tiers, [*followup.reads, f"{PREFIX}_scored_at"], reasons)
    return [*followup.changes(found), *followup.rest()]


def done(target: Target, changes: Iterable[Change], *, sent: bool = False) -> dict[str, str]:
    """Do changes as a run does, and return the state in which each contact ended."""
    states: dict[str, str] = {}
    for piece in chunks(changes):
        live = target.live([change.contact for change in piece])
        for change in piece:
            states[change.contact] = _state(target, live.get(change.contact), change, sent=sent)
        sending = {c.contact: c.new for c in piece if not states[c.contact]}
        outcomes = target.send(sending) if sending else []
        states |= {outcome.id: outcome.state for outcome in outcomes}
    return states


def _state(target: Target, live: dict[str, str] | None, change: Change, *, sent: bool) -> str:
    if live is None:
        return "missing"
    if target.holds(live, change.new):
        return "unchanged"
    return "" if target.untouched(live, change.old, sent=sent) else "conflict"


def undone(changes: Iterable[Change]) -> list[Change]:
    """Return the changes that restore what was: what was not there is cleared."""
    return [
        Change(c.contact, c.new, {name: c.old.get(name, "") for name in c.new}) for c in changes
    ]


def tasks_of(portal: Portal, contact: str) -> list[dict[str, Any]]:
    """Return the tasks of a contact, read one by one."""
    where = portal.path("record associations", "contacts", contact, "associations", "tasks")
    found = portal.transport.call("GET", where)["results"]
    names = "hs_task_subject,hs_task_body,hs_task_status,hs_timestamp,hubspot_owner_id"
    query = [("properties", names)]
    ids = [str(one["toObjectId"]) for one in found]
    reads = (
        portal.transport.call("GET", portal.path("objects", "tasks", i), query=query) for i in ids
    )
    return [{"id": one["id"], **one["properties"]} for one in reads]
