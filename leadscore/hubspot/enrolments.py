"""Sequences of sales e-mails: which there are, who is enrolled, and how one is enrolled.

HubSpot API docs, "Sequences": an enrolment names the user in whose name the e-mails go; a contact
is in one sequence at a time. There is no call that ends an enrolment. That a token of a user's own
consent (OAuth) is needed to enrol is what others report (unverified).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore.errors import InvalidRequestError, NotFoundError, PlanError
from leadscore.hubspot.ahead import several
from leadscore.hubspot.catalogue import owners
from leadscore.hubspot.pages import next_cursor, results_of
from leadscore.hubspot.replies import json_object
from leadscore.hubspot.writing import Outcome

if TYPE_CHECKING:
    from collections.abc import Collection

    from leadscore.hubspot.connection import Portal

__all__ = ["Sender", "enrol", "enrolled_in", "find_sequence", "sender_of", "sequences"]

_PAGE = 100  # HubSpot API docs, "Sequences"; that more are allowed is unverified
_WORKERS = 4
OTHER = "another"  # a sequence that HubSpot does not name

#: A user's id, and the address that the e-mails come from.
Sender = tuple[str, str]


def sender_of(portal: Portal, *, email: str = "", user: str = "") -> Sender:
    """Return the user who sends, by the e-mail address or the user's id.

    Raises
    ------
    PlanError
        No owner of the portal has it.
    """
    for row in owners(portal, personal=True).to_pylist():
        same = email and str(row["email"] or "").lower() == email.strip().lower()
        if row["user_id"] and (same or row["user_id"] == user):
            return str(row["user_id"]), str(row["email"])
    who = "that e-mail address" if email else f"the user {user}"
    raise PlanError(
        f"No user of the portal has {who}, so nobody could send a sequence.",
        hint="Give the address of somebody who is an owner in HubSpot and has connected an inbox.",
    )


def sequences(portal: Portal, user: str) -> dict[str, str]:
    """Return the sequences that a user may use: id to name."""
    where, found, after = portal.path("sequences"), dict[str, str](), ""
    while True:
        query = [("userId", user), ("limit", str(_PAGE)), *([("after", after)] if after else [])]
        page, following = portal.transport.fetch("GET", where, read=_page, query=query)
        if not following or not page.keys() - found.keys():
            return found | page
        found, after = found | page, following


def _page(body: bytes) -> tuple[dict[str, str], str]:
    reply = json_object(body)
    found = {str(one["id"]): str(one.get("name") or "") for one in results_of(reply) if "id" in one}
    return found, next_cursor(reply)


def find_sequence(portal: Portal, wanted: str, user: str) -> tuple[str, str]:
    """Return the id and the name of a sequence, by either.

    Raises
    ------
    PlanError
        There is none, or several of that name.
    """
    known = sequences(portal, user)
    hits = [one for one, name in known.items() if wanted.strip() in (one, name.strip())]
    if len(hits) == 1:
        return hits[0], known[hits[0]]
    listed = ", ".join(f"{name!r} ({one})" for one, name in list(known.items())[:10]) or "none"
    many = "several sequences" if hits else "no sequence"
    raise PlanError(
        f"The portal has {many} called {wanted!r} for this user.", hint=f"There are: {listed}."
    )


def enrolled_in(portal: Portal, contacts: Collection[str]) -> dict[str, str]:
    """Return which of some contacts are in a sequence, and in which: one call each."""

    def ask(contact: str) -> str:
        where = portal.path("sequences", "enrollments", "contact", contact)
        try:
            found = portal.transport.call("GET", where)
        except NotFoundError:
            return ""
        return str(found.get("sequenceId") or OTHER) if found.get("id") else ""

    asked = zip(contacts, several(ask, contacts, workers=_WORKERS), strict=True)
    return {contact: sequence for contact, sequence in asked if sequence}


def enrol(
    portal: Portal, contacts: Collection[str], *, sequence: str, sender: Sender
) -> list[Outcome]:
    """Enrol contacts in a sequence, one call each.

    Where HubSpot refuses somebody who turns out to be in that very sequence, an earlier call had
    arrived after all: it is done.

    Returns
    -------
    list of Outcome
        Written, or rejected with HubSpot's words.
    """

    def send(contact: str) -> Outcome:
        body = {"sequenceId": sequence, "contactId": contact, "senderEmail": sender[1]}
        where, query = portal.path("sequences", "enrollments"), [("userId", sender[0])]
        try:
            portal.transport.fetch(
                "POST", where, read=_enrolled, query=query, body=body, expect=(200, 201)
            )
        except (InvalidRequestError, NotFoundError) as error:
            if enrolled_in(portal, [contact]).get(contact) == sequence:
                return Outcome(contact, "written")
            return Outcome(contact, "rejected", error.message)
        return Outcome(contact, "written")

    return list(several(send, contacts, workers=_WORKERS))


def _enrolled(body: bytes) -> dict[str, Any]:
    reply = json_object(body)
    if not reply.get("id"):
        raise ValueError("the reply to an enrolment has no id")
    return reply
