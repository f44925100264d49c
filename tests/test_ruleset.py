import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadframes import leads

from leadscore.errors import DataError, UsageError
from leadscore.rulefiles import parse
from leadscore.ruleset import clipped

NOW = pd.Timestamp("2026-05-01", tz="UTC")
RULES = parse("""
max: 40
min: -10
groups:
  Fit:
    max: 25
    rules:
      - {property: source, equals: event, points: 20}
      - {property: opted_in, equals: true, points: 10}
      - {property: interests, any_of: a, points: -15}
  Activity:
    rules:
      - {property: visits, points_each: 3, max: 12}
      - {property: last_open, within: 30 days, points: 10, decay: {half_life: 10 days}}
""")
DATA = leads(300)


def lead(**values):
    usual = {
        "snapshot_at": NOW,
        "source": "web",
        "opted_in": False,
        "interests": [[]],
        "visits": 0.0,
        "last_open": pd.NaT,
    }
    return pd.DataFrame(usual | values)


def points(**values):
    return RULES.points(lead(**values))[0]


def test_points_of_all_rules_add_up():
    assert points() == 0
    assert points(source="event") == 20
    assert points(visits=2.0, opted_in=True) == 16


def test_each_unit_counts_up_to_the_rules_own_max():
    assert [points(visits=v) for v in (1.0, 4.0, 90.0, np.nan, -3.0)] == [3, 12, 12, 0, 0]


def test_points_fade_with_age():
    found = [points(last_open=NOW - pd.Timedelta(days=d)) for d in (0, 10, 20, 31)]
    assert found == [10, 5, 2.5, 0]


def test_a_group_gives_no_more_than_its_max():
    assert points(source="event", opted_in=True) == 25


def test_the_total_stays_between_its_limits():
    assert points(source="event", opted_in=True, visits=9.0, last_open=NOW) == 40
    assert points(interests=[["a"]]) == -10


def test_what_limits_take_away_is_a_column_of_its_own():
    full = lead(source="event", opted_in=True, visits=9.0, last_open=NOW)
    parts = RULES.contributions(full).loc[0]
    assert parts["limit of Fit"] == -5
    assert parts["limit of the total"] == -7
    assert "limit of Activity" not in parts
    assert parts["source is event"] == 20
    grouped = RULES.contributions(full, by="group").loc[0]
    assert grouped.to_dict() == {"Fit": 25, "Activity": 22, "limit of the total": -7}


@pytest.mark.parametrize("by", ["rule", "group"])
def test_contributions_add_up_to_the_points(by):
    parts = RULES.contributions(DATA, by=by)
    assert parts.index.equals(DATA.index)
    assert np.allclose(parts.sum(axis=1), RULES.points(DATA), atol=1e-9)
    assert (parts.dtypes == "float64").all()


@given(
    st.lists(st.integers(-200, 200).map(lambda n: n / 10), min_size=1, max_size=5),
    st.tuples(*[st.one_of(st.none(), st.integers(0, 30))] * 4),
)
def test_limits_hold_whatever_the_points(given_, limits):
    low, high, group_low, group_high = limits
    rules = "\n".join(
        f"      - {{name: r{n}, property: v, known: true, points: {p!r}}}"
        for n, p in enumerate(given_)
    )
    bounds = (
        {"min": low and -low, "max": high},
        {"min": group_low and -group_low, "max": group_high},
    )
    top, group = (
        [f"{key}: {value!r}" for key, value in one.items() if value is not None] for one in bounds
    )
    text = "\n".join([*top, "groups:", "  G:", *(f"    {g}" for g in group), "    rules:", rules])
    frame = pd.DataFrame({"v": [1.0, np.nan]})
    found = parse(text)
    total = found.points(frame)
    inner = clipped(np.array([sum(given_)]), bounds[1]["min"], bounds[1]["max"])
    assert total[0] == pytest.approx(
        clipped(inner, bounds[0]["min"], bounds[0]["max"])[0], abs=1e-9
    )
    assert total[1] == 0
    assert np.allclose(found.contributions(frame).sum(axis=1), total, atol=1e-9)


def test_a_contact_gets_the_same_points_whoever_stands_beside_it():
    shuffled = DATA.sample(frac=1, random_state=1)
    assert RULES.points(shuffled).sort_index().equals(RULES.points(DATA))
    assert RULES.points(DATA.iloc[[7]]).iloc[0] == RULES.points(DATA)[7]


def test_nobody_gets_no_points():
    assert RULES.points(DATA.iloc[:0]).tolist() == []
    assert list(RULES.contributions(DATA.iloc[:0]).columns) == list(RULES.contributions(DATA))


@pytest.mark.parametrize(
    ("rule", "problem", "hint"),
    [
        ("{property: sorce, equals: x, points: 1}", "there is no column sorce", "mean source"),
        ("{property: source, at_least: 3, points: 1}", "source is enumeration, and", "operator"),
        ("{property: zzz, known: true, points: 1}", "no column zzz", "columns"),
        (
            "{property: visits, in_last: 7d, at_least: 1, points: 1}",
            "no column visits__7d",
            "property history",
        ),
        ("{property: source, points_each: 2}", "each unit of source", "points instead"),
        (
            "{property: visits, at_least: 1, points: 1, decay: {half_life: 5}}",
            "How long ago visits changed",
            "history",
        ),
    ],
)
def test_rules_that_do_not_fit_a_frame_say_which_and_why(rule, problem, hint):
    rules = parse(f"groups: {{G: {{rules: [{rule}]}}}}")
    with pytest.raises(DataError) as caught:
        rules.check(DATA)
    assert problem in caught.value.message
    assert hint in caught.value.hint
    assert len(DATA) == 300
    with pytest.raises(DataError):
        rules.points(DATA)


def test_counters_and_decay_use_what_history_tells():
    rules = parse("""
groups:
  Activity:
    decay: {percent: 50, every: month}
    rules: [{property: visits, in_last: 7d, at_least: 1, points: 10}]
""")
    frame = DATA.head(3).assign(visits__7d=[0.0, 1.0, 2.0], visits__since=[1.0, 3.0, 31.0])
    assert rules.points(frame).tolist() == [0, 10, 5]


def test_points_are_taken_apart_by_rule_or_group_only():
    with pytest.raises(UsageError, match="no points by 'owner'"):
        RULES.contributions(DATA, by="owner")


def test_the_table_says_what_each_rule_does_and_how_often():
    table = RULES.table()
    assert table["points"].tolist() == [20, 10, -15, 3, 10]
    assert table["group"].tolist() == ["Fit"] * 3 + ["Activity"] * 2
    assert table.loc[3, ["rule", "each", "max"]].tolist() == ["each of visits", True, 12]
    assert table.loc[4, "decay"] == "half every 10 days"
    assert table.attrs["max"] == 40
    seen = RULES.table(DATA)
    event = DATA["source"].eq("event").to_numpy(bool, na_value=False)
    assert seen.loc[0, "share"] == event.mean()
    assert seen.loc[0, "rate"] == DATA.loc[event, "outcome"].mean()


def test_rules_tell_how_many_they_are_and_what_they_look_at():
    assert repr(RULES) == "Rules('rules', 5 rules in 2 groups)"
    assert RULES.properties == ["interests", "last_open", "opted_in", "source", "visits"]
