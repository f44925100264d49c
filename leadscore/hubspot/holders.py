"""Which records have a value: by a unique property, or by any, by search.

By a unique property a batch is read at once and as it is now (HubSpot API docs, "Contacts":
``idProperty``). By any other property one has to search, whose index lags behind by moments.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from leadscore.addresses import domain_forms
from leadscore.hubspot.batchreading import read_ids
from leadscore.hubspot.keyreading import key_of, read_keys
from leadscore.hubspot.searching import LONGEST, keyset

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Hit", "read_by_key", "search_by_key"]

_ROOM = 600  # characters of a search's body that are not values
Hit = tuple[str, dict[str, str]]  # a record's id, and those of its properties that have a value


def read_by_key(
    portal: Portal, object_type: str, name: str, keys: Sequence[str], properties: Sequence[str]
) -> dict[str, list[Hit]]:
    """Read records by a unique property.

    Parameters
    ----------
    portal : Portal
    object_type : str
    name : str
        ``email`` of contacts, or a property whose values are unique.
    keys : sequence of str
        As `leadscore.hubspot.keyreading.key_of` returns them.
    properties : sequence of str
        What to read of them.

    Returns
    -------
    dict of str to list of tuple
        By key, the record that has it: one or none.

    Raises
    ------
    BadReplyError
        A reply that cannot be believed.
    """
    if not keys:
        return {}
    found = read_keys(portal, object_type, name, keys, list(dict.fromkeys(properties)))
    hits = {key: [_hit(row)] for key, row in zip(found.keys, found.rows.to_pylist(), strict=True)}
    return {key: [] for key in found.missing} | hits


def _hit(row: dict[str, str]) -> Hit:
    return str(row.pop("id")), {name: value for name, value in row.items() if value}


def search_by_key(
    portal: Portal, object_type: str, name: str, keys: Sequence[str], properties: Sequence[str]
) -> dict[str, list[Hit]]:
    """Find records by a property whose values need not be unique.

    Search says which there are, and lags behind: one that is new may be missing. What they have is
    read from the records themselves, as it is now.

    Parameters
    ----------
    portal, object_type, name, keys, properties
        As for `read_by_key`.

    Returns
    -------
    dict of str to list of tuple
        By key, every record that has it, in the order of ids.
    """
    found: dict[str, list[Hit]] = {key: [] for key in keys}
    ids = list(dict.fromkeys(_searched(portal, object_type, name, keys)))
    rows = read_ids(portal, object_type, ids, list(dict.fromkeys([*properties, name]))).rows
    for row in rows.to_pylist():
        hit = _hit(row)
        key = key_of(hit[1].get(name, ""), name)
        if key in found:
            found[key].append(hit)
    return found


def _searched(portal: Portal, object_type: str, name: str, keys: Sequence[str]) -> Iterator[str]:
    asked_for = keys if name != "domain" else [form for key in keys for form in domain_forms(key)]
    for some in _fitting(asked_for, LONGEST - _ROOM):
        # HubSpot API docs, "Search the CRM": values of IN are lower-case for text.
        values = list(dict.fromkeys(key.lower() for key in some))
        asked: dict[str, Any] = {"propertyName": name, "operator": "IN", "values": values}
        for page in keyset(portal, object_type, (), filters=[asked]):
            yield from page.ids


def _fitting(keys: Iterable[str], room: int) -> Iterator[list[str]]:
    """Cut keys into lists that fit into a search's body (3,000 characters)."""
    some: list[str] = []
    used = 0
    for key in keys:
        size = len(json.dumps(key)) + 2
        if some and used + size > room:
            yield some
            some, used = [], 0
        some.append(key)
        used += size
    if some:
        yield some
