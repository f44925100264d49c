from __future__ import annotations

from leadscore.watchtable import TABLE, remember, remembered


def test_each_name_has_its_own_values_and_the_last_one_counts(store):
    remember(store, "tier", {"7": "B", "8": "C"})
    remember(store, "plan", {"7": "free"})
    remember(store, "tier", {"7": "A"})
    known = remembered(store, "tier")
    assert {one: value for one, (value, _) in known.items()} == {"7": "A", "8": "C"}
    assert known["7"][1] > known["8"][1]
    assert remembered(store, "plan")["7"][0] == "free"
    assert remembered(store, "other") is None


def test_nothing_to_remember_leaves_nothing(store):
    remember(store, "tier", {})
    assert not store.has(TABLE)


def test_erasing_a_person_takes_what_is_remembered_of_them(store):
    remember(store, "tier", {"7": "B", "8": "C"})
    assert store.erase(["7"]).rows[TABLE] == 1
    assert set(remembered(store, "tier")) == {"8"}
