"""Find a contact in the store by id, company or e-mail, and what happened to it, fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.errors import DataError, UsageError

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.store import Store

__all__ = ["MOST", "WAYS", "ByContact", "ContactSearch"]

#: What a contact can be searched by.
WAYS = ("contact id", "company", "e-mail")
#: Contacts that a search returns at most.
MOST = 50
_COLUMNS = ("id", "associatedcompanyid", "company", "email", "hubspot_owner_id")


class ByContact:
    """The rows of a table by contact: one sort, then any contact's rows at once."""

    def __init__(self, table: pa.Table, key: str) -> None:
        coded = table[key].combine_chunks().dictionary_encode()
        codes = coded.indices.to_numpy(zero_copy_only=False)
        self._table = table.drop_columns([key]).combine_chunks()
        self._places = pd.Index(coded.dictionary.to_pylist())
        self._order = np.argsort(codes, kind="stable")
        self._starts = np.searchsorted(codes[self._order], np.arange(len(self._places) + 1))

    def rows(self, contact: str) -> pa.Table:
        """Return the rows of one contact; none of one that is not there."""
        if contact not in self._places:
            return self._table.slice(0, 0)
        place = self._places.get_loc(contact)
        return self._table.take(
            pa.array(self._order[self._starts[place] : self._starts[place + 1]])
        )


class ContactSearch:
    """The contacts of a store, ready to be searched."""

    def __init__(self, store: Store, portal: Portal | None = None) -> None:
        self._store, self._portal = store, portal
        there = [name for name in _COLUMNS if name in store.schema("contacts").names]
        self._contacts = store.contacts(there).set_index("id", drop=False)
        self._companies = self._names()

    def _names(self) -> pd.Series[Any]:
        """Return the name of each contact's company, as far as the store has one."""
        own = self._column("company")
        if not self._store.has("companies"):
            return own
        kept = [n for n in ("id", "name", "domain") if n in self._store.schema("companies").names]
        found = self._store.companies(kept).set_index("id")
        names = found.get("name", pd.Series("", index=found.index, dtype="str")).fillna("")
        names = names.where(names != "", found["domain"].fillna("")) if "domain" in found else names
        return self._column("associatedcompanyid").map(names).fillna(own).astype("str")

    def _column(self, name: str) -> pd.Series[Any]:
        empty = pd.Series("", index=self._contacts.index, dtype="str")
        return self._contacts.get(name, empty).astype("str").fillna("")

    def company(self, contact: str) -> str:
        """Return the name of a contact's company; empty where the store does not say."""
        return str(self._companies.get(contact, ""))

    def owner(self, contact: str) -> str:
        """Return the id of a contact's owner; empty without one."""
        return str(self._column("hubspot_owner_id").get(contact, ""))

    def find(self, way: str, text: str) -> list[str]:
        """Return the ids of at most 50 contacts.

        Parameters
        ----------
        way : str
            One of `WAYS`.
        text : str
            The id or its beginning; a part of the company's name, or its id; an e-mail address.

        Raises
        ------
        DataError
            E-mail addresses are in neither the store nor a portal at hand.
        """
        wanted = text.strip()
        if not wanted:
            return []
        if way == "e-mail":
            return self._by_email(wanted)
        return self._by_company(wanted) if way == "company" else self._by_id(wanted)

    def _by_id(self, wanted: str) -> list[str]:
        ids = self._contacts.index
        return [str(one) for one in ids[ids.str.startswith(wanted)].sort_values()[:MOST]]

    def _by_company(self, wanted: str) -> list[str]:
        same = self._column("associatedcompanyid") == wanted
        named = self._companies.str.contains(wanted, case=False, regex=False)
        return [str(one) for one in self._contacts.index[same | named][:MOST]]

    def _by_email(self, wanted: str) -> list[str]:
        if "email" in self._contacts:
            same = self._column("email").str.lower() == wanted.lower()
            return [str(one) for one in self._contacts.index[same]]
        if self._portal is None:
            raise DataError(
                "The store holds no e-mail addresses.",
                hint="Give portal= as well: then the portal is asked, and nothing is kept.",
            )
        return _asked(self._portal, wanted)

    def history(self) -> ByContact:
        """Return every change of the contacts' properties, by contact."""
        if not self._store.has("history"):
            return ByContact(_NO_HISTORY, "id")
        names = ["object", *_NO_HISTORY.column_names]
        found = self._store.arrow("history", names)
        return ByContact(
            found.filter(pc.equal(found["object"], "contacts")).select(names[1:]), "id"
        )

    def scores(self) -> ByContact:
        """Return the scores as given, by contact."""
        names = ["contact_id", "scored_at", "score", "tier"]
        if not self._store.has("scores"):
            return ByContact(
                pa.table({name: pa.array([], pa.string()) for name in names}), names[0]
            )
        return ByContact(self._store.arrow("scores", names), names[0])


_NO_HISTORY = pa.table(
    {name: pa.array([], pa.string()) for name in ("id", "property", "value", "timestamp")}
)


def _asked(portal: Portal, email: str) -> list[str]:
    """Ask the portal who has an address (API docs, "Search the CRM")."""
    if "@" not in email:
        raise UsageError("That is no e-mail address.", hint="Type the whole address.")
    asked = {"propertyName": "email", "operator": "EQ", "value": email}
    body = {"filterGroups": [{"filters": [asked]}], "properties": ["hs_object_id"], "limit": 10}
    found = portal.transport.call("POST", portal.path("objects", "contacts", "search"), body=body)
    return [str(one["id"]) for one in found.get("results", []) if "id" in one]
