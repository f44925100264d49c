from __future__ import annotations

import pytest
from scripted import reply

from leadscore.errors import AmbiguousError, BadReplyError, MissingScopesError
from leadscore.hubspot.leadscores import make_draft_score

BODY = {"name": "Fit"}


@pytest.fixture
def any_scope(odd):
    """Return a portal whose scopes are not known, and so pass."""
    odd.__dict__["scopes"] = None
    return odd


@pytest.mark.parametrize("body", [b"", b'{"id": "9"}'])
def test_the_place_of_the_draft_names_it_with_or_without_a_body(any_scope, script, body):
    script.replies = [reply(201, body, Location="/marketing/lead-scoring/2026-09-beta/scores/77")]
    assert make_draft_score(any_scope, BODY) == "77"
    assert b'{"name": "Fit"}' in script.requests[-1]


def test_a_reply_that_names_no_score_is_not_believed(any_scope, script):
    script.replies = [reply(201, {})]
    with pytest.raises(BadReplyError, match="names no score"):
        make_draft_score(any_scope, BODY)


def test_a_lost_reply_is_told_and_the_draft_is_not_sent_again(any_scope, script):
    script.replies = [lambda connection: None]
    with pytest.raises(AmbiguousError):
        make_draft_score(any_scope, BODY)
    assert len(script.requests) == 1


def test_a_refusal_is_one_of_our_errors(any_scope, script):
    script.replies = [reply(403, {"message": "no lead scoring here", "category": "FORBIDDEN"})]
    with pytest.raises(MissingScopesError, match="no lead scoring here"):
        make_draft_score(any_scope, BODY)
