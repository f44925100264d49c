"""Workflows."""

import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/automation/v4/flows/1/enrollments",
        "/automation/v4/flows/1/enrollments/contacts/a@example.com",
        "/automation/v2/workflows/1/enrollments/contacts/a@example.com",
    ],
)
def test_workflows_cannot_be_entered_by_the_api(http, path):
    answer = http.post(path, {})
    assert (answer.status, answer.headers["content-type"][:9]) == (404, "text/html")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", ""), ("GET", "/1"), ("PUT", "/1"), ("DELETE", "/1")]
)
def test_workflows_themselves_are_not_served(http, method, path):
    assert http(method, f"/automation/v4/flows{path}").status == 501
