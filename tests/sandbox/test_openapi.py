"""The description is valid, whole, and true: every operation in it is called."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from openapi_spec_validator import validate
from starlette.routing import Route

from leadscore.sandbox import Sandbox, open_sandbox
from leadscore.sandbox.app import PARTS, build_app
from leadscore.sandbox.openapi import describe
from leadscore.sandbox.portal import Portal

PATHS = [path for part in PARTS for path in part.PATHS]
DESCRIBED = describe(PATHS, url="http://127.0.0.1:1")
OPERATIONS = [(m, path, op) for path, ops in DESCRIBED["paths"].items() for m, op in ops.items()]


@pytest.fixture(scope="module")
def served():
    with open_sandbox(contacts=5, process=False, limits=False) as sandbox:
        yield sandbox


def test_it_is_valid_openapi():
    validate(DESCRIBED)
    names = [op["operationId"] for _, _, op in OPERATIONS]
    assert len(names) == len(set(names))


def test_every_route_is_in_it():
    app: Any = build_app(Portal(), hosts=()).app  # type: ignore[attr-defined]
    routes = [one for one in app.routes if isinstance(one, Route) and one.path != "/"]
    served = {
        (method.lower(), one.path.replace(":path}", "}"))
        for one in routes
        for method in (one.methods or set()) - {"HEAD"}
    }
    assert served == {(method, path) for method, path, _ in OPERATIONS}


def asked(sandbox: Sandbox, method: str, path: str, operation: dict[str, Any]) -> requests.Response:
    for one in operation["parameters"]:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", one.get("example", "1"))
    kinds = operation.get("requestBody", {}).get("content", {})
    body = (
        {"json": kinds["application/json"].get("example", {})}
        if "application/json" in kinds
        else {}
    )
    headers = {"Authorization": f"Bearer {sandbox.token}"} if operation["security"] else {}
    options: Any = {"headers": headers, "timeout": 30, "allow_redirects": False, **body}
    return requests.request(method, sandbox.url + path, **options)


def test_every_operation_answers_with_a_status_that_is_listed(served):
    wrong = []
    for method, path, operation in OPERATIONS:
        reply = asked(served, method, path, operation)
        if str(reply.status_code) not in operation["responses"]:
            wrong.append((method, path, reply.status_code))
    assert wrong == []


def test_what_needs_no_id_is_there(served):
    for method, path, operation in OPERATIONS:
        open_to_all = not operation["security"]
        if method == "get" and "{" not in path and not open_to_all:
            status = asked(served, method, path, operation).status_code
            assert status in (200, 501) or (status == 400 and operation["parameters"]), path


@pytest.mark.parametrize(
    "path",
    [
        "/crm/objects/2026-09/{type}",
        "/crm/objects/2026-09/{type}/batch/upsert",
        "/crm/objects/2026-09/{type}/search",
        "/crm/properties/2026-09/{type}",
        "/crm/properties/2026-09/{type}/groups",
        "/crm/lists/2026-09/search",
        "/marketing/v3/forms",
        "/__sandbox/clock",
    ],
)
def test_a_body_to_begin_with_is_taken_or_was_taken_before(served, path):
    reply = asked(served, "post", path, DESCRIBED["paths"][path]["post"])
    assert reply.status_code in (200, 201, 409), reply.text


def test_the_portal_hands_it_out_to_anybody_and_its_token_is_not_in_it(served):
    reply = requests.get(f"{served.url}/__sandbox/openapi.json", timeout=30)
    assert reply.json() == describe(PATHS, url=served.url) == served.openapi()
    assert served.token not in reply.text
