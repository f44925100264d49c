"""Part A of the fault matrix against the sandbox, by the official client and by our own calls."""

from __future__ import annotations

import time

import pytest
from pydantic import SecretStr

from leadscore.errors import (
    AmbiguousError,
    AuthenticationError,
    BadReplyError,
    HubSpotError,
    LimitReachedError,
    MissingScopesError,
    UnreachableError,
)
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.tokens import GivenToken
from leadscore.settings import Settings

CONTACTS = 250


@pytest.fixture
def quick(portal, waits):
    """Return the portal; its waits are noted, and move its clock."""
    portal.pool.waits.sleep = waits.append
    portal.pool.waits.clock = lambda: time.monotonic() + sum(waits)
    return portal


def _page(portal):
    return portal.transport.call("GET", portal.path("objects", "contacts"))["results"]


def _all(portal):
    return [record.id for record in portal.client.crm.contacts.get_all()]


def _update(portal, value="Zq8"):
    body = {"inputs": [{"id": _page(portal)[0]["id"], "properties": {"firstname": value}}]}
    where = portal.path("objects", "contacts", "batch", "update")
    return portal.transport.call("POST", where, body=body, expect=(200, 207))


def _fault(sandbox, action, **match):
    sandbox.clear_faults()
    sandbox.faults([{"match": match, "action": action} if match else {"action": action}])


def _asked(sandbox, text="contacts"):
    return sum(text in request["path"] for request in sandbox.requests())


# Row 1


@pytest.mark.parametrize("kind", ["html", "empty", "array", "truncated"])
def test_1_a_page_that_is_no_page_is_read_again_by_the_official_client_too(quick, sandbox, kind):
    for page in (1, 2, 3):  # first, middle, last
        _fault(sandbox, {kind: True}, path="*/contacts", nth=page)
        assert len(set(_all(quick))) == CONTACTS


@pytest.mark.parametrize("kind", ["html", "empty", "array", "truncated"])
def test_1_a_page_that_stays_no_page_is_an_error_and_never_no_data(quick, sandbox, kind):
    _fault(sandbox, {kind: True}, path="*/contacts", nth={"from": 2})
    with pytest.raises(BadReplyError):
        _all(quick)


# Rows 2 and 3


def test_2_a_storm_of_thirty_limits_is_sat_out(quick, sandbox, waits):
    sandbox.faults([{"times": 30, "action": {"body": "429 ten_secondly"}}])
    quick.pool.waits.uniform = lambda low, high: (low + high) / 2
    before = _asked(sandbox)
    assert len(_page(quick)) == 10
    assert _asked(sandbox) - before == 31
    assert 30 * 5.0 <= sum(waits) <= 30 * 10.5


def test_3_the_daily_limit_ends_it_within_one_call(quick, sandbox, waits):
    _fault(sandbox, {"body": "429 daily"})
    before = len(sandbox.requests())
    with pytest.raises(LimitReachedError) as caught:
        _page(quick)
    assert len(sandbox.requests()) - before == 1
    assert (caught.value.exit_code, waits) == (75, [])
    assert "00:00" in str(caught.value)  # the portal's midnight
    sandbox.clear_faults()
    assert _page(quick)


# Rows 5 to 9


def test_5_one_failure_in_five_loses_and_doubles_nothing(quick, sandbox):
    for seed in range(1, 21):
        sandbox.clear_faults()
        sandbox.faults([{"probability": 0.2, "seed": seed, "action": {"status": 500}}])
        ids = _all(quick)
        assert len(ids) == len(set(ids)) == CONTACTS


def test_5_the_errors_of_what_stands_before_hubspot_are_tried_again(quick, sandbox):
    for body in ("502 html", "503 html", "504", "521", "523", "524"):
        _fault(sandbox, {"body": body}, nth=1)
        assert _page(quick)


def test_6_a_dead_portal_is_given_up_by_the_budget(quick, sandbox):
    _fault(sandbox, {"status": 500})
    before = len(sandbox.requests())
    for _ in range(300):
        with pytest.raises(HubSpotError):
            _page(quick)
    assert len(sandbox.requests()) - before < 150


@pytest.mark.parametrize(
    "action",
    [{"hang": True}, {"drip": {"bytes": 1, "seconds": 0.02}}],
    ids=["7 silence", "8 a drip"],
)
def test_a_call_ends_at_its_deadline(quick, sandbox, action):
    quick.pool.deadline = 0.1
    _fault(sandbox, action)
    with pytest.raises(UnreachableError):
        _page(quick)
    sandbox.clear_faults()
    quick.pool.deadline = 30.0
    assert _page(quick)


def test_9_half_a_reply_is_read_again(quick, sandbox):
    resets = ({"reset": "before"}, {"reset": "middle"})
    for action in (*resets, {"content_length": 500}, {"content_length": -5}):
        _fault(sandbox, action, path="*/contacts", nth=2)
        assert len(set(_all(quick))) == CONTACTS


# Row 10


@pytest.mark.parametrize(
    "action", [{"apply_then_reset": True}, {"apply_then_status": 502}], ids=str
)
def test_10_a_write_that_was_done_without_a_reply_is_not_done_again(quick, sandbox, action):
    _fault(sandbox, action, path="*/batch/update")
    before = _asked(sandbox, "batch/update")
    with pytest.raises(AmbiguousError):
        _update(quick)
    assert _asked(sandbox, "batch/update") - before == 1
    assert str(sandbox.writes(object="contacts")).count("'Zq8'") == 1


# Rows 12 to 14


class Renewed(GivenToken):
    """A source that finds another token when it is read anew."""

    def __init__(self, token, other):
        super().__init__(token)
        self.token, self.other = token, other

    def get(self):
        return self.token

    def renew(self, used=None):
        self.token = self.other
        return True


def test_12_a_token_that_was_rotated_in_the_middle_is_read_anew(sandbox, version):
    other = "pat-na1-00000000-1111-2222-3333-444444444444"
    source = Renewed(SecretStr(sandbox.token), SecretStr(other))
    with Portal(Settings(base_url=sandbox.url, api_version=version), source) as portal:
        _fault(sandbox, {"rotate_token": other}, nth=2)
        assert len(set(_all(portal))) == CONTACTS


def test_12_a_revoked_token_ends_it(quick, sandbox):
    _fault(sandbox, {"revoke_token": True}, path="*/contacts", nth=2)
    before = _asked(sandbox)
    with pytest.raises(Exception, match=r"credentials|token|401") as caught:
        _all(quick)
    assert _asked(sandbox) - before == 2
    assert sandbox.token not in str(caught.value)
    with pytest.raises(AuthenticationError):
        _page(quick)


def test_13_a_missing_scope_is_named_and_not_insisted_on(quick, sandbox):
    _fault(sandbox, {"body": "403 scopes"})
    before = _asked(sandbox)
    with pytest.raises(MissingScopesError, match=r"crm\.objects\.contacts\.read"):
        _page(quick)
    assert _asked(sandbox) - before == 1


def test_14_a_locked_record_is_left_alone_three_times(quick, sandbox, waits):
    sandbox.faults([{"times": 3, "action": {"body": "423"}}])
    assert _page(quick)
    assert len(waits) == 3
    assert min(waits) >= 2.0


@pytest.mark.parametrize(
    ("action", "error", "sent"),
    [
        ({"body": "477", "retry_after": 3600}, LimitReachedError, 1),
        ({"body": "530"}, AuthenticationError, 1),
        ({"status": 418}, HubSpotError, 1),
        ({"status": 599}, HubSpotError, 5),
    ],
    ids=["477", "530", "418", "599"],
)
def test_14_each_odd_status_is_of_its_class(quick, sandbox, action, error, sent):
    _fault(sandbox, action)
    before = _asked(sandbox)
    with pytest.raises(error) as caught:
        _page(quick)
    assert type(caught.value) is error
    assert _asked(sandbox) - before == sent


# Size


def test_a_bomb_is_refused_at_once(quick, sandbox):
    _fault(sandbox, {"gzip_bomb": 100})
    before = _asked(sandbox)
    with pytest.raises(BadReplyError, match="larger"):
        _page(quick)
    assert _asked(sandbox) - before == 1
