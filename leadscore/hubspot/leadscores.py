"""HubSpot's own lead scores, by a beta of its API: a draft made, and nothing else.

HubSpot API docs, "Lead Scoring API (BETA)". Untested against HubSpot.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from leadscore.errors import BadReplyError
from leadscore.hubspot.replies import translate

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["SCORES_PATH", "make_draft_score"]


#: Where drafts are made: a beta with a version of its own.
SCORES_PATH = "/marketing/lead-scoring/2026-09-beta/scores"


def make_draft_score(portal: Portal, body: dict[str, Any]) -> str:
    """Make a score that is a draft, and return its id. It counts for nobody until published.

    The docs promise 201 and a ``Location``; whether there is a body they do not say, so that none
    is asked of the reply.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``mh-lead-scoring-edit``.
    body : dict

    Raises
    ------
    AmbiguousError
        The reply was lost: look in HubSpot whether the draft is there.
    BadReplyError
        The reply names no score.
    HubSpotError
        HubSpot refuses it.
    """
    portal.require("lead scoring")
    where = SCORES_PATH
    reply = portal.client.api_request({"method": "POST", "path": where, "body": body})
    if reply.status_code != 201:
        told = SimpleNamespace(
            status=reply.status_code,
            reason=reply.reason,
            body=reply.content,
            headers=reply.headers,
        )
        raise translate(told, method="POST", path=where)
    number = reply.headers.get("Location", "").rstrip("/").rpartition("/")[2]
    if not number:
        raise BadReplyError(
            f"POST {where}: the reply names no score.",
            hint="Look in HubSpot, under Lead Scoring, whether the draft is there.",
        )
    return number
