"""Property history: in bulk, and as it is made."""

import numpy as np
import pytest

from leadscore.sandbox.edits import apply
from leadscore.sandbox.history import Block, Change, History, Source

PEOPLE = Source("CRM_UI", "userId:7")
ONE = "/crm/v3/objects/contacts/1001"


@pytest.fixture
def loaded() -> History:
    history = History()
    block = Block(
        ids=[5, 9],
        starts=np.array([0, 3, 4]),
        names=("city", "phone"),
        sources=(PEOPLE,),
        property=np.array([0, 0, 1, 1], dtype="int16"),
        at=np.array([10, 20, 15, 30]),
        value=["Ulm", "Bonn", "1", "2"],
        source=np.zeros(4, dtype="int8"),
    )
    history.load(block)
    return history


def _values(history: History, number: int, name: str) -> list[str]:
    return [change.value for change in history.of(number, name)]


def test_what_was_loaded_is_found_by_record_and_property(loaded):
    assert _values(loaded, 5, "city") == ["Ulm", "Bonn"]
    assert _values(loaded, 5, "phone") == ["1"]
    assert _values(loaded, 9, "phone") == ["2"]
    assert not any(_values(loaded, number, "city") for number in (1, 6, 9, 10))
    assert not _values(loaded, 5, "unheard_of")


def test_new_entries_follow_those_that_were_loaded(loaded):
    loaded.add(5, "city", Change("Köln", 40, PEOPLE))
    assert _values(loaded, 5, "city") == ["Ulm", "Bonn", "Köln"]
    assert [entry["value"] for entry in loaded.wire(5, "city", most=2)] == ["Köln", "Bonn"]


def test_what_is_forgotten_is_in_no_column(loaded):
    loaded.add(5, "city", Change("Köln", 40, PEOPLE))
    loaded.forget([5])
    assert not _values(loaded, 5, "city")
    assert _values(loaded, 9, "phone") == ["2"]
    assert "Ulm" not in loaded.blocks[0].value


def test_a_value_keeps_the_date_of_its_record_until_somebody_changes_it(http, portal, add, clock):
    contact = add(city="Ulm")
    portal.collection("contacts").history.forget([contact.id])
    clock.time += 60
    apply(portal, portal.collection("contacts"), contact, {"city": "Bonn"})
    entries = http.get(ONE, propertiesWithHistory="city").json["propertiesWithHistory"]["city"]
    assert [entry["value"] for entry in entries] == ["Bonn", "Ulm"]
    assert entries[1]["timestamp"] == contact.values["createdate"]
    assert entries[0]["sourceType"] == "INTEGRATION"


def test_a_cap_keeps_the_newest_entries(http, portal, add):
    contact = add(city="Ulm")
    portal.history_cap = 2
    for city in ("Bonn", "Köln", "Trier"):
        apply(portal, portal.collection("contacts"), contact, {"city": city})
    entries = http.get(ONE, propertiesWithHistory="city").json["propertiesWithHistory"]["city"]
    assert [entry["value"] for entry in entries] == ["Trier", "Köln"]


def test_a_cleared_value_stands_in_the_history(http, add, portal):
    contact = add(city="Ulm")
    apply(portal, portal.collection("contacts"), contact, {"city": ""})
    entries = http.get(ONE, propertiesWithHistory="city").json["propertiesWithHistory"]["city"]
    assert [entry["value"] for entry in entries] == ["", "Ulm"]


def test_with_history_a_page_has_fifty_records_at_most(http):
    path = "/crm/v3/objects/contacts"
    assert http.get(path, propertiesWithHistory="city", limit=51).status == 400
    assert http.get(path, propertiesWithHistory="city", limit=50).status == 200


def test_several_are_forgotten_at_once():
    history = History()
    history.load(
        Block(
            ids=[1, 2, 3, 4],
            starts=np.array([0, 2, 3, 3, 6]),
            names=("city",),
            sources=(PEOPLE,),
            property=np.zeros(6, dtype="int16"),
            at=np.arange(6),
            value=["a", "b", "c", "d", "e", "f"],
            source=np.zeros(6, dtype="int8"),
        )
    )
    history.forget([4, 1, 3, 99])
    block = history.blocks[0]
    assert [_values(history, number, "city") for number in block.ids] == [[], ["c"], [], []]
    assert (block.starts.tolist(), block.value) == ([0, 0, 1, 1, 1], ["c"])
    assert len(block.at) == len(block.property) == len(block.source) == 1


def test_a_write_looks_at_what_was_a_few_times_however_long_it_is(portal, add, monkeypatch):
    record, people = add(city="Bonn"), portal.collection("contacts")
    for n in range(100):
        people.history.add(record.id, "city", Change(str(n), n, PEOPLE))
    looked, of = [], people.history.of
    monkeypatch.setattr(people.history, "of", lambda *asked: looked.append(1) or of(*asked))
    apply(portal, people, record, {"city": "Ulm"})
    assert len(looked) < 10
