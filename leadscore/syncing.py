"""Portal to store: read everything, and say whether it was everything."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
from tqdm.auto import tqdm

from leadscore.hubspot.connection import Portal
from leadscore.hubspot.properties import definitions, definitions_table
from leadscore.hubspot.reading import count, read_pages, record_batches, schema
from leadscore.store import Store

__all__ = ["OBJECTS", "PERSONAL", "Synced", "sync"]

OBJECTS = ("contacts", "companies", "deals")
# Personal data is asked for, not taken by habit.
PERSONAL = frozenset(
    {
        "address",
        "date_of_birth",
        "email",
        "fax",
        "firstname",
        "hs_additional_emails",
        "hs_calculated_mobile_number",
        "hs_calculated_phone_number",
        "hs_full_name_or_email",
        "hs_searchable_calculated_mobile_number",
        "hs_searchable_calculated_phone_number",
        "hs_whatsapp_phone_number",
        "lastname",
        "mobilephone",
        "phone",
        "salutation",
        "twitterhandle",
        "work_email",
        "zip",
    }
)
_RECOUNTS = 3  # search's index may lag behind the list by moments


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did.

    Attributes
    ----------
    contacts, companies, deals : int
        Records read.
    history_rows : int
        Rows of property history read.
    complete : bool
        Whether at least as many records were read as the portal says it has. Where it is False, the
        store's table is as it was before.
    requests : int
        Requests sent to the portal, repeats included.
    seconds : float
    """

    contacts: int
    companies: int
    deals: int
    history_rows: int
    complete: bool
    requests: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return asdict(self)


def sync(
    portal: Portal,
    store: Store,
    *,
    properties: Sequence[str] | None = None,
    progress: bool = True,
) -> Synced:
    """Read a portal's contacts, companies, deals and property definitions into the store.

    Parameters
    ----------
    portal : Portal
    store : Store
        Its workspace belongs to one portal, and refuses another.
    properties : sequence of str, optional
        The contact properties to read. Without it all visible ones, less names, e-mail, phone
        and address (`leadscore.syncing.PERSONAL`).
    progress : bool, default True
        Show progress bars.

    Returns
    -------
    Synced

    Raises
    ------
    StoreError
        The workspace belongs to another portal, or another run holds it.
    HubSpotError
        HubSpot refused or did not answer; the store is as it was.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> with ls.open_sandbox(contacts=120) as sandbox, ls.connect(sandbox) as portal:
    ...     ls.sync(portal, store, progress=False).contacts
    120
    """
    began, requests = time.monotonic(), portal.requests
    store.ledger.bind_portal(portal.id)
    with store.lock("sync"):
        as_of = pd.Timestamp.now("UTC")
        chosen = {"contacts": properties}
        reads = {o: _object(portal, store, o, chosen.get(o), progress=progress) for o in OBJECTS}
        complete = all(done for _, done in reads.values())
        if complete:
            store.ledger.set_checkpoint("synced_at", as_of.isoformat())
    rows = {name: read for name, (read, _) in reads.items()}
    seconds = round(time.monotonic() - began, 2)
    return Synced(
        **rows,
        history_rows=0,
        complete=complete,
        requests=portal.requests - requests,
        seconds=seconds,
    )


class _IncompleteError(Exception):
    """Raised inside a stream, so that the store does not commit it."""


def _object(
    portal: Portal,
    store: Store,
    object_type: str,
    properties: Sequence[str] | None,
    *,
    progress: bool,
) -> tuple[int, bool]:
    """Read one object type; return how many records, and whether that was all."""
    defined = definitions(portal, object_type)
    names = list(properties) if properties is not None else _default(defined)
    names = sorted({*names, *_needed(defined)} & defined.keys())
    reading = _Reading(portal, object_type, progress=progress)
    batches = record_batches(reading.pages(names), defined, names)
    shape = schema(defined, names)
    try:
        store.write(object_type, pa.RecordBatchReader.from_batches(shape, batches))
    except Exception:
        if reading.complete is False:
            return len(reading.ids), False
        raise
    _definitions(store, object_type, defined)
    return len(reading.ids), True


class _Reading:
    """One pass over an object type that knows what it has seen."""

    def __init__(self, portal: Portal, object_type: str, *, progress: bool) -> None:
        self.portal, self.object_type, self.progress = portal, object_type, progress
        self.ids: set[str] = set()
        self.complete: bool | None = None

    def pages(self, names: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        total = count(self.portal, self.object_type)
        with tqdm(
            total=total, unit="rec", desc=f"Reading {self.object_type}", disable=not self.progress
        ) as bar:
            for page in read_pages(self.portal, self.object_type, names):
                fresh = self._new(page)
                bar.update(len(fresh))
                yield fresh
        self._check(total)

    def _new(self, page: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        fresh = {str(r["id"]): r for r in page if str(r["id"]) not in self.ids}
        self.ids.update(fresh)
        return list(fresh.values())

    def _check(self, before: int) -> None:
        """Compare with the portal's count, which may move while one reads and lags behind."""
        counts = [before]
        while len(self.ids) < min(counts) and len(counts) <= _RECOUNTS:
            if len(counts) > 1:
                self.portal.pool.back_off(1)
            counts.append(count(self.portal, self.object_type))
        self.complete = len(self.ids) >= min(counts)
        if not self.complete:
            raise _IncompleteError


def _default(defined: dict[str, dict[str, Any]]) -> list[str]:
    return [n for n, d in defined.items() if not _personal(n, d) and not d.get("hidden")]


def _personal(name: str, definition: dict[str, Any]) -> bool:
    return name in PERSONAL or definition.get("fieldType") == "phonenumber"


def _needed(defined: dict[str, dict[str, Any]]) -> set[str]:
    """Return what every later step relies on: the times, and when a stage was entered."""
    dates = {n for n in defined if n.startswith("hs_v2_date_entered_")}
    return dates | {"createdate", "lifecyclestage"}


def _definitions(store: Store, object_type: str, defined: dict[str, dict[str, Any]]) -> None:
    new = definitions_table(defined, object_type)
    if store.has("properties"):
        old = store.arrow("properties")
        keep = old.filter(pa.compute.not_equal(old["object"], object_type))
        new = pa.concat_tables([keep.cast(new.schema), new])
    store.write("properties", new)
