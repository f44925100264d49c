"""All records of a type by the list's cursor, one page after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from leadscore.errors import BadReplyError
from leadscore.hubspot.pages import Page, page_reader

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["PAGE", "fits_url", "list_pages"]

PAGE = 100  # HubSpot API docs, "Contacts": at most 100 records a page, and a batch
URL_MAX = 8_000  # characters; HubSpot answers 414 to longer URLs, from about 16,000 on
EMPTY = 10  # pages in a row without a record, and yet with a cursor


def fits_url(properties: Sequence[str]) -> bool:
    """Say whether a list of properties fits into a URL.

    Examples
    --------
    >>> fits_url(["email"]), fits_url(["a_rather_long_name"] * 1000)
    (True, False)
    """
    return len(urlencode([("properties", ",".join(properties))])) <= URL_MAX


def list_pages(
    portal: Portal,
    object_type: str,
    properties: Sequence[str],
    *,
    after: str = "",
    archived: bool = False,
) -> Iterator[Page]:
    """Read the list of a type, in the portal's own order, from a cursor on.

    A page shorter than asked for, or empty, is not the end; a page without a cursor is.

    Parameters
    ----------
    portal : Portal
    object_type : str
        ``contacts``, ``2-123``, …
    properties : sequence of str
        They must fit into a URL (`fits_url`).
    after : str, default ""
        The cursor of the page to begin with (HubSpot API docs, "Contacts": the id of the next
        record); from the start without one.
    archived : bool, default False
        The archived records instead of the others.

    Raises
    ------
    BadReplyError
        A page cannot be believed, the cursor repeats, or page after page is empty.
    """
    where, read = portal.path("objects", object_type), page_reader(properties)
    query = [("limit", str(PAGE)), ("archived", str(archived).lower())]
    # Without a name the portal would send its own choice of properties.
    query.append(("properties", ",".join(properties) or "hs_object_id"))
    cursors, empty = {after}, 0
    while True:
        cursor = [("after", after)] if after else []
        page = portal.transport.fetch("GET", where, read=read, query=[*query, *cursor])
        after, empty = page.after, 0 if page.rows.num_rows else empty + 1
        if after in cursors - {""}:
            raise _incomplete(f"{where}: the cursor repeats")
        yield page
        if not after:
            return
        if empty >= EMPTY:
            raise _incomplete(f"{where}: {EMPTY} pages in a row are empty")
        cursors.add(after)


def _incomplete(why: str) -> BadReplyError:
    return BadReplyError(
        f"{why}, so the reading cannot be complete.", hint="Run the same command again."
    )
