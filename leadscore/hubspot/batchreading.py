"""Records and their property history by id: many at once, each id accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from leadscore.errors import BadReplyError, InvalidRequestError, NotFoundError
from leadscore.hubspot.ahead import several
from leadscore.hubspot.pages import Page, page_reader, rows_schema

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = [
    "BATCH",
    "Batches",
    "Found",
    "answering",
    "batches_of",
    "chunks",
    "read_ids",
    "read_one_batch",
]

BATCH = 100  # HubSpot API docs, "Contacts": at most 100 records a batch
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Found:
    """What a portal has of the ids that were asked for.

    Attributes
    ----------
    rows : pyarrow.Table
        ``id`` and one string column per property, as on the wire, in the order of the ids asked.
    missing : list of str
        The ids that the portal has no record of its own for: deleted, or merged into another.
    """

    rows: pa.Table
    missing: list[str]


def chunks(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """Cut into lists of at most `size`.

    Examples
    --------
    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk


def read_ids(
    portal: Portal,
    object_type: str,
    ids: Iterable[str],
    properties: Sequence[str],
    *,
    archived: bool = False,
) -> Found:
    """Read records by id, several batches at once.

    Parameters
    ----------
    portal : Portal
    object_type : str
    ids : iterable of str
        Read once each, however often they come.
    properties : sequence of str
        Any number: they go in the body.
    archived : bool, default False
        Archived records instead of the others.

    Returns
    -------
    Found

    Raises
    ------
    BadReplyError
        A reply that cannot be believed, or that leaves out a record which is there.
    InvalidRequestError
        HubSpot refuses what was asked, whichever ids are asked for.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     read_ids(portal, "contacts", ["404"], ["email"]).missing
    ['404']
    """
    batches = batches_of(portal, object_type, properties, archived=archived)
    wanted = list(dict.fromkeys(map(str, ids)))
    pages = [page for group in batches.read(wanted, BATCH) for page in group]
    return _found(pages, wanted, properties)


def answering(portal: Portal, object_type: str, ids: Iterable[str]) -> dict[str, str]:
    """Ask for records one by one; return the id that each answers under.

    A record that was merged into another answers under the other's id (unverified). One that is
    not in the result is not there: HubSpot said 404.
    """
    found = {}
    for one in ids:
        query = [("properties", "hs_object_id")]
        with suppress(NotFoundError):
            record = portal.transport.call(
                "GET", portal.path("objects", object_type, one), query=query
            )
            found[one] = str(record.get("id"))
    return found


def read_one_batch(batches: Batches, ids: list[str], properties: Sequence[str]) -> Found:
    """Read the records of one batch, at most 100, in the order of their ids."""
    return _found(batches.whole(ids), ids, properties)


def batches_of(
    portal: Portal, object_type: str, properties: Sequence[str], *, archived: bool = False
) -> Batches:
    """Return batch reads of records with these properties."""
    body = {"properties": list(properties), "propertiesWithHistory": []}
    return Batches(portal, object_type, body, page_reader(properties), archived=archived)


def _found(pages: list[Page], wanted: list[str], properties: Sequence[str]) -> Found:
    rows = pa.concat_tables([rows_schema(properties).empty_table(), *(p.rows for p in pages)])
    place = {one: n for n, one in enumerate(rows["id"].to_pylist())}
    order = [place[one] for one in wanted if one in place]
    return Found(rows.take(pa.array(order, pa.int64())), [i for i in wanted if i not in place])


class Batches:
    """Batch reads of one object type.

    Parameters
    ----------
    portal : Portal
    object_type : str
    body : dict
        What to read of each record.
    read : callable
        Bytes to a page; only the rows that it keeps are returned, but each id must be in ``ids``.
    archived : bool
    """

    def __init__(
        self,
        portal: Portal,
        object_type: str,
        body: dict[str, Any],
        read: Callable[[bytes], Page],
        *,
        archived: bool = False,
    ) -> None:
        self._portal, self._type, self._body, self._read = portal, object_type, body, read
        self._query = [("archived", "true")] if archived else []

    def read(self, ids: Iterable[str], size: int, *, workers: int = 8) -> Iterator[list[Page]]:
        """Read batches of ids, several at once; yield each batch's pages in the ids' order."""
        return several(self.whole, chunks(ids, size), workers=workers)

    def whole(self, ids: list[str]) -> list[Page]:
        """Read one batch; what its pages lack, the portal does not have.

        A batch that is refused as a whole is narrowed down to the guilty ids. An id that is left
        out without a word, as those of merged records are (recorded replies of
        rudderlabs/rudder-transformer; unverified for reading), is looked up by itself: one that
        answers under another id is missing under its own.
        """
        where = self._portal.path("objects", self._type, "batch", "read")
        asked = self._body | {"inputs": [{"id": one} for one in ids]}
        try:
            page = self._portal.transport.fetch(
                "POST", where, read=self._read, query=self._query, body=asked, expect=(200, 207)
            )
        except InvalidRequestError as error:
            return self._narrow(ids, error)
        page = _only(page, ids)
        known = set(page.ids) | _not_found(page.errors)
        left = [one for one in ids if one not in known and self._there(one)]
        if len(left) == len(ids):
            raise BadReplyError(
                f"{where}: the reply leaves out {left[0]}, which is there.",
                hint="Run the same command again.",
            )
        return [page, *(self.whole(left) if left else [])]

    def _narrow(self, ids: list[str], error: InvalidRequestError) -> list[Page]:
        """Read the halves of a batch that was refused; one record's refusal is its own."""
        if len(ids) == 1:
            if self._there(ids[0]):
                raise error
            return []
        halves = (ids[: len(ids) // 2], ids[len(ids) // 2 :])
        return [page for half in halves for page in self.whole(half)]

    def _there(self, record_id: str) -> bool:
        """Ask for one record: only a 404, or another id, says that it is not there."""
        where = self._portal.path("objects", self._type, record_id)
        query = [("properties", "hs_object_id"), *self._query]
        try:
            record = self._portal.transport.call("GET", where, query=query)
        except NotFoundError:
            return False
        except InvalidRequestError:
            if record_id.isdecimal():
                raise
            return False  # a record's id is a number: what is none is no record's
        return str(record.get("id")) == record_id


def _only(page: Page, ids: list[str]) -> Page:
    """Return a page without what nobody asked for: a merged record under its new id, say."""
    if set(page.ids) <= set(ids):
        return page
    asked = pc.is_in(page.rows["id"], value_set=pa.array(ids, pa.string()))
    return replace(page, rows=page.rows.filter(asked))


def _not_found(errors: list[dict[str, Any]]) -> set[str]:
    named = [error for error in errors if error.get("category") == "OBJECT_NOT_FOUND"]
    return {str(i) for error in named for i in error["context"].get("ids") or []}
