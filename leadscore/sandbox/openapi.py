"""The portal as an OpenAPI description: what it serves, from its own routes and code.

https://spec.openapis.org/oas/v3.1.0. It describes this sandbox, not HubSpot.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from leadscore.sandbox.endpoints import PARAMETERS, Endpoint, endpoints
from leadscore.sandbox.routes import Path

__all__ = ["describe"]

_SAID = {
    200: "Done.",
    201: "Created.",
    202: "Begun.",
    204: "Done; nothing to say.",
    207: "Some inputs were taken, others refused.",
    400: "What was sent cannot be used.",
    401: "No token, or one that does not work.",
    403: "The token lacks a scope.",
    404: "There is no such thing.",
    409: "It conflicts with what is there.",
    415: "The body is not said to be JSON.",
    429: "A rate limit is reached.",
    501: "HubSpot has it, and this sandbox does not.",
}
_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["status", "message", "correlationId"],
    "properties": {
        "status": {"const": "error"},
        "message": {"type": "string"},
        "correlationId": {"type": "string"},
        "category": {"type": "string"},
    },
}
_ABOUT = (
    "A HubSpot-compatible portal on this machine. It is not HubSpot: this description is made from"
    " the sandbox's own routes and code. The token is the one that `leadscore sandbox` prints."
)


def describe(routes: Iterable[Path], *, url: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of a portal.

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
    found = list(endpoints(routes))
    paths: dict[str, dict[str, Any]] = {}
    for one in found:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "leadscore sandbox",
            "version": version("leadscore"),
            "description": _ABOUT,
        },
        "servers": [{"url": url}],
        "tags": [{"name": name} for name in dict.fromkeys(one.family for one in found)],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Error": _ERROR},
            "responses": {_refused(status): _error(status) for status in _SAID if status >= 400},
        },
    }


def _operation(one: Endpoint) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": _identifier(one),
        "tags": [one.family],
        "summary": one.summary,
        "security": [{"token": []}] if one.has_token else [],
        "parameters": [*map(_in_path, one.parameters), *_in_query(one)],
        "responses": {str(status): _response(status) for status in one.statuses},
    }
    told |= {"requestBody": _body(one)} if one.takes_body else {}
    scopes = list(one.route.scopes)
    return told | ({"x-scopes": scopes} if scopes else {})


def _identifier(one: Endpoint) -> str:
    words = f"{one.method} {one.path}".lower()
    return "_".join("".join(c if c.isalnum() else " " for c in words).split())


def _in_path(name: str) -> dict[str, Any]:
    told = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    return told | ({"example": PARAMETERS[name]} if name in PARAMETERS else {})


def _in_query(one: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "schema": {"type": kind}}
        for name, kind in sorted(one.facts.queries.items())
    ]


def _response(status: int) -> dict[str, Any]:
    if status >= 400 and status in _SAID:
        return {"$ref": f"#/components/responses/{_refused(status)}"}
    return {"description": _SAID.get(status, "See the sandbox's documentation.")}


def _refused(status: int) -> str:
    return f"Refused{status}"


def _error(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    content = {"application/json": {"schema": schema}}
    return {"description": _SAID[status], "content": content}


def _body(one: Endpoint) -> dict[str, Any]:
    if one.facts.form and one.body is None:
        kind = "multipart/form-data" if "file" in " ".join(one.facts.form) else _FORM
        fields = {name: {"type": "string"} for name in one.facts.form}
        return {"content": {kind: {"schema": {"type": "object", "properties": fields}}}}
    told: dict[str, Any] = {"schema": _schema(one)}
    example = one.body
    return {"content": {"application/json": told | ({"example": example} if example else {})}}


_FORM = "application/x-www-form-urlencoded"


def _schema(one: Endpoint) -> dict[str, Any]:
    if isinstance(one.body, list):
        return {"type": "array", "items": {"type": "object"}}
    needed = ["inputs"] if one.facts.inputs is not None else list(one.facts.fields)
    return {"type": "object"} | ({"required": needed} if needed else {})
