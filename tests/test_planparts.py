from __future__ import annotations

import pytest
from planfiles import change, plan_of

from leadscore.errors import UsageError
from leadscore.guards import finding
from leadscore.planfile import Change
from leadscore.plans import load_plan

CHANGES = [
    change("1", 90, "A", was=50),
    change("2", 70, "B", was=90, was_tier="A"),
    change("3", 95, "A"),
    change("4", 10, "D", was=12),
]
THEN = {"note": [Change("1", {}, {"note": "A"}), Change("9", {"note": "A"}, {"note": ""})]}


@pytest.fixture
def whole(tmp_path):
    cap = finding("write_cap", blocks=True, value=4, limit=2, says="4 contacts.")
    big = finding("big_moves", blocks=True, value=0.5, limit=0.2, says="Half.")
    return plan_of(tmp_path, CHANGES, then=THEN, guards=[cap, big], max_writes=2)


def _contacts(plan, action="scores"):
    return [one.contact for one in plan.of(action)]


def test_a_part_is_a_plan_of_its_own_that_says_what_it_was_taken_from(whole):
    part = whole.only(tiers=["A"])
    assert _contacts(part) == ["1", "3"]
    assert part.id != whole.id
    assert part.sha256 != whole.sha256
    assert part.facts["taken_from"] == whole.id
    assert (part.expires_at, part.created_at) == (whole.expires_at, whole.created_at)
    assert whole.id in part.notes[-1]
    part.check()
    assert load_plan(part.path).rows == {"scores": 2, "note": 1}
    assert part.only(contacts=["3"]).facts["taken_from"] == whole.id


def test_what_follows_for_contacts_that_are_left_out_is_dropped(whole):
    assert _contacts(whole.only(tiers="A"), "note") == ["1"]
    assert _contacts(whole.only(contacts=["9", "2", "404"]), "note") == ["9"]
    assert _contacts(whole.only(contacts=["2"]), "note") == []


def test_all_that_is_given_has_to_choose_a_contact(whole):
    part = whole.only(
        contacts=["1", "2", "3"], tiers=["A"], where=lambda c: c["old.leadscore_score"].notna()
    )
    assert _contacts(part) == ["1"]


def test_the_figures_are_those_of_the_part(whole):
    part = whole.only(contacts=["2", "4"])
    assert part.movers["contact_id"].tolist() == ["2", "4"]
    assert part.facts["counts"]["down"] == 2
    assert part.histogram["new"].sum() == 2


def test_a_part_may_be_under_the_cap_and_stays_blocked_by_the_rest(whole):
    assert whole.blocked == ["write_cap", "big_moves"]
    assert whole.only(contacts=["1", "2"]).blocked == ["big_moves"]
    assert set(whole.only(tiers=["A", "B"]).blocked) == {"write_cap", "big_moves"}


@pytest.mark.parametrize("where", [lambda c: 1, lambda c: [True], lambda c: c["contact_id"]])
def test_a_condition_that_is_none_is_refused(whole, where):
    with pytest.raises(UsageError, match="one truth value"):
        whole.only(where=where)


def test_a_part_of_nothing_in_particular_is_refused(whole):
    with pytest.raises(UsageError, match="of what"):
        whole.only()


def test_a_sample_is_drawn_the_same_way_each_time(whole):
    assert whole.sample(2).equals(whole.sample(2))
    assert whole.sample(99)["contact_id"].tolist() == ["1", "2", "3", "4"]
    assert list(whole.sample(1).columns) == list(whole.changes.columns)
    drawn = {whole.sample(1, seed=seed)["contact_id"].iloc[0] for seed in range(40)}
    assert drawn == {"1", "2", "3", "4"}
