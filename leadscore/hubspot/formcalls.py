"""Forms: their definitions, and one submission sent to the host that takes them.

HubSpot API docs, "Forms"; legacy docs, "Submit data to a form". A submission is not idempotent: it
is sent once, and where its reply is lost nobody can look up whether it arrived.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from leadscore.errors import BadReplyError
from leadscore.hubspot.hosts import OPEN_SUBMIT, SECURE_SUBMIT, forms_url
from leadscore.hubspot.pages import paged_reply
from leadscore.hubspot.replies import errors_of, json_object, translate

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["FieldError", "form_definitions", "read_definition", "send_submission"]

# No dated version yet but a beta (API docs, "Forms").
_FORMS = "/marketing/v3/forms"
_PAGE = 100
_FIELD = re.compile(r"fields\.([^'\"\s]+)")


@dataclass(frozen=True, slots=True)
class FieldError:
    """What HubSpot refuses of a submission.

    Attributes
    ----------
    kind : str
        "REQUIRED_FIELD", "INVALID_EMAIL"…
    field : str
        Empty where it is about no field.
    message : str
        HubSpot's words, which may quote a value.
    """

    kind: str
    field: str
    message: str


def form_definitions(portal: Portal) -> list[dict[str, Any]]:
    """Return the forms that are not archived, as HubSpot sends them.

    Raises
    ------
    HubSpotError
        The token lacks the scope ``forms``, or HubSpot does not answer.
    """
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        query = [("limit", str(_PAGE)), ("formTypes", "all")]
        more = [("after", after)] if after else []
        page, following = portal.transport.fetch(
            "GET", _FORMS, read=paged_reply, query=[*query, *more]
        )
        found += page
        if not following:
            return found
        if following == after:
            raise BadReplyError("The list of forms does not go on.", hint="Try again.")
        after = following


def read_definition(portal: Portal, form_id: str) -> dict[str, Any]:
    """Return one form's definition.

    Raises
    ------
    NotFoundError
        The portal has no such form.
    """
    return portal.transport.call("GET", f"{_FORMS}/{form_id}")


def send_submission(
    portal: Portal, form_id: str, body: Mapping[str, Any], *, secure: bool
) -> list[FieldError]:
    """Send one submission, once, and return what HubSpot refuses of it: nothing if it is taken.

    Parameters
    ----------
    portal : Portal
    form_id : str
    body : mapping
        ``fields``, ``context``…
    secure : bool
        With the token; without it the open endpoint, which gets no token.

    Raises
    ------
    AmbiguousError, BadReplyError
        The reply was lost or cannot be believed: it may have been taken.
    HubSpotError
        Another refusal.
    """
    where = f"{SECURE_SUBMIT if secure else OPEN_SUBMIT}/{portal.id}/{form_id}"
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    sent = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    url = forms_url(portal.base_url) + where
    reply = portal.pool.request("POST", url, headers=headers, body=sent)
    if reply.status == 200:
        return []
    wrong = _field_errors(reply.data) if reply.status == 400 else []
    if wrong:
        return wrong
    told = SimpleNamespace(
        status=reply.status, reason=reply.reason, body=reply.data, headers=reply.headers
    )
    raise translate(told, method="POST", path=where)


def _field_errors(body: bytes) -> list[FieldError]:
    try:
        found = errors_of(json_object(body))
    except ValueError:
        return []
    return [_field_error(one) for one in found]


def _field_error(error: Mapping[str, Any]) -> FieldError:
    message = str(error.get("message", ""))
    named = _FIELD.search(message)
    return FieldError(str(error.get("errorType", "")), named[1] if named else "", message)
