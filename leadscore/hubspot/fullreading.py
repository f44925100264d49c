"""All records of a type, each once: the list's cursor from below, and a search from above."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from leadscore.errors import BadReplyError, InvalidRequestError
from leadscore.hubspot.ahead import ahead, several
from leadscore.hubspot.batchreading import batches_of, chunks, read_one_batch
from leadscore.hubspot.listing import fits_url, list_pages
from leadscore.hubspot.pages import Page, rows_schema
from leadscore.hubspot.progress import Progress
from leadscore.hubspot.searching import count, fits_body, keyset

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Chunk", "read_records"]

ROWS = 2_000  # of a chunk, at least
WORTH = 1_000  # records; below, one cursor is as fast
AHEAD = 8  # pages that may lie ready
_HYDRATING = 4

Part = tuple[str, Page | None]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some thousand records, and where the reading goes on after them.

    Attributes
    ----------
    rows : pyarrow.Table
        ``id`` and one string column per property, as on the wire.
    position : dict
        Plain JSON values; `read_records` goes on from it.
    """

    rows: pa.Table
    position: dict[str, Any]


def read_records(
    portal: Portal,
    object_type: str,
    properties: Sequence[str],
    *,
    position: dict[str, Any] | None = None,
    archived: bool = False,
) -> Generator[Chunk]:
    """Read all records of a type, each id exactly once, in no particular order.

    The list is read by its cursor from the lowest id up. Where there are many records a search
    works from the highest id down at the same time, under its own rate limit, until they meet.
    That ids ascend (descend) is checked on every page, because HubSpot documents no order of
    lists; where they do not, the list is read alone. Property lists too long for a URL, or for a
    search, are read by batch.

    What a search says may be some moments old, and records that were created or changed within
    these moments may be missing or old: a later `changed_since` with an overlap of a few minutes
    finds them.

    Parameters
    ----------
    portal : Portal
    object_type : str
        ``contacts``, ``companies``, ``deals``, or a custom object's type id, as ``2-123``.
    properties : sequence of str
    position : dict, optional
        The position of the last chunk of a reading that was interrupted: goes on after it. The
        type, the properties and `archived` must be the same.
    archived : bool, default False
        The archived records instead of the others.

    Yields
    ------
    Chunk
        About 2,000 rows each; the last one may be empty.

    Raises
    ------
    BadReplyError
        The reading cannot be complete: a page that cannot be believed, a cursor that repeats, an
        order of the list that changed after an interruption.
    HubSpotError
        HubSpot refused or did not answer.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=120) as sandbox, ls.connect(sandbox) as portal:
    ...     sum(chunk.rows.num_rows for chunk in read_records(portal, "contacts", ["email"]))
    120
    """
    progress = Progress(position)
    if progress.done:
        return
    reading = _Reading(portal, object_type, list(properties), progress, archived=archived)
    tables = [rows_schema(properties).empty_table()]
    rows = 0
    with closing(ahead(*reading.sources(), size=AHEAD)) as parts:
        for part in parts:
            tables.append(reading.take(part))
            reading.judge()
            rows += tables[-1].num_rows
            if rows >= ROWS or progress.done:
                yield Chunk(pa.concat_tables(tables).combine_chunks(), progress.position())
                tables, rows = tables[:1], 0
            if progress.done:
                return
    raise BadReplyError(
        f"The reading of {object_type} ended before the list did.", hint="Run it again."
    )


class _Reading:
    """Where the pages of one full read come from."""

    def __init__(
        self,
        portal: Portal,
        object_type: str,
        properties: list[str],
        progress: Progress,
        *,
        archived: bool,
    ) -> None:
        self._portal, self._type, self._properties = portal, object_type, properties
        self._progress, self._archived = progress, archived
        self._empty = rows_schema(properties).empty_table()

    def sources(self) -> list[Generator[Part]]:
        lost = self._progress.after is None
        sources = [self._below() if lost else self._listed(str(self._progress.after))]
        return [*sources, self._above()] if self._pays() else sources

    def take(self, part: Part) -> pa.Table:
        """Take one page; a part without one is the end of its source."""
        kind, page = part
        progress = self._progress
        if page is not None:
            takes = {"list": progress.take_list, "above": progress.take_search}
            return takes.get(kind, progress.take_below)(page)
        if kind == "anew":
            progress.start_anew()
        progress.done = progress.done or kind == "below"
        return self._empty

    def judge(self) -> None:
        """Where both ways have met, or a cursor was lost, ask how many records there are."""
        progress = self._progress
        if progress.met and not progress.done:
            below = self._counted(high=str((progress.above or 0) - 1))
            progress.judge(progress.listed + 1 if below is None else below)
        if progress.doubt is not None and not self._archived:
            progress.confirm(self._counted(high=str(progress.doubt)) or 0)

    def _pays(self) -> bool:
        if self._archived or self._progress.alone:
            return False  # a search finds no archived records
        return (self._counted() or 0) > WORTH

    def _counted(self, *, high: str | None = None) -> int | None:
        """Ask search for a count; without one the list does."""
        try:
            return count(self._portal, self._type, high=high)
        except (BadReplyError, InvalidRequestError):
            return None

    # ----------------------------------------------------------------- sources

    def _listed(self, after: str) -> Generator[Part]:
        fits = fits_url(self._properties)
        names = self._properties if fits else []
        pages = list_pages(self._portal, self._type, names, after=after, archived=self._archived)
        try:
            for page in pages if fits else self._hydrated(pages):
                yield "list", page
                after = ""
        except InvalidRequestError:
            if not after:
                raise
            yield from self._without_cursor()

    def _without_cursor(self) -> Generator[Part]:
        """Go on where HubSpot refuses the cursor of an interrupted reading."""
        if self._progress.ordered and not self._archived and self._progress.last is not None:
            yield from self._below()
            return
        yield "anew", None
        yield from self._listed("")

    def _below(self) -> Generator[Part]:
        low, high = self._progress.last, self._progress.above
        for page in self._search(_text(low), _text(high), descending=False):
            yield "below", page
        yield "below", None

    def _above(self) -> Generator[Part]:
        try:
            for page in self._search(None, _text(self._progress.above), descending=True):
                yield "above", page
                if self._progress.alone:
                    return
        except (BadReplyError, InvalidRequestError):
            return  # the list reads what the search cannot

    def _search(self, low: str | None, high: str | None, *, descending: bool) -> Iterator[Page]:
        fits = fits_body(self._properties)
        names = self._properties if fits else []
        pages = keyset(self._portal, self._type, names, low=low, high=high, descending=descending)
        return pages if fits else self._hydrated(pages)

    def _hydrated(self, pages: Iterator[Page]) -> Iterator[Page]:
        """Read by batch what the pages name; records that are gone meanwhile have no row."""
        batches = batches_of(self._portal, self._type, self._properties, archived=self._archived)

        def hydrate(page: Page) -> Page:
            parts = [
                read_one_batch(batches, ids, self._properties).rows
                for ids in chunks(page.rows["id"].to_pylist())
            ]
            return replace(page, rows=pa.concat_tables([self._empty, *parts]))

        return several(hydrate, pages, workers=_HYDRATING)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
