"""The store of associations: both directions in step, whether loaded in bulk or one by one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from leadscore.sandbox.associations import Associations

PAIRS = [(1, 7, 279), (1, 7, 1), (1, 9, 279), (2, 7, 279), (3, 8, 279), (3, 8, 1)]


@pytest.fixture
def store() -> Associations:
    return Associations()


@pytest.fixture
def loaded(store: Associations) -> Associations:
    rows = np.array(PAIRS[::-1])
    store.load("contacts", "companies", rows[:, 0], rows[:, 1], rows[:, 2])
    return store


def test_loaded_associations_are_there_in_both_directions(loaded: Associations) -> None:
    assert loaded.of("contacts", 1, "companies") == {7: (1, 279), 9: (279,)}
    assert loaded.of("companies", 7, "contacts") == {1: (2, 280), 2: (280,)}
    assert loaded.of("contacts", 99, "companies") == {}
    assert loaded.count("contacts", 1, "companies") == 2


def test_a_change_leaves_what_was_loaded_of_other_records_alone(loaded: Associations) -> None:
    loaded.put("contacts", 2, "companies", 5, [])
    assert loaded.of("contacts", 2, "companies") == {5: (279,), 7: (279,)}
    assert loaded.of("companies", 5, "contacts") == {2: (280,)}
    assert loaded.of("companies", 7, "contacts") == {1: (2, 280), 2: (280,)}
    assert loaded.count("contacts", 2, "companies") == 2


def test_what_is_returned_is_a_copy(loaded: Associations) -> None:
    loaded.put("contacts", 2, "companies", 5, [])
    loaded.of("contacts", 2, "companies").clear()
    assert loaded.count("contacts", 2, "companies") == 2


def test_another_primary_company_takes_the_place_of_the_one_before(loaded: Associations) -> None:
    loaded.put("contacts", 1, "companies", 9, [1])
    assert loaded.of("contacts", 1, "companies") == {7: (279,), 9: (1, 279)}
    assert loaded.of("companies", 7, "contacts")[1] == (280,)
    assert loaded.primary("contacts", 1, "companies") == 9


def test_a_primary_company_set_from_the_companys_side_moves_too(loaded: Associations) -> None:
    loaded.put("companies", 9, "contacts", 1, [2])
    assert loaded.primary("contacts", 1, "companies") == 9
    assert loaded.of("contacts", 1, "companies")[7] == (279,)


def test_a_company_is_the_primary_one_of_many_contacts(loaded: Associations) -> None:
    loaded.put("contacts", 2, "companies", 7, [1])
    assert loaded.of("companies", 7, "contacts") == {1: (2, 280), 2: (2, 280)}


def test_types_can_be_taken_off_one_by_one(loaded: Associations) -> None:
    assert loaded.drop("companies", 7, "contacts", 1, [2])
    assert loaded.of("contacts", 1, "companies")[7] == (279,)
    assert not loaded.drop("companies", 7, "contacts", 1, [2])
    assert loaded.drop("companies", 7, "contacts", 1)
    assert loaded.of("contacts", 1, "companies") == {9: (279,)}


def test_parents_and_children_are_seen_from_either_end(store: Associations) -> None:
    store.put("companies", 1, "companies", 2, [13])
    assert store.of("companies", 1, "companies") == {2: (13, 450)}
    assert store.of("companies", 2, "companies") == {1: (14, 450)}


def test_loading_within_one_object_type_fills_both_ends(store: Associations) -> None:
    store.load("companies", "companies", [1], [2], 13)
    assert store.of("companies", 1, "companies") == {2: (13,)}
    assert store.of("companies", 2, "companies") == {1: (14,)}


def test_a_second_load_adds_to_the_first(loaded: Associations) -> None:
    loaded.load("contacts", "companies", [1, 4], [3, 3], 279)
    assert loaded.of("contacts", 1, "companies") == {3: (279,), 7: (1, 279), 9: (279,)}
    assert loaded.of("companies", 3, "contacts") == {1: (280,), 4: (280,)}
    assert loaded.count("contacts", 1, "companies") == 3


def test_a_load_after_a_change_adds_to_it(loaded: Associations) -> None:
    loaded.put("contacts", 1, "companies", 2, [])
    loaded.load("contacts", "companies", [1], [3], 279)
    assert list(loaded.of("contacts", 1, "companies")) == [2, 3, 7, 9]
    assert loaded.of("companies", 3, "contacts") == {1: (280,)}


def test_loading_nothing_is_nothing(store: Associations) -> None:
    store.load("contacts", "companies", [], [], 279)
    assert store.kinds("contacts") == []


def test_a_merge_moves_associations_and_keeps_the_winners_primary(loaded: Associations) -> None:
    loaded.move("contacts", 1, 3)
    assert loaded.of("contacts", 1, "companies") == {}
    assert loaded.of("contacts", 3, "companies") == {7: (279,), 8: (1, 279), 9: (279,)}
    assert loaded.of("companies", 9, "contacts") == {3: (280,)}


def test_a_merge_takes_the_primary_of_the_loser_when_the_winner_has_none(
    loaded: Associations,
) -> None:
    loaded.move("contacts", 1, 2)
    assert loaded.of("contacts", 2, "companies") == {7: (1, 279), 9: (279,)}


def test_a_merge_of_two_that_are_associated_leaves_no_record_with_itself(
    store: Associations,
) -> None:
    store.put("companies", 1, "companies", 2, [13])
    store.move("companies", 2, 1)
    assert store.of("companies", 1, "companies") == {}


def test_forgetting_a_record_says_who_was_at_the_other_ends(loaded: Associations) -> None:
    loaded.put("contacts", 1, "deals", 50, [])
    assert sorted(loaded.forget("contacts", 1)) == [
        ("companies", 7),
        ("companies", 9),
        ("deals", 50),
    ]
    assert loaded.of("companies", 7, "contacts") == {2: (280,)}
    assert loaded.of("deals", 50, "contacts") == {}


def _plain(state: dict[str, Any]) -> Any:
    links = {pair: [one.tolist() for one in columns] for pair, columns in state["links"].items()}
    return json.loads(json.dumps(state | {"links": links}))


def test_the_state_comes_back_as_it_was(loaded: Associations) -> None:
    mentor = loaded.types.define("contacts", "contacts", "mentor", "Mentor", "Apprentice")
    loaded.put("contacts", 1, "contacts", 2, [mentor.id])
    loaded.drop("contacts", 3, "companies", 8)
    other = Associations()
    other.restore(_plain(loaded.dump()))
    for kind, number, to_kind in [
        ("contacts", 1, "companies"),
        ("companies", 7, "contacts"),
        ("contacts", 2, "contacts"),
        ("contacts", 3, "companies"),
    ]:
        assert other.of(kind, number, to_kind) == loaded.of(kind, number, to_kind)
    assert other.types.own == loaded.types.own
    again = other.types.define("deals", "deals", "x", "X", "X")
    assert again.id > mentor.inverse


def test_a_type_that_is_forgotten_is_taken_off_all_associations(loaded: Associations) -> None:
    boss = loaded.types.define("contacts", "companies", "boss", "Boss", "Has boss")
    loaded.put("contacts", 1, "companies", 7, [boss.id])
    assert loaded.of("companies", 7, "contacts")[1] == tuple(sorted((2, 280, boss.inverse)))
    loaded.forget_type(boss.id)
    assert loaded.of("contacts", 1, "companies")[7] == (1, 279)
    assert loaded.of("companies", 7, "contacts")[1] == (2, 280)
    assert boss.id not in loaded.types
    assert boss.inverse not in loaded.types


def test_a_million_associations_take_little_room(store: Associations) -> None:
    size = 20_000
    numbers = np.arange(size)
    store.load("contacts", "companies", numbers, numbers // 5, 279)
    held = sum(
        column.nbytes
        for side in store._sides.values()
        for block in side.blocks
        for column in (block.start, block.end, block.code)
    )
    assert held == size * 36
