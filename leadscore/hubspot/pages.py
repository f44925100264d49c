"""A reply's bytes to a page of rows, believed only when it is what HubSpot documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from leadscore.hubspot.replies import errors_of, json_object

__all__ = [
    "Page",
    "id_of",
    "next_cursor",
    "page_reader",
    "paged_reply",
    "results_of",
    "rows_schema",
    "strings",
]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of records.

    Attributes
    ----------
    rows : pyarrow.Table
        ``id`` and one column per property, strings as on the wire.
    after : str
        The cursor of the next page; empty on the last.
    total : int, optional
        How many records a search matches; other pages do not say.
    errors : list of dict
        What a batch says of single inputs (207), each with a ``context``.
    owners : list of str, optional
        The ids of the page's records where there is not one row for each.
    """

    rows: pa.Table
    after: str = ""
    total: int | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    owners: list[str] | None = None

    @property
    def ids(self) -> list[str]:
        """The ids of the records that the page is about, which may have no row or several."""
        if self.owners is not None:
            return self.owners
        found: list[str] = self.rows["id"].to_pylist()
        return found


def rows_schema(properties: Sequence[str]) -> pa.Schema:
    """Return the schema of rows as they come: ``id``, then one string column per property.

    Examples
    --------
    >>> rows_schema(["email"]).names
    ['id', 'email']
    """
    return pa.schema([(name, pa.string()) for name in ("id", *properties)])


def page_reader(properties: Sequence[str]) -> Callable[[bytes], Page]:
    """Return a reader of pages of records with these properties.

    The reader raises ValueError unless the body is a JSON object whose ``results`` are a list of
    objects, each with an id and a properties object, and whose ``paging``, where there is a next
    page, has its cursor. Ids that come as numbers become strings; so do values that are neither
    strings nor null (their JSON text): HubSpot sends strings alone (API docs, "Properties"). A
    property that the portal lacks is left out of its replies, and is null here.

    Examples
    --------
    >>> read = page_reader(["email"])
    >>> read(b'{"results": [{"id": "7", "properties": {"email": null}}]}').rows.to_pylist()
    [{'id': '7', 'email': None}]
    """
    shape = rows_schema(properties)
    kind = pa.struct([(name, pa.string()) for name in properties])

    def read(body: bytes) -> Page:
        reply = json_object(body)
        records = results_of(reply)
        ids = strings([id_of(record) for record in records])
        values = [record.get("properties") for record in records]
        if not all(isinstance(one, dict) for one in values):
            raise ValueError("a record of the reply has no properties")
        rows = pa.Table.from_arrays([ids, *_columns(values, kind)], schema=shape)
        return Page(rows, next_cursor(reply), _total(reply), errors_of(reply))

    return read


def _columns(values: list[Any], kind: pa.StructType) -> list[pa.Array]:
    """Return one column per property: all at once, unless a value is no string."""
    try:
        columns: list[pa.Array] = pa.array(values, kind).flatten()
    except (pa.ArrowException, TypeError, UnicodeEncodeError):
        columns = [strings([one.get(field.name) for one in values]) for field in kind]
    return columns


def results_of(reply: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of a reply.

    Raises
    ------
    ValueError
        They are no list of objects.
    """
    found = reply.get("results")
    if not isinstance(found, list):
        raise ValueError("the reply has no list of results")
    if not all(isinstance(one, dict) for one in found):
        raise ValueError("a result of the reply is not an object")
    return found


def paged_reply(body: bytes) -> tuple[list[dict[str, Any]], str]:
    """Return the results of a page, and its cursor.

    Raises
    ------
    ValueError
        It cannot be believed.

    Examples
    --------
    >>> paged_reply(b'{"results": [{"id": "7"}], "paging": {"next": {"after": "8"}}}')
    ([{'id': '7'}], '8')
    """
    reply = json_object(body)
    return results_of(reply), next_cursor(reply)


def id_of(record: dict[str, Any]) -> str:
    """Return a record's id.

    Raises
    ------
    ValueError
        It has none.
    """
    found = record.get("id")
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str) or not found:
        raise ValueError("a result of the reply has no id")
    return found


def next_cursor(reply: dict[str, Any]) -> str:
    """Return the cursor of the page that follows, "" when there is none.

    Raises
    ------
    ValueError
        The reply says that there is one and does not name it.
    """
    paging = reply.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else paging
    if following is None:
        return ""
    after = following.get("after") if isinstance(following, dict) else None
    if not isinstance(after, str | int) or isinstance(after, bool) or after == "":
        raise ValueError("the cursor of the next page cannot be read")
    return str(after)


def _total(reply: dict[str, Any]) -> int | None:
    total = reply.get("total")
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def strings(values: list[Any]) -> pa.Array:
    """Return values as strings: what is neither string nor null as its JSON text.

    A lone surrogate, which no UTF-8 text can hold, becomes U+FFFD.

    Examples
    --------
    >>> strings(["a", None, True, 5]).to_pylist()
    ['a', None, 'true', '5']
    """
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowException, TypeError, UnicodeEncodeError):
        return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
