"""Pages of a list: the cursor in the query, and the way to the next page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from leadscore.sandbox.replies import invalid

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call

__all__ = ["by_id", "by_place", "cursor", "next_page"]

_NUMBER = re.compile(r"[0-9]{1,18}\Z")

T = TypeVar("T")


def cursor(call: Call, key: str = "after") -> int:
    """Return a cursor that is a number, 0 when none is given.

    Raises
    ------
    Refusal
        400.
    """
    text = call.query.get(key, "0")
    if not _NUMBER.match(text):
        raise invalid(f"Invalid {key}: {text}")
    return int(text)


def next_page(call: Call, after: str) -> dict[str, Any]:
    """Return the ``paging`` of a reply that has another page behind it."""
    link = str(call.url.include_query_params(after=after))
    return {"next": {"after": after, "link": link}}


def by_place(
    call: Call, listed: Sequence[T], *, limit: int, shape: Callable[[T], Any] | None = None
) -> dict[str, Any]:
    """Return the body of a page whose cursor is a place in the list.

    Raises
    ------
    Refusal
        400: the cursor is no number.
    """
    start = cursor(call)
    end = start + limit
    shown = listed[start:end]
    body: dict[str, Any] = {"results": [shape(one) for one in shown] if shape else list(shown)}
    return body | ({"paging": next_page(call, str(end))} if end < len(listed) else {})


def by_id(
    call: Call,
    listed: Sequence[dict[str, Any]],
    *,
    limit: int,
    shape: Callable[[dict[str, Any]], Any] | None = None,
) -> dict[str, Any]:
    """Return the body of a page whose cursor is the id that it starts with.

    Raises
    ------
    Refusal
        400: the cursor is no number.
    """
    start = cursor(call)
    rest = [one for one in listed if int(one["id"]) >= start]
    body: dict[str, Any] = {"results": [shape(one) if shape else one for one in rest[:limit]]}
    return body | ({"paging": next_page(call, rest[limit]["id"])} if len(rest) > limit else {})
