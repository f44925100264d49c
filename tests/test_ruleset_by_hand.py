"""Any rules on any leads: the fast way and the plain one agree."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plainrules import points_by_hand

from leadscore.rulefiles import parse, written
from leadscore.ruleset import Rules
from leadscore.ruleterms import Condition, Decay, Group, Rule

NOW = pd.Timestamp("2026-05-01", tz="UTC")
N = 60


def leads(seed=0):
    rng = np.random.default_rng(seed)
    visits = np.where(rng.random(N) < 0.2, np.nan, rng.poisson(3, N))
    days = np.where(rng.random(N) < 0.2, np.nan, rng.integers(-60, 200, N))
    return pd.DataFrame(
        {
            "contact_id": [str(i) for i in range(N)],
            "snapshot_at": NOW,
            "visits": visits,
            "visits__30d": np.minimum(visits, rng.poisson(1, N)),
            "visits__since": np.where(np.isnan(visits), np.nan, rng.integers(0, 120, N)),
            "opted": pd.array(rng.choice([True, False, None], N), dtype="boolean"),
            "source": pd.Series(rng.choice(["web", " Web", "fair", "", None], N), dtype="str"),
            "opened": NOW - pd.to_timedelta(days, unit="D"),
            "tags": [None if r < 0.2 else ["a"] if r < 0.5 else ["A ", "b"] for r in rng.random(N)],
        }
    )


LEADS = leads()
SMALL = st.integers(-2, 9)
DAYS = st.integers(1, 120)
TEXTS = st.lists(st.sampled_from(["web", "fair", "FA", "a", "b"]), min_size=1, max_size=2)


def condition(name, operators, values, *, windows=(None,)):
    return st.builds(
        Condition, st.just(name), st.sampled_from(operators), values, st.sampled_from(windows)
    )


COUNTED = condition(
    "visits", ["at_least", "more_than", "at_most", "less_than", "equals"], SMALL, windows=(None, 30)
) | condition("visits", ["between"], st.tuples(st.integers(0, 2), st.integers(2, 6)))
DATED = condition("opened", ["within", "older_than", "due_within", "due_after"], DAYS)
CONDITIONS = st.one_of(
    COUNTED,
    DATED,
    condition("visits", ["changed_within", "unchanged_for"], DAYS),
    condition("source", ["any_of", "none_of", "contains"], TEXTS.map(tuple)),
    condition("tags", ["any_of", "none_of"], TEXTS.map(tuple)),
    condition("opted", ["equals"], st.booleans()),
    *(
        condition(name, ["known"], st.booleans())
        for name in ("visits", "source", "opted", "opened", "tags")
    ),
)
DECAYS = st.builds(Decay, DAYS, st.one_of(st.none(), st.sampled_from([10, 25, 50, 100])))


@st.composite
def rule(draw, name):
    each = draw(st.booleans())
    first = draw(COUNTED if each else CONDITIONS)
    fades = first.name in ("visits", "opened") and draw(st.booleans())
    return Rule(
        name,
        draw(st.integers(-20, 20)),
        (first, *draw(st.lists(CONDITIONS, max_size=2))),
        each=each,
        max=draw(st.one_of(st.none(), st.integers(0, 15))),
        decay=draw(DECAYS) if fades else None,
    )


LOW, HIGH = st.one_of(st.none(), st.integers(-30, 0)), st.one_of(st.none(), st.integers(0, 30))


@st.composite
def rule_sets(draw):
    groups = []
    for kind in ("fit", "engagement")[: draw(st.integers(1, 2))]:
        rules = tuple(draw(rule(f"{kind} {n}")) for n in range(draw(st.integers(1, 3))))
        groups.append(Group(kind.title(), rules, kind, draw(LOW), draw(HIGH)))
    return Rules(tuple(groups), min=draw(LOW), max=draw(HIGH))


@settings(max_examples=150)
@given(rule_sets())
def test_points_are_those_worked_out_by_hand(rules):
    assert rules.points(LEADS).tolist() == pytest.approx(points_by_hand(rules, LEADS), abs=1e-9)


@settings(max_examples=50)
@given(rule_sets(), st.sampled_from(["rule", "group"]))
def test_contributions_always_add_up(rules, by):
    parts = rules.contributions(LEADS, by=by)
    assert np.allclose(parts.sum(axis=1), rules.points(LEADS), atol=1e-9)
    assert parts.notna().all(axis=None)


@settings(max_examples=50)
@given(rule_sets())
def test_a_file_gives_the_points_that_its_rules_give(rules):
    assert parse(written(rules)).points(LEADS).tolist() == rules.points(LEADS).tolist()


@settings(max_examples=30)
@given(rule_sets(), st.randoms(use_true_random=False))
def test_order_index_and_time_zone_change_nothing(rules, random):
    order = random.sample(range(N), N)
    moved = LEADS.iloc[order].set_axis(range(100, 100 + N))
    for name in ("snapshot_at", "opened"):
        moved[name] = moved[name].dt.tz_convert("Asia/Kolkata")
    found = rules.points(moved)
    assert found.index.equals(moved.index)
    assert found.tolist() == rules.points(LEADS).iloc[order].tolist()


@settings(max_examples=30)
@given(rule_sets(), st.integers(0, N - 1))
def test_a_lead_alone_gets_what_it_gets_among_others(rules, place):
    alone = rules.points(LEADS.iloc[[place]]).iloc[0]
    assert alone == pytest.approx(rules.points(LEADS).iloc[place], abs=1e-9)
