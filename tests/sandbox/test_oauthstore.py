"""What OAuth keeps."""

import base64
import hashlib
import json

import pytest

from leadscore.sandbox import oauthstore
from leadscore.sandbox.oauthstore import Denied, issue_code, issue_token, redeem
from leadscore.sandbox.portal import Portal

URI = "http://localhost/back"


@pytest.fixture
def fresh(clock):
    clock.time = 1_800_000_000.0
    return Portal(clock=clock)


def code(portal, *, challenge=""):
    return issue_code(portal, scopes=["oauth"], redirect_uri=URI, challenge=challenge)


def refused(portal, given, *, uri=URI, verifier=""):
    with pytest.raises(Denied) as problem:
        redeem(portal, given, redirect_uri=uri, verifier=verifier)
    return problem.value.word


def test_a_code_is_good_once(fresh):
    given = code(fresh)
    assert redeem(fresh, given, redirect_uri=URI, verifier="")
    assert refused(fresh, given) == "BAD_AUTH_CODE"


def test_a_code_is_short_lived(fresh, clock):
    given = code(fresh)
    clock.time += oauthstore.CODE_SECONDS
    assert refused(fresh, given) == "EXPIRED_AUTH_CODE"


def test_the_exchange_names_the_redirect_uri_again(fresh):
    assert refused(fresh, code(fresh), uri=URI + "2") == "MISMATCH_REDIRECT_URI_AUTH_CODE"


def test_a_code_with_a_challenge_needs_its_verifier(fresh):
    digest = hashlib.sha256(b"verifier").digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    given = code(fresh, challenge=challenge)
    assert refused(fresh, given) == "BAD_CODE_VERIFIER"
    assert refused(fresh, given, verifier="other") == "BAD_CODE_VERIFIER"
    assert redeem(fresh, given, redirect_uri=URI, verifier="verifier")
    assert refused(fresh, code(fresh), verifier="uncalled") == "BAD_CODE_VERIFIER"


def test_each_portal_has_an_app_of_its_own(fresh):
    assert oauthstore.app(fresh) == oauthstore.app(fresh)
    assert oauthstore.app(fresh) != oauthstore.app(Portal())


def test_what_is_kept_is_plain_json_and_brings_the_grant_back(fresh):
    lasting = redeem(fresh, code(fresh), redirect_uri=URI, verifier="")
    token = issue_token(fresh, lasting)
    other = Portal(clock=fresh.clock)
    other.shelves = json.loads(json.dumps(fresh.shelves))
    assert other.grant(token) == fresh.grant(token)
    assert other.grant(token).oauth
