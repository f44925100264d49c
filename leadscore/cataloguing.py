"""Owners and pipelines into the store: small tables, written when they differ."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING

import pyarrow as pa

from leadscore.errors import MissingScopesError
from leadscore.hubspot.catalogue import owners, pipelines

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.store import Store

__all__ = ["read_catalogue", "replace_small"]


def read_catalogue(portal: Portal, store: Store, barred: MutableMapping[str, str]) -> None:
    """Read owners and deal pipelines; note what the token may not read.

    Parameters
    ----------
    portal : Portal
    store : Store
        Gets the tables ``owners`` (without names and addresses) and ``pipelines``.
    barred : mapping
        From what could not be read to the scope that it takes.
    """
    reads: dict[str, Callable[[], pa.Table]] = {
        "owners": lambda: owners(portal),
        "pipelines": lambda: pipelines(portal, "deals"),
    }
    for name, read in reads.items():
        lacking = portal.lacks(name)
        try:
            if not lacking:
                replace_small(store, name, read())
        except MissingScopesError as error:
            lacking = [error.hint]
        if lacking:
            barred[name] = lacking[0]


def replace_small(store: Store, table: str, rows: pa.Table) -> None:
    """Write a small table, unless the store holds the same already."""
    known = store.has(table) and store.schema(table).names == rows.column_names
    if not (known and _sorted(store.arrow(table)) == _sorted(rows)):
        store.write(table, rows)


def _sorted(rows: pa.Table) -> list[str]:
    return sorted(map(repr, rows.to_pylist()))  # a table's rows have no order
