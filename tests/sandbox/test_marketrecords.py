"""A world's records in batches."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
from markets import read, world

from leadscore.sandbox.marketrecords import batches, contact_ids, names, row_of


def test_companies_come_before_contacts_and_contacts_before_deals() -> None:
    kinds = [kind for kind, _ in itertools.groupby(batch.kind for batch in read())]
    assert kinds == ["companies", "contacts", "deals"]


def test_ids_are_ascending_and_unique_over_all_kinds_and_merged_ones_are_gone() -> None:
    ids = [one for batch in read() for one in batch.ids.tolist()]
    gone = [one for batch in read() for one in batch.merged]
    assert all((np.diff(batch.ids) > 0).all() for batch in read())
    assert len({*ids, *gone}) == len(ids) + len(gone)
    assert {stays for b in read() for stays, _ in b.merged.values()} <= set(ids)
    assert len(gone) > 50


def test_contacts_and_companies_are_in_order_of_creation() -> None:
    for kind in ("contacts", "companies"):
        created = np.concatenate([batch.created for batch in read() if batch.kind == kind])
        assert (np.diff(created) >= 0).all()


def test_associations_lead_to_records_that_are_there() -> None:
    ids = {kind: set() for kind in ("contacts", "companies", "deals")}
    for batch in read():
        ids[batch.kind] |= set(batch.ids.tolist())
    types = Counter()
    for batch in read():
        for links in batch.links:
            assert set(links.from_ids.tolist()) <= ids[batch.kind]
            assert set(links.to_ids.tolist()) <= ids[links.to_kind]
            types.update({(batch.kind, links.to_kind, t) for t in links.type_ids.tolist()})
    # HubSpot API docs, "Associations": HubSpot-defined association types.
    assert set(types) == {
        *(("contacts", "companies", 1), ("contacts", "companies", 279)),
        *(("deals", "contacts", 3), ("deals", "companies", 5), ("deals", "companies", 341)),
    }


def test_rows_are_found_by_ids_and_ids_that_are_no_contacts_are_not() -> None:
    rows = np.arange(50)
    ids = contact_ids(rows)
    assert row_of(ids, 50).tolist() == rows.tolist()
    assert row_of(np.concatenate([ids + 5, ids[:1] - 10, ids[-1:] + 10]), 50).tolist() == [-1] * 52


def test_an_id_that_was_merged_is_no_contacts_and_lies_beside_the_one_that_stays() -> None:
    for batch in read():
        for gone, (stays, at) in batch.merged.items():
            assert gone not in batch.ids
            assert row_of(np.array([gone, stays]), 10_000)[0] == -1
            assert at >= batch.created[np.searchsorted(batch.ids, stays)]


def test_a_leak_is_the_last_property_of_contacts() -> None:
    plain, leaky = names(None), names("account_tier")
    assert leaky.pop("contacts") == (*plain.pop("contacts"), "account_tier")
    assert leaky == plain


def test_contacts_come_chunk_by_chunk() -> None:
    plan = replace(world(contacts=600).plan, chunk=250)
    found = [b for b in batches(plan, leak=None, history=False) if b.kind == "contacts"]
    ids = np.concatenate([batch.ids for batch in found])
    assert [len(batch.ids) for batch in found] == [250, 250, 106]
    assert row_of(ids, 606).tolist() == list(range(606))
