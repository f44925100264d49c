"""Search by record id: a chain of queries that knows no window of 10,000 results.

HubSpot API docs, "Search the CRM": 200 results a page; paging beyond 10,000 results is refused, so
each query here begins behind the last id of the one before; bodies of up to 3,000 characters; new
and changed records may take moments until a search sees them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from leadscore.errors import BadReplyError
from leadscore.hubspot.pages import Page, page_reader
from leadscore.hubspot.wiretypes import typed

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = [
    "changed_since",
    "count",
    "fits_body",
    "ids_between",
    "keyset",
    "modified_property",
    "newest_change",
    "search_body",
    "search_page",
]

LIMIT, LONGEST = 200, 3_000
_ID = "hs_object_id"
_CONTACTS = frozenset({"contacts", "contact", "0-1"})
_BOUND = "9" * 18  # stands for an id where only the body's length is asked

Filter = dict[str, Any]


def modified_property(object_type: str) -> str:
    """Return the property that says when a record changed last (API docs, "Search the CRM").

    Examples
    --------
    >>> modified_property("contacts"), modified_property("deals")
    ('lastmodifieddate', 'hs_lastmodifieddate')
    """
    return "lastmodifieddate" if object_type in _CONTACTS else "hs_lastmodifieddate"


def count(
    portal: Portal, object_type: str, *, low: str | None = None, high: str | None = None
) -> int:
    """Return how many records of a type the portal says it has (archived ones not counted).

    The figure is search's ``total``, whose index may lag behind by moments.

    Parameters
    ----------
    portal : Portal
    object_type : str
    low, high : str, optional
        Count only ids above `low`, and up to `high`, which is counted.
    """
    body = {"filterGroups": _groups(_bounds(low, "GT", high, "LTE")), "properties": [_ID]}
    total = search_page(portal, object_type, body | {"limit": 1}, ()).total
    if total is None:
        raise BadReplyError(
            f"The search of {object_type} has no total.", hint="Run the command again."
        )
    return total


def ids_between(portal: Portal, object_type: str, low: str | None, high: str | None) -> list[str]:
    """Return the ids above `low` and up to `high`, ascending.

    Raises
    ------
    BadReplyError
        The ids of a search do not ascend.
    """
    bounds = _bounds(None, "GT", high, "LTE")
    pages = keyset(portal, object_type, (), low=low, filters=bounds)
    return [record for page in pages for record in page.rows["id"].to_pylist()]


def newest_change(portal: Portal, object_type: str) -> pd.Timestamp | None:
    """Return when a record of a type changed last, by the portal's clock; None if it has none.

    The index of search may lag behind by moments.
    """
    name = modified_property(object_type)
    body = {
        "filterGroups": _groups([{"propertyName": name, "operator": "HAS_PROPERTY"}]),
        "sorts": [{"propertyName": name, "direction": "DESCENDING"}],
        "properties": [name],
        "limit": 1,
    }
    values = search_page(portal, object_type, body, [name]).rows[name].to_pylist()
    times = typed(values, {"type": "datetime"})
    return pd.Timestamp(times[0].as_py()) if values and times[0].is_valid else None


def changed_since(
    portal: Portal, object_type: str, since: pd.Timestamp | datetime
) -> Iterator[pa.Table]:
    """Read which records changed at or after a moment.

    Any number of them may have changed at one moment. It ends even while records change, because
    ids ascend. Changes of the last moments may be missing: the index of search lags behind.

    Parameters
    ----------
    portal : Portal
    object_type : str
    since : pandas.Timestamp
        In UTC unless it has an offset; to the millisecond below.

    Yields
    ------
    pyarrow.Table
        ``id`` and ``modified``, strings as on the wire; at most 200 rows, ids ascending.

    Raises
    ------
    BadReplyError
        The ids of a search do not ascend, so its end cannot be told.
    """
    name = modified_property(object_type)
    changed = {"propertyName": name, "operator": "GTE", "value": _milliseconds(since)}
    for page in keyset(portal, object_type, [name], filters=[changed]):
        yield page.rows.rename_columns(["id", "modified"])


def _milliseconds(moment: pd.Timestamp | datetime) -> str:
    stamp = pd.Timestamp(moment)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp
    return str(stamp.as_unit("ns").value // 1_000_000)


def fits_body(properties: Sequence[str]) -> bool:
    """Say whether a list of properties fits into the body of a search by id.

    Examples
    --------
    >>> fits_body(["email"]), fits_body(["a_rather_long_name"] * 200)
    (True, False)
    """
    bounds = _bounds(_BOUND, "GT", _BOUND, "LT")
    return len(json.dumps(search_body(properties, [bounds], "ASCENDING"))) <= LONGEST


def keyset(
    portal: Portal,
    object_type: str,
    properties: Sequence[str],
    *,
    low: str | None = None,
    high: str | None = None,
    descending: bool = False,
    filters: Sequence[Filter] = (),
    groups: Sequence[Sequence[Filter]] = ((),),
    query: str = "",
    size: int = LIMIT,
) -> Iterator[Page]:
    """Read by search, sorted by id, each query behind the last id of the one before.

    Parameters
    ----------
    portal : Portal
    object_type : str
    properties : sequence of str
        They must fit into a body (`fits_body`).
    low, high : str, optional
        Only ids above `low` and below `high`.
    descending : bool, default False
        From the highest id down.
    filters : sequence of dict, optional
        What else must hold, as search takes it.
    groups : sequence of sequence of dict, optional
        Groups of filters of which one must hold besides. Each gets the bounds too: there must be
        room for them.
    query : str, optional
        Words that a record must have, as search takes them.
    size : int, default 200
        Records of a page.

    Raises
    ------
    BadReplyError
        The ids do not ascend (descend), so nobody can tell what is left.
    """
    while True:
        bounds = [*filters, *_bounds(low, "GT", high, "LT")]
        direction = "DESCENDING" if descending else "ASCENDING"
        asked = [[*group, *bounds] for group in groups]
        body = search_body(properties, asked, direction, query=query, size=size)
        page = search_page(portal, object_type, body, properties)
        found = page.rows["id"].to_pylist()
        if not found:
            if page.total:
                raise _unordered(object_type, "names none of the records that it counts")
            return
        _check_order(object_type, found, low, high, descending=descending)
        yield page
        if page.total == len(found) and not page.after:
            return
        low, high = (low, found[-1]) if descending else (found[-1], high)


def _check_order(
    object_type: str, found: list[str], low: str | None, high: str | None, *, descending: bool
) -> None:
    """Check that ids lie within the bounds and go in one direction, strictly."""
    if not all(map(str.isdecimal, found)):
        raise _unordered(object_type, "has ids that are no numbers")
    numbers = [int(one) for one in (found[::-1] if descending else found)]
    edges = [int(one) for one in (low, high) if one is not None]
    inside = (low is None or numbers[0] > edges[0]) and (high is None or numbers[-1] < edges[-1])
    if not inside or any(a >= b for a, b in pairwise(numbers)):
        raise _unordered(object_type, "is not in the order of ids")


def _unordered(object_type: str, why: str) -> BadReplyError:
    return BadReplyError(
        f"The search of {object_type} {why}, so the reading cannot be complete.",
        hint="Run the same command again.",
    )


def _bounds(low: str | None, above: str, high: str | None, below: str) -> list[Filter]:
    return [
        {"propertyName": _ID, "operator": operator, "value": str(value)}
        for operator, value in ((above, low), (below, high))
        if value is not None
    ]


def _groups(*groups: Sequence[Filter]) -> list[dict[str, Any]]:
    return [{"filters": list(filters)} for filters in groups if filters]


def search_body(
    properties: Sequence[str],
    groups: Sequence[Sequence[Filter]],
    direction: str,
    *,
    sort: str = _ID,
    query: str = "",
    size: int = LIMIT,
) -> dict[str, Any]:
    """Return the body of a search."""
    body: dict[str, Any] = {
        "filterGroups": _groups(*groups),
        "sorts": [{"propertyName": sort, "direction": direction}],
        "properties": [*properties] or [_ID],
        "limit": size,
    }
    return body | ({"query": query} if query else {})


def search_page(
    portal: Portal, object_type: str, body: dict[str, Any], properties: Sequence[str]
) -> Page:
    """Send one search and read its page."""
    where = portal.path("objects", object_type, "search")
    return portal.transport.fetch("POST", where, read=page_reader(properties), body=body)
