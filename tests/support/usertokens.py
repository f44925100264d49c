"""Connect to a sandbox with a token of a user's own consent, as an app of OAuth does."""

from __future__ import annotations

import base64
import hashlib

import pytest
from pydantic import SecretStr

from leadscore.hubspot.connection import Portal, connect
from leadscore.sandbox import Sandbox, oauthstore

BACK = "http://localhost:1/back"
SCOPES = (
    *("crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.owners.read"),
    *("crm.schemas.contacts.read", "automation.sequences.read"),
    "automation.sequences.enrollments.write",
)


def user_portal(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """Return a connection whose token a user has consented to."""
    verifier = "v" * 64
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    code = oauthstore.issue_code(
        sandbox.portal, scopes=SCOPES, redirect_uri=BACK, challenge=challenge
    )
    refresh = oauthstore.redeem(sandbox.portal, code, redirect_uri=BACK, verifier=verifier)
    app = oauthstore.app(sandbox.portal)
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_CLIENT_ID", app["clientId"])
    monkeypatch.setenv("HUBSPOT_CLIENT_SECRET", app["clientSecret"])
    monkeypatch.setenv("HUBSPOT_REFRESH_TOKEN", SecretStr(refresh).get_secret_value())
    return connect()


def sender_address(sandbox: Sandbox) -> str:
    """Return the address of somebody who may send sequences."""
    return oauthstore.user(sandbox.portal)[1]


def without_address(portal: Portal) -> str:
    """Make a contact that has no e-mail address, and return its id."""
    body = {"properties": {"firstname": "Nova"}}
    where = portal.path("objects", "contacts")
    return str(portal.transport.call("POST", where, body=body, expect=(201,))["id"])
