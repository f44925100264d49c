"""Records by a unique property, an e-mail address say: many at once, each key accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from leadscore.addresses import domain_of
from leadscore.errors import BadReplyError, InvalidRequestError, NotFoundError
from leadscore.hubspot.ahead import several
from leadscore.hubspot.batchreading import BATCH, chunks
from leadscore.hubspot.pages import Page, page_reader, rows_schema

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Keyed", "key_of", "read_keys"]

_OTHERS = "hs_additional_emails"  # of a contact, "a@b.c;d@e.f": e-mail addresses besides the first


@dataclass(frozen=True, slots=True)
class Keyed:
    """What a portal has of the keys that were asked for.

    Attributes
    ----------
    keys : list of str
        The key of each row, as it was asked for (`key_of`).
    rows : pyarrow.Table
        ``id`` and one string column per property, as on the wire, in the order of the keys. A
        record that has two of the keys, as e-mail addresses can be, comes twice.
    missing : list of str
        The keys that no record has.
    """

    keys: list[str]
    rows: pa.Table
    missing: list[str]


def key_of(value: str, name: str = "email") -> str:
    """Return what tells two keys apart: without blanks, an address in lower case, a bare domain.

    That HubSpot ignores the case of other values is not documented.

    Examples
    --------
    >>> key_of(" Ann@Example.com "), key_of(" A-1 ", "order")
    ('ann@example.com', 'A-1')
    >>> key_of("https://www.Acme.example/", "domain")
    'acme.example'
    """
    found = value.strip()
    if name == "domain":
        return domain_of(found) or found.lower()
    return found.lower() if name == "email" else found


def read_keys(
    portal: Portal, object_type: str, name: str, keys: Iterable[str], properties: Sequence[str]
) -> Keyed:
    """Read records by the values of a unique property, several batches at once.

    Parameters
    ----------
    portal : Portal
    object_type, name : str
        ``contacts`` and ``email``, or a property that has unique values.
    keys : iterable of str
        Read once each, however often they come.
    properties : sequence of str

    Returns
    -------
    Keyed
        A contact is found by each of its e-mail addresses, where HubSpot does so (unverified).

    Raises
    ------
    BadReplyError
        A reply that cannot be believed.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     read_keys(portal, "contacts", "email", ["no@body.example"], []).missing
    ['no@body.example']
    """
    wanted = list(dict.fromkeys(filter(None, (key_of(key, name) for key in keys))))
    extra = [name, _OTHERS] if name == "email" else [name]
    asked = list(dict.fromkeys([*properties, *extra]))
    reading = _Reading(portal, object_type, name, asked)
    pages = [page for some in several(reading.batch, chunks(wanted, BATCH)) for page in some]
    rows = pa.concat_tables([rows_schema(asked).empty_table(), *(page.rows for page in pages)])
    place = {key: n for n, row in enumerate(rows.to_pylist()) for key in _keys(row, name)}
    found = [key for key in wanted if key in place]
    order = pa.array([place[key] for key in found], pa.int64())
    left = [key for key in wanted if key not in place]
    return Keyed(found, rows.select(["id", *properties]).take(order), left)


def _keys(row: dict[str, str | None], name: str) -> list[str]:
    more = (row.get(_OTHERS) or "").split(";") if name == "email" else []
    return [key_of(value, name) for value in (*more, row[name] or "") if value]


class _Reading:
    """Batch reads by one property."""

    def __init__(self, portal: Portal, kind: str, name: str, properties: Sequence[str]) -> None:
        self._portal, self._kind, self._name = portal, kind, name
        self._read: Callable[[bytes], Page] = page_reader(properties)
        self._body = {"properties": list(properties), "propertiesWithHistory": []}

    def batch(self, keys: list[str]) -> list[Page]:
        """Read one batch; a key that is in neither results nor errors is looked up by itself."""
        where = self._portal.path("objects", self._kind, "batch", "read")
        inputs = [{"id": key} for key in keys]
        body = self._body | {"idProperty": self._name, "inputs": inputs}
        try:
            page = self._portal.transport.fetch(
                "POST", where, read=self._read, body=body, expect=(200, 207)
            )
        except InvalidRequestError as error:
            return self._narrow(keys, error)
        there = {key for row in page.rows.to_pylist() for key in _keys(row, self._name)}
        ids = (one for error in page.errors for one in error["context"].get("ids") or [])
        named = {key_of(str(one), self._name) for one in ids}
        left = [key for key in keys if key not in there | named and self._there(key)]
        if len(left) == len(keys):
            raise BadReplyError(
                f"{where}: the reply leaves out a record that is there.",
                hint="Run the same command again.",
            )
        return [page, *(self.batch(left) if left else [])]

    def _narrow(self, keys: list[str], error: InvalidRequestError) -> list[Page]:
        if len(keys) == 1:
            if self._there(keys[0]):
                raise error
            return []
        middle = len(keys) // 2
        return [page for half in (keys[:middle], keys[middle:]) for page in self.batch(half)]

    def _there(self, key: str) -> bool:
        from urllib.parse import quote

        where = self._portal.path("objects", self._kind, quote(key, safe=""))
        query = [("idProperty", self._name), ("properties", "hs_object_id")]
        try:
            self._portal.transport.call("GET", where, query=query)
        except (NotFoundError, InvalidRequestError):
            return False
        return True
