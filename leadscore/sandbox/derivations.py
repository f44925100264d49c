"""The values that HubSpot sets itself when others change.

Sources: HubSpot knowledge base, "HubSpot's default contact properties", "HubSpot's default deal
properties", "Calculate time in stage"; HubSpot API docs, "Contacts", "Deals". Times in a stage are
milliseconds. That a stage that is left keeps its dates is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from leadscore.sandbox import pipelinestate
from leadscore.sandbox.moments import to_ms

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection, Portal
    from leadscore.sandbox.records import Record

__all__ = ["derived"]

_DAY = 86_400_000
_TAG = re.compile(r"<[^>]*>")
_BODIES = ("hs_note_body", "hs_task_body", "hs_call_body", "hs_meeting_body", "hs_email_text")
_PREVIEW = 200


def derived(
    portal: Portal, collection: Collection, record: Record, changes: Mapping[str, str]
) -> dict[str, str]:
    """Return the values that follow from others that are about to be written.

    Parameters
    ----------
    portal : Portal
    collection : Collection
    record : Record
        As it was before.
    changes : dict of str to str
        What is about to be written.

    Returns
    -------
    dict of str to str
        Only of properties that the object type has, and only what differs; "" clears.
    """
    found: dict[str, str] = {}
    for name in ("lifecyclestage", "dealstage"):
        if name in changes:
            found |= _passed(record, record.values.get(name, ""), changes[name], portal)
    if collection.kind.name == "deals":
        found |= _deal(portal, record, changes)
    found |= dict(_small(portal, changes))
    known, old = collection.definitions.active, record.values
    return {n: v for n, v in found.items() if n in known and old.get(n, "") != v}


def _passed(record: Record, old: str, new: str, portal: Portal) -> dict[str, str]:
    """Return when a stage was entered and another left, and how long the record was in it."""
    now, get = portal.now, record.values.get
    found: dict[str, str] = {}
    if new:
        found[f"hs_lifecyclestage_{new}_date"] = now
        found[f"hs_v2_date_entered_{new}"] = now
        found["hs_v2_date_entered_current_stage"] = now
    if old:
        found[f"hs_v2_date_exited_{old}"] = now
    entered = get(f"hs_v2_date_entered_{old}")
    if old and entered:
        took = max(0, portal.now_ms - to_ms(entered))
        before = int(float(get(f"hs_v2_cumulative_time_in_{old}", "0")))
        found[f"hs_v2_latest_time_in_{old}"] = str(took)
        found[f"hs_v2_cumulative_time_in_{old}"] = str(before + took)
    return found


def _deal(portal: Portal, record: Record, changes: Mapping[str, str]) -> dict[str, str]:
    values = {**record.values, **changes}
    stage = values.get("dealstage", "")
    found = _closed(portal, stage) if "dealstage" in changes else {}
    closed = pipelinestate.closed(portal, stage) is not None
    if "dealstage" in changes and closed and "closedate" not in changes:
        found["closedate"] = values["closedate"] = portal.now
    if {"dealstage", "closedate"} & changes.keys():
        found["days_to_close"] = _days(values) if closed else ""
    if {"dealstage", "amount"} & changes.keys():
        found["hs_forecast_amount"] = values.get("amount", "")
    return found


def _closed(portal: Portal, stage: str) -> dict[str, str]:
    outcome = pipelinestate.closed(portal, stage)
    facts = {"": outcome is not None, "_won": outcome == "won", "_lost": outcome == "lost"}
    found = {f"hs_is_closed{end}": str(fact).lower() for end, fact in facts.items()}
    found["hs_is_closed_count"] = str(int(outcome is not None))
    found["hs_deal_stage_probability"] = _probability(portal, stage)
    return found


def _probability(portal: Portal, stage: str) -> str:
    own = pipelinestate.stages(portal, pipelinestate.pipeline_of(portal, stage) or "")
    found = (str(one["metadata"]["probability"]) for one in own if one["id"] == stage)
    return next(found, "")


def _days(values: Mapping[str, str]) -> str:
    if not values.get("closedate"):
        return ""
    return str(max(0, (to_ms(values["closedate"]) - to_ms(values["createdate"])) // _DAY))


def _small(portal: Portal, changes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if "email" in changes:
        yield "hs_email_domain", changes["email"].rpartition("@")[2]
    if "hubspot_owner_id" in changes:
        yield "hubspot_owner_assigneddate", portal.now if changes["hubspot_owner_id"] else ""
    if "hs_task_status" in changes:
        done = changes["hs_task_status"] == "COMPLETED"
        yield "hs_task_completion_date", portal.now if done else ""
    for name in _BODIES:
        if name in changes:
            yield "hs_body_preview", " ".join(_TAG.sub(" ", changes[name]).split())[:_PREVIEW]
