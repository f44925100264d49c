"""What a fault changes in a request, in a reply, and in the portal itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from leadscore.sandbox.clock import Clock
from leadscore.sandbox.portal import Grant, Portal
from leadscore.sandbox.replies import Refusal, batch_error, encoded, invalid

__all__ = ["asked_cursor", "change_portal", "reject", "rejected", "rewrite"]

Body = dict[str, Any]


# --------------------------------------------------------------------------- the portal


def change_portal(portal: Portal, changes: Mapping[str, Any]) -> None:
    """Do to the portal what a rule says, before the call is handled.

    What cannot be done, as archiving a property that is not there, is passed over.
    """
    for name, value in changes.items():
        _CHANGES[name](portal, value)


def _revoke(portal: Portal, _: Any) -> None:
    portal.revoked = True


def _rotate(portal: Portal, token: str) -> None:
    portal.revoked = True
    portal.grants[token] = Grant(portal.scopes)


def _remove_scope(portal: Portal, scope: str) -> None:
    portal.scopes.discard(scope)


def _archive(portal: Portal, name: str) -> None:
    kind, _, bare = name.partition(".")
    try:
        portal.collection(kind).definitions.archive(bare, at=portal.now)
    except Refusal:
        return


def _lag(portal: Portal, seconds: float) -> None:
    portal.index_lag = float(seconds)


def _advance(portal: Portal, seconds: float) -> None:
    if isinstance(portal.clock, Clock):
        portal.clock.advance(seconds)


_CHANGES: dict[str, Callable[[Portal, Any], None]] = {
    "revoke_token": _revoke,
    "rotate_token": _rotate,
    "remove_scope": _remove_scope,
    "archive_property": _archive,
    "index_lag": _lag,
    "advance": _advance,
}


# --------------------------------------------------------------------------- the request


def reject(raw: bytes, ids: list[Any]) -> tuple[bytes, list[Body]]:
    """Take inputs out of a batch, and return the body without them and what was taken out.

    Examples
    --------
    >>> reject(b'{"inputs": [{"id": "1"}, {"id": "2"}]}', [2])
    (b'{"inputs":[{"id":"1"}]}', [{'id': '2'}])
    """
    body = _object(raw)
    inputs = body.get("inputs") if body else None
    if body is None or not isinstance(inputs, list):
        return raw, []
    names = set(map(str, ids))
    out = [one for one in inputs if isinstance(one, dict) and str(one.get("id")) in names]
    if not out:
        return raw, []
    return encoded(body | {"inputs": [one for one in inputs if one not in out]}), out


def rejected(status: int, raw: bytes, out: list[Body], *, at: str) -> tuple[int, bytes]:
    """Add to a batch's reply that some of its inputs were not accepted: 207.

    A reply that is an error already stays as it is.
    """
    empty = {"status": "COMPLETE", "results": [], "startedAt": at, "completedAt": at}
    body = empty if not raw else _object(raw)
    if body is None or status >= 400:
        return status, raw
    errors = [*body.get("errors", []), *map(_error, out)]
    return 207, encoded(body | {"numErrors": len(errors), "errors": errors})


def _error(one: Body) -> Body:
    context = {"ids": [str(one.get("id"))]}
    if one.get("objectWriteTraceId"):
        context["objectWriteTraceId"] = [str(one["objectWriteTraceId"])]
    return batch_error(invalid(f"Object {one.get('id')} was rejected"), context)


# --------------------------------------------------------------------------- the reply


def asked_cursor(query: bytes, raw: bytes) -> str:
    """Return the cursor that a request named in its query or its body, "" for none."""
    found = parse_qs(query.decode("latin-1")).get("after")
    return found[0] if found else str((_object(raw) or {}).get("after") or "")


def rewrite(raw: bytes, rewrites: Mapping[str, Any], *, cursor: str, fired: int) -> bytes:
    """Return a reply's body with its cursor or its results changed.

    Parameters
    ----------
    raw : bytes
        What is no JSON object stays as it is.
    rewrites : dict
        The keys of `leadscore.sandbox.faultactions.REWRITES`.
    cursor : str
        The one that the request named.
    fired : int
        How often the rule has fired, this time included.
    """
    body = _object(raw)
    if body is None:
        return raw
    results = body.get("results")
    if isinstance(results, list):
        kept = _kept(results, rewrites.get("drop_ids"))
        body["results"] = kept + _again(kept, rewrites.get("duplicate_ids"))
    after = _cursor(rewrites, cursor, fired)
    if after is not None and isinstance(results, list):
        following = body.get("paging", {}).get("next", {})
        body["paging"] = {"next": following | {"after": after}}
    return encoded(body)


def _cursor(rewrites: Mapping[str, Any], cursor: str, fired: int) -> str | None:
    loop = rewrites.get("cursor_loop")
    if isinstance(loop, list):
        return str(loop[(fired - 1) % len(loop)])
    first = cursor in {"", "0"}
    if loop:
        return None if first else "0"
    return cursor if rewrites.get("repeat_cursor") and not first else None


def _kept(results: list[Any], drop: Any) -> list[Any]:
    if drop == "all":
        return []
    names = set(map(str, drop or []))
    return [one for one in results if _id(one) not in names]


def _again(results: list[Any], twice: Any) -> list[Any]:
    if twice is True:
        return results[:1]
    names = set(map(str, twice or []))
    return [one for one in results if _id(one) in names]


def _id(one: Any) -> str:
    return str(one.get("id")) if isinstance(one, dict) else ""


def _object(raw: bytes) -> Body | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
