from __future__ import annotations

import pyarrow as pa
import pytest

from leadscore.contactsearch import ByContact, ContactSearch
from leadscore.errors import DataError, UsageError
from leadscore.syncing import sync


@pytest.fixture
def search(portal, store):
    sync(portal, store, progress=False)
    return ContactSearch(store)


def test_rows_of_a_contact_are_those_of_a_plain_filter():
    table = pa.table({"id": ["b", "a", "b", "c"], "n": [1, 2, 3, 4]})
    rows = ByContact(table, "id")
    found = {one: rows.rows(one)["n"].to_pylist() for one in "abcd"}
    assert found == {"a": [2], "b": [1, 3], "c": [4], "d": []}


def test_a_company_is_found_by_a_part_of_its_name_and_by_its_id(search, store):
    contacts = store.contacts(["id", "associatedcompanyid"]).dropna()
    contact, company = contacts.iloc[0]
    assert contact in search.find("company", company)
    name = search.company(contact)
    assert contact in search.find("company", name[1:].upper())


def test_an_id_is_found_by_its_beginning(search, store):
    wanted = store.contacts(["id"])["id"].iloc[5]
    assert wanted in search.find("contact id", wanted[:-1])
    assert search.find("contact id", "  ") == []


def test_an_address_that_is_nowhere_is_said(search):
    with pytest.raises(DataError, match="no e-mail"):
        search.find("e-mail", "a@b.example")


def test_what_is_no_address_is_not_asked_of_the_portal(portal, store, search):
    with pytest.raises(UsageError, match="no e-mail address"):
        ContactSearch(store, portal).find("e-mail", "nobody")


def test_history_and_scores_hold_contacts_alone(search, store):
    contact = store.contacts(["id"])["id"].iloc[0]
    assert search.history().rows(contact).num_rows > 0
    assert search.scores().rows(contact).num_rows == 0
