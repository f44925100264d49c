"""Actions: what they may say, and what excludes what."""

import pytest

from leadscore.errors import UsageError
from leadscore.sandbox import faultactions
from leadscore.sandbox.faultactions import ANSWERS, CHANGES, REWRITES, read_action


@pytest.mark.parametrize(
    ("action", "word"),
    [
        ([], "JSON object"),
        ({"explode": True}, "'explode'"),
        ({"status": 99}, "status"),
        ({"status": 600}, "status"),
        ({"status": "500"}, "status"),
        ({"delay": -1}, "delay"),
        ({"delay": float("nan")}, "delay"),
        ({"hang": False}, "hang"),
        ({"reset": "after"}, "reset"),
        ({"content_length": 0}, "content_length"),
        ({"drip": 5}, "drip"),
        ({"drip": {"bytes": 0}}, "drip"),
        ({"drip": {"seconds": -1}}, "drip"),
        ({"drip": {"speed": 1}}, "drip"),
        ({"headers": {"Bad name": "1"}}, "headers"),
        ({"headers": {"X": "a\r\nb: c"}}, "headers"),
        ({"headers": {"Content-Length": "1"}}, "headers"),
        ({"redirect": ""}, "redirect"),
        ({"drop_ids": "some"}, "drop_ids"),
        ({"reject_ids": []}, "reject_ids"),
        ({"remove_scope": "crm.nothing"}, "remove_scope"),
        ({"archive_property": "score"}, "archive_property"),
        ({"rotate_token": "two words"}, "rotate_token"),
        ({"gzip_bomb": 100_000}, "gzip_bomb"),
        ({"body": "anything"}, "needs a status"),
        ({"status": 200, "redirect": "http://127.0.0.1/"}, "redirect has a status"),
        ({"status": 503, "body": "429 daily"}, "has the status 429"),
        ({"status": 500, "hang": True}, "exclude each other"),
        ({"status": 500, "drop_ids": "all"}, "exclude each other"),
        ({"empty": True, "repeat_cursor": True}, "exclude each other"),
        ({"empty": True, "body": "x"}, "exclude each other"),
        ({"hang": True, "retry_after": 3}, "no reply is sent"),
        ({"reset": "before", "headers": {"X": "1"}}, "no reply is sent"),
        ({"reset": "middle", "content_length": 3}, "exclude each other"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused_with_the_reason(action, word):
    with pytest.raises(UsageError) as refused:
        read_action(action)
    assert word in str(refused.value)


def test_every_kind_of_action_has_a_rule_of_its_own():
    assert {*ANSWERS, *CHANGES, *REWRITES} < set(faultactions._RULES)


@pytest.mark.parametrize(
    "action",
    [
        {"reset": "middle", "drop_ids": "all"},
        {"truncated": True, "duplicate_ids": True, "delay": 1},
        {"content_length": 5, "drip": {"bytes": 3}, "headers": {"X-A": "b"}},
        {"revoke_token": True, "status": 500},
        {"delay": 0},
        {"redirect": "https://example.com/a", "status": 302},
        {"apply_then_status": 503},
    ],
    ids=str,
)
def test_what_goes_together_may_be_said_together(action):
    read_action(action)


def test_a_named_body_brings_its_status_and_a_status_its_body():
    assert read_action({"body": "429 secondly"}).status == 429
    assert read_action({"status": 502}).body == "502 html"
    assert read_action({"status": 500, "body": {"a": 1}}).body == {"a": 1}
    assert read_action({"status": 204}).body == ""


def test_retry_after_and_redirect_become_headers():
    action = read_action({"redirect": "/there", "retry_after": 2.5})
    assert action.headers == {"retry-after": "2.5", "location": "/there"}
    assert action.status == 307
