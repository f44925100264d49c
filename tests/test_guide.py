"""Both columns of the table in docs/guide.md run, row by row, against a portal on this machine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
import recipepages
import requests
from formbodies import field, posted

import leadscore as ls
from leadscore.sandbox import Sandbox, open_sandbox
from leadscore.settings import load_settings

PAGE = Path(__file__).parents[1] / "docs" / "guide.md"
_ROW = re.compile(r"^\| ([^|`]+) \| `([^`]+)` \| `([^`]+)` \|$", re.MULTILINE)
ROWS = _ROW.findall(PAGE.read_text("utf-8"))


@pytest.fixture(scope="module")
def served():
    with open_sandbox(contacts=30, seed=3, process=False, limits=False) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("guide")


@pytest.fixture(scope="module")
def names(served: Sandbox, folder: Path) -> dict[str, Any]:
    """Return what the rows have in common: what the page says, and ids that are there."""
    with pytest.MonkeyPatch.context() as patch:
        _surroundings(patch, served, folder)
        found: dict[str, Any] = {}
        for block in recipepages.blocks(PAGE):
            exec(compile(block.text, str(PAGE), "exec"), found)
        portal = found["portal"]
        Path("offer.txt").write_text("Hello", encoding="utf-8")
        Path("people.csv").write_text("email,firstname\neve@example.com,Eve\n", encoding="utf-8")
        found |= {
            "contact": ls.find(portal, "contacts", limit=1)["id"][0],
            "company": ls.find(portal, "companies", limit=1)["id"][0],
            "form": posted(portal, field(required=True)),
            "file": ls.files.upload(portal, "offer.txt").id,
            "request": json.dumps(_mapped()),
            **_app(served),
        }
        ls.sign_in("acme", token=served.token, settings=load_settings()).close()
    return found


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, served: Sandbox, folder: Path) -> None:
    _surroundings(monkeypatch, served, folder)


def _surroundings(patch: pytest.MonkeyPatch, served: Sandbox, folder: Path) -> None:
    patch.chdir(folder)
    patch.setenv("LEADSCORE_BASE_URL", served.url)
    patch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", served.token)
    patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    patch.setenv("LEADSCORE_CONFIG", str(folder / "config"))


def _mapped() -> dict[str, Any]:
    columns = [
        {"columnObjectTypeId": "0-1", "columnName": name, "propertyName": name, **more}
        for name, more in (("email", {"columnType": "HUBSPOT_ALTERNATE_ID"}), ("firstname", {}))
    ]
    page = {"hasHeader": True, "columnMappings": columns}
    file = {"fileName": "people.csv", "fileFormat": "CSV", "fileImportPage": page}
    return {"name": "people", "importOperations": {"0-1": "UPSERT"}, "files": [file]}


def _app(served: Sandbox) -> dict[str, str]:
    """Let an app in, as a user and a browser would; return what it is then given."""
    app = requests.get(
        f"{served.url}/__sandbox/oauth/app",
        headers={"Authorization": f"Bearer {served.token}"},
        timeout=30,
    ).json()
    back = "http://localhost:9/back"
    known = {"client_id": app["clientId"], "client_secret": app["clientSecret"]}
    wish = {"client_id": app["clientId"], "redirect_uri": back, "scope": "oauth"}
    agreed = requests.post(
        f"{served.url}/oauth/authorize", data=wish, timeout=30, allow_redirects=False
    )
    (code,) = parse_qs(urlsplit(agreed.headers["location"]).query)["code"]
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, **known}
    given = requests.post(f"{served.url}/oauth/v3/token", data=asked, timeout=30).json()
    return {**known, "refresh_token": given["refresh_token"]}


def test_every_line_of_the_table_is_read():
    text = PAGE.read_text("utf-8")
    assert len(ROWS) == sum(line.startswith("| ") for line in text.splitlines()) - 1 >= 20


@pytest.mark.parametrize(("what", "theirs", "ours"), ROWS, ids=[row[0] for row in ROWS])
def test_both_columns_do_it(what: str, theirs: str, ours: str, names: dict[str, Any]) -> None:
    first = eval(theirs, names)
    assert getattr(first, "status_code", 200) == 200, first.text
    second = eval(ours, names)
    counts = getattr(second, "counts", {})
    assert not counts.get("rejected"), second.results
    if isinstance(second, pd.DataFrame):
        assert len(second), what
