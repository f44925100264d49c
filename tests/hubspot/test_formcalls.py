"""Forms' definitions in pages, and one submission that is sent once."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import urllib3
from formbodies import field, posted, taken

from leadscore.errors import AmbiguousError, BadReplyError, MissingScopesError, NotFoundError
from leadscore.hubspot import formcalls
from leadscore.hubspot.formcalls import FieldError, form_definitions, send_submission
from leadscore.hubspot.transport import TOKEN_HERE

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
ADA = {"fields": [{"objectTypeId": "0-1", "name": "email", "value": "ada@example.com"}]}


@pytest.fixture(params=["2026-03", "v3"])
def version(request):
    """Forms have no dated version: what holds for one holds for all."""
    return request.param


def test_all_forms_are_listed_page_after_page(portal, monkeypatch):
    monkeypatch.setattr(formcalls, "_PAGE", 2)
    made = [posted(portal, field()) for _ in range(5)]
    assert [one["id"] for one in form_definitions(portal)] == made


@pytest.mark.parametrize("secure", [True, False])
def test_a_submission_is_taken_or_refused_field_by_field(portal, sandbox, secure):
    form = posted(portal, field(required=True))
    assert send_submission(portal, form, ADA, secure=secure) == []
    assert taken(sandbox, form) == [{"email": "ada@example.com"}]
    refused = send_submission(portal, form, {"fields": []}, secure=secure)
    assert [(one.kind, one.field) for one in refused] == [("REQUIRED_FIELD", "email")]
    with pytest.raises(NotFoundError):
        send_submission(portal, "no-form", ADA, secure=secure)


@pytest.mark.parametrize("secure", [True, False])
def test_the_token_goes_to_the_endpoint_that_asks_for_it_alone(portal, secure, monkeypatch):
    form, sent = posted(portal, field()), []
    send = portal.pool._wire.exchange

    def exchange(method, url, *, headers, **options):
        sent.append((url, headers, options["body"]))
        return send(method, url, headers=headers, **options)

    monkeypatch.setattr(portal.pool, "_wire", SimpleNamespace(exchange=exchange, close=list))
    send_submission(portal, form, {**ADA, "pageName": TOKEN_HERE}, secure=secure)
    ((url, headers, body),) = sent
    assert ("Authorization" in headers) is secure
    assert ("/secure/" in url) is secure
    assert json.loads(body)["pageName"] == TOKEN_HERE


def test_a_lost_reply_is_not_sent_again(portal, sandbox):
    form = posted(portal, field())
    rule = {"match": {"method": "POST", "path": "/submissions/*"}}
    sandbox.faults([rule | {"action": {"apply_then_reset": True}}])
    with pytest.raises(AmbiguousError):
        send_submission(portal, form, ADA, secure=True)
    assert len(taken(sandbox, form)) == 1


def test_a_page_instead_of_a_reply_is_not_believed(portal, monkeypatch):
    odd = urllib3.HTTPResponse(b"<p>", status=400, reason="", headers={})
    monkeypatch.setattr(portal.pool, "request", lambda *_a, **_o: odd)
    with pytest.raises(Exception, match="HubSpot says") as refused:
        send_submission(portal, "a", ADA, secure=True)
    assert not isinstance(refused.value, BadReplyError)


@pytest.mark.usefixtures("sandbox")
def test_a_refusal_names_its_field_where_hubspot_does():
    told = [{"message": "Error in 'fields.size'. No", "errorType": "X"}, {"message": "No"}]
    found = formcalls._field_errors(json.dumps({"errors": told}).encode())
    assert found == [
        FieldError("X", "size", "Error in 'fields.size'. No"),
        FieldError("", "", "No"),
    ]


def test_without_the_scope_the_endpoint_with_a_token_says_so(portal, sandbox):
    form = posted(portal, field())
    sandbox.portal.scopes = {"crm.objects.contacts.read"}
    with pytest.raises(MissingScopesError):
        send_submission(portal, form, ADA, secure=True)
