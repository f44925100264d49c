"""What a handler's code says of it."""

from __future__ import annotations

from leadscore.sandbox import batches, files, forms, oauth, objects, submissions
from leadscore.sandbox.handlerfacts import facts_of


def test_parameters_are_found_where_a_handler_or_what_it_calls_asks_for_them():
    asked = facts_of(objects.list_page).queries
    assert asked == {
        **dict.fromkeys(("after", "associations", "properties", "propertiesWithHistory"), "string"),
        "archived": "boolean",
        "limit": "integer",
    }
    assert facts_of(objects.get_one).queries["idProperty"] == "string"
    assert facts_of(files.sign_url).queries == {"expirationSeconds": "string", "size": "string"}


def test_what_a_body_must_have_is_found():
    assert facts_of(objects.create_one).fields == ("properties",)
    assert facts_of(batches.batch_archive).inputs == ("id",)
    assert facts_of(forms.create_form).json
    assert not facts_of(forms.get_form).json
    assert set(facts_of(files.upload_file).form) >= {"file", "options", "folderPath"}


def test_statuses_are_those_that_the_code_can_make():
    assert facts_of(objects.archive_one).statuses >= {204}
    assert facts_of(submissions.submit).statuses >= {200, 400, 404, 429, 501}
    assert facts_of(batches.batch_create).statuses >= {201, 207}


def test_a_handler_inside_another_is_read_too():
    (wrapped,) = (
        one.handler for one in oauth.PATHS if (one.family, one.path) == ("oauth v1", "/token")
    )
    assert set(facts_of(wrapped).form) >= {"grant_type"}
