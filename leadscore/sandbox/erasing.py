"""Erasing a contact for good.

HubSpot API reference, "Permanently delete a contact (GDPR-compliant)": named by id or by email
address; an address that no contact has is blocked from being used in the future. That the
addresses of an erased contact are blocked as well is assumed, and that archived contacts are
erased too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from leadscore.sandbox import edits
from leadscore.sandbox.blocklist import block
from leadscore.sandbox.records import MERGED, Record
from leadscore.sandbox.replies import Refusal, Reply, not_found
from leadscore.sandbox.views import find

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Collection, Portal

__all__ = ["erase", "gdpr_delete"]


def gdpr_delete(call: Call) -> Reply:
    """Erase a contact with everything that is known of it: 204."""
    body, collection = call.body("objectId"), call.collection
    if collection.kind.name != "contacts":
        raise not_found("resource not found")
    key, by = str(body["objectId"]), str(body.get("idProperty") or "")
    record = _named(collection, key, by)
    if record is not None:
        erase(call.portal, collection, record)
    if by == "email":
        block(call.portal, key)
    return Reply(204)


def _named(collection: Collection, key: str, by: str) -> Record | None:
    try:
        return find(collection, key, by)
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        if by == "email":
            return None
    return find(collection, key, by, archived=True)


def erase(portal: Portal, collection: Collection, record: Record) -> None:
    """Leave nothing of a record: values, history, log and associations go."""
    values, kind = record.values, collection.kind.name
    emails = [values.get("email", ""), *values.get("hs_additional_emails", "").split(";")]
    emails = [one for one in emails if one]
    for email in emails:
        block(portal, email)
    _blank_requests(portal, emails)
    collection.records.remove(record)
    collection.history.forget([record.id])
    _blank_writes(portal, kind, {str(record.id), *values.get(MERGED, "").split(";")})
    collection.index.forget(record.id)
    for end, number in portal.associations.forget(kind, record.id):
        edits.recount(portal, end, number)


def _blank_writes(portal: Portal, kind: str, ids: set[str]) -> None:
    for place, one in enumerate(portal.writes):
        if one.object == kind and one.id in ids:
            portal.writes[place] = one._replace(old=None, new=None)


def _blank_requests(portal: Portal, emails: list[str]) -> None:
    known = [form for one in emails for form in (one, quote(one), quote(one, safe=""))]
    for place, request in enumerate(portal.requests):
        path, query = request.path, request.query
        for one in known:
            path, query = path.replace(one, "***"), query.replace(one, "***")
        if (path, query) != (request.path, request.query):
            portal.requests[place] = request._replace(path=path, query=query)
