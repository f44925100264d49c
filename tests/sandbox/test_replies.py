import json
from uuid import UUID

import pytest

from leadscore.sandbox import replies


def test_an_error_body_has_hubspots_shape():
    body = replies.invalid("No.", context={"a": ["b"]}).body("some-id")
    assert body == {
        "status": "error",
        "message": "No.",
        "correlationId": "some-id",
        "category": "VALIDATION_ERROR",
        "context": {"a": ["b"]},
    }


def test_a_body_without_a_category_has_none():
    assert "category" not in replies.Refusal(500, "internal error").body("some-id")


def test_a_lone_surrogate_becomes_a_question_mark():
    assert json.loads(replies.encoded({"a": "x\ud800y"})) == {"a": "x?y"}


def test_a_conflict_names_the_id_that_is_there():
    assert (
        replies.conflict("contact", 12345).message == "Contact already exists. Existing ID: 12345"
    )


def test_an_entry_of_a_batch_has_an_id_of_its_own_and_the_context_it_is_given():
    entry = replies.batch_error(replies.invalid("No.", context={"x": ["y"]}), {"ids": ["1"]})
    assert UUID(entry.pop("id"))
    assert entry == {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "No.",
        "context": {"ids": ["1"]},
    }


def test_every_page_says_that_it_is_not_hubspot():
    assert b"This is not HubSpot" in replies.page("Title", "Text")


def test_every_unauthorised_reply_names_the_category(http):
    answer = http.get("/crm/v3/objects/contacts", headers={"Authorization": "Bearer pat-na1-wrong"})
    assert answer.status == 401
    assert answer.json["category"] == "INVALID_AUTHENTICATION"
    assert answer.json["message"].startswith("Authentication credentials not found.")


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 second(s)"), (119, "119 second(s)"), (120, "2 minute(s)")]
)
def test_how_long_ago_a_token_expired_is_said_in_one_unit(seconds, words):
    found = replies.expired(seconds, "2026-03-10T23:04:41.164Z")
    assert found.message == f"The OAuth token used to make this call expired {words} ago."
