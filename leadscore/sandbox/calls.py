"""One request on its way through the portal: identified, counted, read, answered."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from starlette.datastructures import URL, QueryParams, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from leadscore.sandbox import scopes as scope_names
from leadscore.sandbox.moments import from_ms
from leadscore.sandbox.replies import (
    Refusal,
    Reply,
    bad_json,
    encoded,
    expired,
    invalid,
    missing_fields,
    missing_scopes,
    unauthorised,
    unsupported_type,
)

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection, Grant, Portal
    from leadscore.sandbox.routes import Path

__all__ = ["JSON", "NOTICE", "Call", "Gate", "Handler", "Upload", "plain_headers", "texts", "whole"]

NOTICE = "not HubSpot"
JSON = "application/json;charset=utf-8"
_LONGEST_PART = 16 * 2**20
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class Upload(NamedTuple):
    """A file in a form."""

    name: str
    content: bytes
    type: str


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
    version : str
        "v3", "v4", "2026-03", "2026-09": what the path says.
    form : mapping of str to str or Upload
        The fields of a body that is a form.
    grant : Grant, optional
        What the bearer of the token may do; None where no token is needed.
    content_type : str
        What the body is said to be.
    """

    portal: Portal
    path: Mapping[str, str]
    query: QueryParams
    url: URL
    raw: bytes = b""
    version: str = "v3"
    form: Mapping[str, str | Upload] = field(default_factory=dict)
    grant: Grant | None = None
    content_type: str = "application/json"

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
            415: the body is not said to be JSON. 400: it is not, or no object, or a required field
            is missing.
        """
        if not self.content_type.lower().startswith("application/json"):
            raise unsupported_type()
        found = _parsed(self.raw)
        if not isinstance(found, dict):
            raise bad_json("an object is expected")
        missing = [key for key in required if found.get(key) is None]
        if missing:
            raise missing_fields(*missing)
        return found

    def listed(self) -> list[Any]:
        """Return the JSON list of the body.

        Raises
        ------
        Refusal
            415 or 400.
        """
        if not self.content_type.lower().startswith("application/json"):
            raise unsupported_type()
        found = _parsed(self.raw)
        if not isinstance(found, list):
            raise bad_json("a list is expected")
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
    if not _WHOLE.match(str(value)):
        raise invalid(f"Invalid {key}: {value} is not a whole number")
    number = int(str(value))
    if not least <= number <= most:
        raise invalid(f"Invalid {key}: {number} is not between {least} and {most}")
    return number


def texts(body: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of texts in a body, an empty one when there is none.

    Raises
    ------
    Refusal
        400.
    """
    found = [] if body.get(key) is None else body[key]
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise bad_json(f"{key} must be a list of strings")
    return found


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
    except ValueError:
        raise bad_json("a number has too many digits") from None


def _refuse_constant(word: str) -> Any:
    raise bad_json(f"Unrecognized token '{word}'")


# --------------------------------------------------------------------------- serving

Handler = Callable[[Call], Reply]
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gate:
    """What stands before a handler: the token, the rate limits and the scopes.

    Parameters
    ----------
    portal : Portal
    path : Path
        What is behind it, and what it takes.
    version : str
        What the path says.
    latency : float
        Seconds by which the reply is delayed.
    """

    portal: Portal
    path: Path
    version: str = "v3"
    latency: float = 0.0

    async def serve(self, request: HTTPRequest) -> Response:
        """Answer a request; this is a route's endpoint."""
        correlation_id, headers = str(uuid4()), dict[str, str]()
        try:
            grant = self._grant(request)
            headers = self._counted(grant)
            self._check_scopes(request.path_params.get("type", ""), grant)
            call = await self._call(request, grant)
            self.portal.work()
            reply = self.path.handler(call)
        except Refusal as refusal:
            headers = {**headers, **refusal.headers}
            reply = Reply(refusal.status, refusal.body(correlation_id))
        except Exception:  # noqa: BLE001 - whatever it is, it is a mistake of ours
            # Answered here and not by the server, which would close the connection upon it.
            _LOG.exception("The sandbox made a mistake. Please report it.")
            reply = Reply(500, Refusal(500, "internal error").body(correlation_id))
        if self.latency:
            await asyncio.sleep(self.latency)
        return _response(reply, headers, correlation_id)

    def _grant(self, request: HTTPRequest) -> Grant | None:
        if self.path.open_to_all:
            return None
        return _authenticated(self.portal, request.headers.get("authorization", ""))

    def _counted(self, grant: Grant | None) -> dict[str, str]:
        portal = self.portal
        if grant is None or not portal.limits:
            return {}
        return portal.limiter.admit(
            policy=self.path.policy,
            app_id=grant.app_id,
            oauth=grant.oauth,
            retry_after=portal.retry_after,
        )

    def _check_scopes(self, object_type: str, grant: Grant | None) -> None:
        if grant is None:
            return
        name = self.portal.collection(object_type).kind.name if object_type else ""
        enough = [scope_names.of_type(scope, name) for scope in self.path.scopes]
        if enough and not grant.scopes.intersection(enough):
            raise missing_scopes(enough)

    async def _call(self, request: HTTPRequest, grant: Grant | None) -> Call:
        raw = await request.body()
        return Call(
            self.portal,
            request.path_params,
            request.query_params,
            request.url,
            raw,
            self.version,
            await _form(request),
            grant,
            request.headers.get("content-type", ""),
        )


async def _form(request: HTTPRequest) -> dict[str, str | Upload]:
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return {}
    try:
        async with request.form(max_part_size=_LONGEST_PART) as form:
            return {name: await _field(value) for name, value in form.multi_items()}
    except HTTPException as problem:
        raise invalid(f"The form cannot be read: {problem.detail}") from None


async def _field(value: str | UploadFile) -> str | Upload:
    if isinstance(value, str):
        return value
    return Upload(value.filename or "", await value.read(), value.content_type or "")


def _authenticated(portal: Portal, header: str) -> Grant:
    scheme, _, token = header.partition(" ")
    grant = portal.grant(token) if scheme.lower() == "bearer" else None
    if grant is None:
        raise _unknown(portal, token)
    late = portal.clock() - (grant.expires_at or math.inf)
    if late >= 0:
        raise expired(late, from_ms(round((grant.expires_at or 0) * 1000)))
    return grant


def _unknown(portal: Portal, token: str) -> Refusal:
    """Return what HubSpot says to a token that it cannot read: that it expired in 1970 (seen)."""
    if not token or token.startswith("pat-"):
        return unauthorised()
    return expired(portal.clock(), "1970-01-01T00:00:00Z")


def _response(reply: Reply, headers: Mapping[str, str], correlation_id: str) -> Response:
    more = {**headers, **reply.headers, **plain_headers(correlation_id)}
    if reply.body is None:
        return Response(b"", reply.status, more)
    content = reply.body if isinstance(reply.body, bytes) else encoded(reply.body)
    return Response(content, reply.status, {"content-type": JSON} | more)


def plain_headers(correlation_id: str) -> dict[str, str]:
    """Return the headers of every reply."""
    return {"X-Leadscore-Sandbox": NOTICE, "x-hubspot-correlation-id": correlation_id}
