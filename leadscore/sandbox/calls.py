"""One request on its way through the portal: identified, counted, read, answered."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from starlette.datastructures import URL, QueryParams
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from leadscore.sandbox.portal import Collection, Portal, Request
from leadscore.sandbox.replies import (
    Refusal,
    Reply,
    bad_json,
    encoded,
    invalid,
    missing_fields,
    missing_scopes,
    unauthorised,
)

__all__ = ["NOTICE", "Call", "Handler", "endpoint", "plain_headers"]

NOTICE = "not HubSpot"
_JSON = "application/json;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler sees of a request.

    Parameters
    ----------
    portal : Portal
    path : dict of str to str
        The parts of the path that vary.
    query : QueryParams
    url : URL
        In full, for the links to next pages.
    raw : bytes
        The body.
    """

    portal: Portal
    path: Mapping[str, str]
    query: QueryParams
    url: URL
    raw: bytes = b""

    @property
    def collection(self) -> Collection:
        """The object type in the path."""
        return self.portal.collection(self.path["type"])

    @property
    def archived(self) -> bool:
        """Whether the archived ones are asked for."""
        return self.query.get("archived", "false").lower() == "true"

    def names(self, key: str) -> list[str]:
        """Return the values of a query parameter, repeated or separated by commas."""
        parts = (part for value in self.query.getlist(key) for part in value.split(","))
        return [part.strip() for part in parts if part.strip()]

    def integer(self, key: str, *, default: int, most: int) -> int:
        """Return a query parameter that is a number from 1 up.

        Raises
        ------
        Refusal
            400.
        """
        text = self.query.get(key, str(default))
        return whole(text, key, most=most)

    def body(self, *required: str) -> dict[str, Any]:
        """Return the JSON object of the body.

        Raises
        ------
        Refusal
            400: not JSON, not an object, or a required field is missing.
        """
        found = _parsed(self.raw)
        if not isinstance(found, dict):
            raise bad_json("an object is expected")
        missing = [key for key in required if found.get(key) is None]
        if missing:
            raise missing_fields(*missing)
        return found

    def inputs(self, *required: str, most: int = 100) -> list[dict[str, Any]]:
        """Return the inputs of a batch (HubSpot API docs: at most 100 records at a time).

        Raises
        ------
        Refusal
            400.
        """
        found = self.body("inputs")["inputs"]
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise bad_json("inputs must be a list of objects")
        if not found or len(found) > most:
            message = f"A batch takes from 1 to {most} inputs, and this one has {len(found)}."
            raise invalid(message, context={"inputs": [str(len(found))]})
        for one in found:
            missing = [f"inputs.{key}" for key in required if one.get(key) is None]
            if missing:
                raise missing_fields(*missing)
        return found


def whole(value: Any, key: str, *, most: int, least: int = 1) -> int:
    """Return a whole number within bounds; what HubSpot does beyond them is not documented."""
    try:
        number = int(str(value))
    except ValueError:
        raise invalid(f"Invalid {key}: {value} is not a whole number") from None
    if not least <= number <= most:
        raise invalid(f"Invalid {key}: {number} is not between {least} and {most}")
    return number


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise bad_json("not UTF-8") from None
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise bad_json(problem.msg, where=where) from None
    except RecursionError:
        raise bad_json("nested too deeply") from None


def _refuse_constant(word: str) -> Any:
    raise bad_json(f"Unrecognized token '{word}'")


# --------------------------------------------------------------------------- serving

Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class _Gate:
    """What stands before a handler."""

    portal: Portal
    handler: Handler
    scopes: tuple[str, ...]
    open_to_all: bool
    search: bool
    latency: float

    async def __call__(self, request: HTTPRequest) -> Response:
        correlation_id = str(uuid4())
        try:
            headers = self._admit(request)
            reply = self.handler(await _call(self.portal, request))
            status, body = reply.status, reply.body
        except Refusal as refusal:
            headers = {**self._limits(), **refusal.headers}
            status, body = refusal.status, refusal.body(correlation_id)
        if self.latency:
            await asyncio.sleep(self.latency)
        self.portal.requests.append(Request(request.method, request.url.path, status))
        content = b"" if body is None else encoded(body)
        return _response(status, content, headers, correlation_id)

    def _admit(self, request: HTTPRequest) -> dict[str, str]:
        if self.open_to_all:
            return {}
        _authenticate(self.portal, request.headers.get("authorization", ""))
        headers = self.portal.limiter.admit(search=self.search) if self.portal.limits else {}
        self._check_scopes(request.path_params.get("type", ""))
        return headers

    def _limits(self) -> dict[str, str]:
        if self.search or self.open_to_all or not self.portal.limits:
            return {}
        return self.portal.limiter.headers(self.portal.clock())

    def _check_scopes(self, object_type: str) -> None:
        name = self.portal.collection(object_type).kind.name if object_type else ""
        enough = [scope.format(type=name) for scope in self.scopes]
        if enough and not self.portal.scopes.intersection(enough):
            raise missing_scopes(enough)


async def _call(portal: Portal, request: HTTPRequest) -> Call:
    raw = await request.body()
    return Call(portal, request.path_params, request.query_params, request.url, raw)


def _authenticate(portal: Portal, header: str) -> None:
    scheme, _, token = header.partition(" ")
    known = hmac.compare_digest(token.encode(), portal.token.encode())
    if scheme.lower() != "bearer" or not known:
        raise unauthorised()


def _response(
    status: int, content: bytes, headers: Mapping[str, str], correlation_id: str
) -> Response:
    more = {**headers, **plain_headers(correlation_id)}
    if content:
        more["content-type"] = _JSON
    return Response(content, status, more)


def plain_headers(correlation_id: str) -> dict[str, str]:
    """Return the headers of every reply."""
    return {"X-Leadscore-Sandbox": NOTICE, "x-hubspot-correlation-id": correlation_id}


def endpoint(
    portal: Portal,
    handler: Handler,
    *,
    scopes: tuple[str, ...] = (),
    open_to_all: bool = False,
    search: bool = False,
    latency: float = 0.0,
) -> Callable[[HTTPRequest], Awaitable[Response]]:
    """Return the route's endpoint: token, rate limits and scopes are checked before the handler.

    Parameters
    ----------
    portal : Portal
    handler : callable
        From a `Call` to a `Reply`.
    scopes : tuple of str
        One of these is needed; ``{type}`` stands for the object type in the path.
    open_to_all : bool
        No token, no limits.
    search : bool
        Search has limits of its own.
    latency : float
        Seconds by which the reply is delayed.
    """
    gate = _Gate(portal, handler, scopes, open_to_all, search, latency)

    async def serve(request: HTTPRequest) -> Response:
        return await gate(request)

    return serve
