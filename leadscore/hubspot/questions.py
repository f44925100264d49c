"""Whatever a search can ask, to its last result: no window of 10,000, no list that is too long.

HubSpot API docs, "Search the CRM": 10,000 results per query, bodies of up to 3,000 characters, 5
groups of 6 filters, 18 in all. A query that is sorted by id and begins behind the last id of the
one before needs a filter of its own in each group; where there is no room for it, the groups are
asked one by one, and a long list of values in pieces. Records that several pieces find count once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from leadscore.errors import UsageError
from leadscore.hubspot.pages import Page
from leadscore.hubspot.searching import LIMIT, LONGEST, keyset, search_body, search_page

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["WINDOW", "Question", "answers", "first_answers", "fits_question", "pieces"]

WINDOW = 10_000
_MOST_FILTERS, _MOST_IN_ALL = 6, 18
_BOUND = {"propertyName": "hs_object_id", "operator": "GT", "value": "9" * 18}
_ROOM = 1_000  # characters that the filters of a question can count on, whatever the properties

Filter = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What a search asks for.

    Attributes
    ----------
    groups : tuple of tuple of dict
        Of filters, as HubSpot writes them; one of the groups must hold. Empty: every record.
    query : str
        Words that a record must have.
    """

    groups: tuple[tuple[Filter, ...], ...] = ()
    query: str = ""

    @property
    def bounded(self) -> tuple[tuple[Filter, ...], ...]:
        """The groups; of a question without, one that is empty, for the bounds."""
        return self.groups or ((),)


def fits_question(properties: Sequence[str]) -> bool:
    """Say whether a list of properties leaves the filters of a question room in its body.

    Examples
    --------
    >>> fits_question(["email"]), fits_question(["a_rather_long_name"] * 150)
    (True, False)
    """
    return len(json.dumps(list(properties))) <= LONGEST - _ROOM


def pieces(question: Question, properties: Sequence[str]) -> Iterator[Question]:
    """Cut a question into ones that HubSpot takes, each with room to go on behind an id.

    Parameters
    ----------
    question : Question
    properties : sequence of str
        They stand in the same body.

    Yields
    ------
    Question
        Together they find what the whole would. One with six filters in its only group has no
        room: it is yielded as it is.

    Raises
    ------
    UsageError
        A piece that cannot be cut is still too long.

    Examples
    --------
    >>> many = [f"{n:0>30}" for n in range(99)]
    >>> one = {"propertyName": "email", "operator": "IN", "values": many}
    >>> [len(p.groups[0][0]["values"]) for p in pieces(Question(((one,),)), ["email"])]
    [49, 50]
    """
    short = _length(question, properties) <= LONGEST
    if short and (_has_room(question) or len(question.groups) == 1):
        yield question
    elif len(question.groups) > 1:
        for group in question.groups:
            yield from pieces(replace(question, groups=(group,)), properties)
    else:
        for half in _halves(question):
            yield from pieces(half, properties)


def _length(question: Question, properties: Sequence[str]) -> int:
    groups = [[*group, _BOUND] for group in question.bounded]
    return len(json.dumps(search_body(properties, groups, "ASCENDING", query=question.query)))


def _has_room(question: Question) -> bool:
    sizes = [len(group) + 1 for group in question.bounded]
    return max(sizes) <= _MOST_FILTERS and sum(sizes) <= _MOST_IN_ALL


def _halves(question: Question) -> Iterator[Question]:
    """Cut the longest list of values in two: a record is in one half or the other."""
    (group,) = question.bounded
    lists = [n for n, one in enumerate(group) if one.get("operator") == "IN"]
    place = max(lists, key=lambda n: len(group[n]["values"]), default=None)
    if place is None or len(group[place]["values"]) < 2:
        raise UsageError(
            f"The search is longer than the {LONGEST:,} characters that HubSpot takes.",
            hint="Shorten its values, or ask in several calls.",
        )
    values = group[place]["values"]
    for part in (values[: len(values) // 2], values[len(values) // 2 :]):
        cut = (*group[:place], {**group[place], "values": part}, *group[place + 1 :])
        yield replace(question, groups=(cut,))


def answers(
    portal: Portal,
    object_type: str,
    question: Question,
    properties: Sequence[str],
    *,
    limit: int | None = None,
    told: Callable[[int | None], None] = lambda _: None,
) -> Iterator[pa.Table]:
    """Read all records that a search finds, each once.

    Parameters
    ----------
    portal : Portal
    object_type : str
    question : Question
    properties : sequence of str
        They must leave room (`fits_question`).
    limit : int, optional
        So many of each piece are enough.
    told : callable
        Is told how many records HubSpot says there are, as soon as it says it; None where the
        question is cut into pieces that may overlap.

    Yields
    ------
    pyarrow.Table
        ``id`` and one string column per property; at most 200 rows. Of a question that is not
        cut, ids ascend.

    Raises
    ------
    UsageError
        The question is too long, or finds more than 10,000 records and leaves no room.
    BadReplyError
        The ids of a search do not ascend, so its end cannot be told.
    """
    parts = list(pieces(question, properties))
    seen: set[str] = set()
    for part in parts:
        left = limit
        for page in _pages(portal, object_type, part, properties, limit):
            told(page.total if len(parts) == 1 else None)
            yield _new(page.rows if left is None else page.rows.slice(0, left), seen)
            left = None if left is None else left - page.rows.num_rows
            if left is not None and left <= 0:
                break


def _new(rows: pa.Table, seen: set[str]) -> pa.Table:
    fresh = []
    for one in rows["id"].to_pylist():
        fresh.append(one not in seen)
        seen.add(one)
    return rows if all(fresh) else rows.filter(pa.array(fresh, pa.bool_()))


def _pages(
    portal: Portal, kind: str, part: Question, properties: Sequence[str], limit: int | None
) -> Iterator[Page]:
    size = min(LIMIT, limit or LIMIT)
    if _has_room(part):
        yield from keyset(
            portal, kind, properties, groups=part.bounded, query=part.query, size=size
        )
        return
    body = search_body(properties, part.groups, "ASCENDING", query=part.query, size=size)
    yield from _window(portal, kind, body, properties, limit)


def _window(
    portal: Portal,
    kind: str,
    body: dict[str, Any],
    properties: Sequence[str],
    limit: int | None,
) -> Iterator[Page]:
    """Read page after page by offset, as far as HubSpot lets one."""
    after = ""
    while True:
        page = search_page(portal, kind, body | ({"after": after} if after else {}), properties)
        if (page.total or 0) > WINDOW and (limit is None or limit > WINDOW):
            raise UsageError(
                f"The search finds {page.total:,} {kind}, and one with six filters in a group "
                f"can be read up to {WINDOW:,}.",
                hint="Take one filter out and apply it to the frame, or ask for parts.",
            )
        yield page
        after = page.after
        if not after or int(after) + int(body["limit"]) > WINDOW:
            return


def first_answers(
    portal: Portal,
    object_type: str,
    question: Question,
    properties: Sequence[str],
    *,
    sort: str,
    descending: bool,
    limit: int,
) -> pa.Table | None:
    """Read the first records of a search by a property; None where they take more than one search.

    Parameters
    ----------
    sort : str
        The property.
    descending : bool
    limit : int
        Up to 10,000.

    Returns
    -------
    pyarrow.Table or None
        As `answers`, at most `limit` rows, in HubSpot's order.
    """
    if limit > WINDOW or len(list(pieces(question, properties))) > 1:
        return None
    direction, size = "DESCENDING" if descending else "ASCENDING", min(LIMIT, limit)
    body = search_body(
        properties, question.groups, direction, sort=sort, query=question.query, size=size
    )
    found, left = [], limit
    for page in _window(portal, object_type, body, properties, limit):
        found.append(page.rows)
        left -= page.rows.num_rows
        if left <= 0:
            break
    return _new(pa.concat_tables(found), set()).slice(0, limit)  # a record may move meanwhile
