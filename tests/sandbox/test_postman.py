"""The collection is whole, and Postman's own runner runs it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from nodeclient import home_in, install, missing, once

from leadscore.sandbox import open_sandbox
from leadscore.sandbox.app import PARTS
from leadscore.sandbox.endpoints import endpoints
from leadscore.sandbox.postman import collect

PATHS = [path for part in PARTS for path in part.PATHS]
COLLECTION = collect(PATHS, url="http://127.0.0.1:1")
NEWMAN = Path(__file__).with_name("newman")


def items(folder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in folder["item"]:
        if "item" in one:
            yield from items(one)
        else:
            yield one


def test_every_operation_is_in_it_once():
    found = [
        (one["request"]["method"], "/" + "/".join(one["request"]["url"]["path"]))
        for one in items(COLLECTION)
    ]
    told = [(one.method, one.path.replace("{", ":").replace("}", "")) for one in endpoints(PATHS)]
    assert sorted(found) == sorted(told)


def test_the_address_and_the_token_are_variables_and_nothing_else_holds_them():
    values = {one["key"]: one["value"] for one in COLLECTION["variable"]}
    assert values == {"baseUrl": "http://127.0.0.1:1", "token": ""}
    text = json.dumps(COLLECTION["item"])
    assert "127.0.0.1:1" not in text
    assert "Bearer" not in text
    assert all(one["request"]["url"]["raw"].startswith("{{baseUrl}}/") for one in items(COLLECTION))


def test_what_takes_no_token_gets_none():
    token = {one.path: one.has_token for one in endpoints(PATHS)}
    for one in items(COLLECTION):
        parts = one["request"]["url"]["path"]
        path = "/" + "/".join(f"{{{p[1:]}}}" if p.startswith(":") else p for p in parts)
        assert ("auth" in one["request"]) is not token[path]


@pytest.fixture(scope="session")
def newman(pytestconfig, tmp_path_factory) -> Path:
    """Return Postman's runner, installed once; skip where it cannot be."""
    if problem := missing():
        pytest.skip(problem)
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "newman"
    cache = getattr(pytestconfig, "cache", None)
    place = home_in(cache.mkdir("newman") if cache else shared.parent, NEWMAN)
    if problem := once(shared, lambda: install(place, NEWMAN)):
        pytest.skip(problem)
    return place / "node_modules" / "newman" / "bin" / "newman.js"


@pytest.mark.slow
def test_postmans_own_runner_sends_every_request_and_all_checks_hold(newman, tmp_path):
    with open_sandbox(contacts=5, limits=False) as sandbox:
        reply = requests.get(f"{sandbox.url}/__sandbox/postman.json", timeout=30)
        assert sandbox.token not in reply.text
        (tmp_path / "collection.json").write_text(reply.text, encoding="utf-8")
        options = ["--env-var", f"token={sandbox.token}", "--ignore-redirects"]
        report = ["--reporters", "json", "--reporter-json-export", "report.json"]
        done = subprocess.run(
            ["node", str(newman), "run", "collection.json", *options, *report],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    counted = json.loads((tmp_path / "report.json").read_text("utf-8"))["run"]["stats"]
    assert counted["requests"]["total"] == len(list(items(COLLECTION)))
    assert counted["assertions"] == {
        "total": counted["requests"]["total"],
        "pending": 0,
        "failed": 0,
    }
