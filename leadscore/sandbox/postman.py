"""The portal as a Postman collection (format v2.1), which other clients import as well.

https://schema.getpostman.com/json/collection/v2.1.0/collection.json. The address and the token are
the collection's variables; no token is written into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from leadscore.sandbox.endpoints import PARAMETERS, Endpoint, endpoints
from leadscore.sandbox.routes import Path

__all__ = ["collect"]

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_ABOUT = (
    "A HubSpot-compatible portal on this machine; it is not HubSpot. Set the collection's variable"
    " `token` to the one that `leadscore sandbox` prints."
)


def collect(routes: Iterable[Path], *, url: str) -> dict[str, Any]:
    """Return a Postman collection of a portal, a folder for each version and family.

    Parameters
    ----------
    routes : iterable of Path
        What it serves.
    url : str
        Where it is.

    Returns
    -------
    dict
        JSON values.
    """
    folders: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for one in endpoints(routes):
        version = folders.setdefault(one.version or "without a version", {})
        version.setdefault(one.family, []).append(_item(one))
    return {
        "info": {"name": "leadscore sandbox", "description": _ABOUT, "schema": _SCHEMA},
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}],
        },
        "variable": [
            {"key": "baseUrl", "value": url, "type": "string"},
            {"key": "token", "value": "", "type": "string"},
        ],
        "item": [
            {
                "name": version,
                "item": [{"name": name, "item": items} for name, items in families.items()],
            }
            for version, families in folders.items()
        ],
    }


def _item(one: Endpoint) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": one.method,
        "header": [],
        "url": _address(one),
        "description": _described(one),
    }
    if not one.has_token:
        request["auth"] = {"type": "noauth"}
    if one.takes_body:
        request |= _body(one)
    return {"name": one.summary, "request": request, "response": [], "event": [_check(one)]}


def _described(one: Endpoint) -> str:
    scopes = " or ".join(one.route.scopes)
    return f"Scope: {scopes}." if scopes else ""


def _address(one: Endpoint) -> dict[str, Any]:
    parts = [f":{part[1:-1]}" if part.startswith("{") else part for part in one.path.split("/")[1:]]
    queries = [{"key": name, "value": "", "disabled": True} for name in sorted(one.facts.queries)]
    return {
        "raw": "{{baseUrl}}/" + "/".join(parts),
        "host": ["{{baseUrl}}"],
        "path": parts,
        "query": queries,
        "variable": [{"key": name, "value": PARAMETERS.get(name, "1")} for name in one.parameters],
    }


def _body(one: Endpoint) -> dict[str, Any]:
    if one.facts.form and one.body is None:
        fields = [{"key": name, "value": "", "type": "text"} for name in one.facts.form]
        mode = "formdata" if "file" in " ".join(one.facts.form) else "urlencoded"
        return {"body": {"mode": mode, mode: fields}}
    text = json.dumps(one.body or {}, indent=2)
    kind = {"key": "Content-Type", "value": "application/json"}
    return {"header": [kind], "body": {"mode": "raw", "raw": text}}


def _check(one: Endpoint) -> dict[str, Any]:
    lines = [
        'pm.test("the status is one that the description lists", function () {',
        f"  pm.expect({json.dumps(one.statuses)}).to.include(pm.response.code);",
        "});",
    ]
    return {"listen": "test", "script": {"type": "text/javascript", "exec": lines}}
