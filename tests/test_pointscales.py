import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.pointscales import Scale, codes, priced, scales_of
from leadscore.ruleconditions import holds, types_of
from leadscore.ruleset import Rules
from leadscore.ruleterms import Group, Rule

NOW = pd.Timestamp("2026-05-01", tz="UTC")
RNG = np.random.default_rng(0)
N = 600
VISITS = RNG.poisson(4, N).astype(float)
FRAME = pd.DataFrame(
    {
        "contact_id": [str(i) for i in range(N)],
        "snapshot_at": NOW,
        "visits": np.where(RNG.random(N) < 0.1, np.nan, VISITS),
        "visits__30d": np.minimum(VISITS, RNG.poisson(1, N)),
        "visits__since": RNG.uniform(0, 90, N),
        "share": RNG.uniform(0, 1, N),
        "opted": pd.array(RNG.choice([True, False, None], N), dtype="boolean"),
        "source": pd.Series(RNG.choice(["web", "Web ", "fair", None], N), dtype="str"),
        "jobtitle": pd.Series(RNG.choice(["VP Sales", "Nurse", "Engineer", None], N), dtype="str"),
        "opened": NOW - pd.to_timedelta(RNG.uniform(-9, 90, N), unit="D"),
        "tags": [list(np.array(["a", "b"])[RNG.random(2) < 0.5]) for _ in range(N)],
    }
)
TYPES = types_of(FRAME, FRAME.columns)
SCALES = [
    Scale("visits", "number", edges=(2, 5, 7)),
    Scale("visits", "number", edges=(1,), in_last=30),
    Scale("visits", "number"),
    Scale("visits", "since", edges=(7, 30)),
    Scale("share", "number", edges=(0.25, 0.8)),
    Scale("opened", "age", edges=(7, 30)),
    Scale("opted", "flag"),
    Scale("source", "texts", options=("web",)),
    Scale("jobtitle", "texts", options=("sales", "engineering"), operator="role"),
    Scale("tags", "texts", options=("a",)),
]
IDS = [f"{s.name}-{s.kind}-{len(s.edges)}" for s in SCALES]


def cut(column, name, *, worth, bins=4, types=TYPES, frame=FRAME):
    return scales_of(column, name, frame, types=types, worth=worth, bins=bins)


@pytest.mark.parametrize("scale", SCALES, ids=IDS)
def test_levels_cover_every_row_once(scale):
    level = codes(scale, FRAME, TYPES)
    assert level.min() >= 0
    assert codes(scale, FRAME.iloc[::-1], TYPES).tolist() == level[::-1].tolist()
    hits = [
        np.logical_and.reduce([holds(condition, FRAME, TYPES) for condition in conditions])
        for conditions in scale.levels
    ]
    assert (np.sum(hits, axis=0) == 1).all()


@given(st.sampled_from(SCALES), st.data())
def test_rules_give_each_row_the_points_of_its_level(scale, data):
    n = len(scale.levels)
    points = data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    points = [value - min(points) for value in points]  # as tables have it: the worst level is 0
    rules = [
        Rule(f"r{place}", value, level)
        for place, (level, value) in enumerate(priced(scale, points))
    ]
    found = Rules((Group("G", tuple(rules)),)).points(FRAME)
    assert found.tolist() == np.array(points)[codes(scale, FRAME, TYPES)].tolist()
    assert all(rule.points for rule in rules)
    assert len(rules) <= n


def test_numbers_are_cut_where_their_worth_changes():
    worth = np.where(FRAME["visits"].fillna(0) >= 6, 1.0, 0.0)
    scale = cut("visits", "visits", worth=worth)[0]
    assert scale == Scale("visits", "number", edges=(6.0,))


def test_windows_and_last_changes_are_told_as_such():
    worth = (FRAME["visits__30d"] >= 1).to_numpy(float)
    gained = cut("visits__30d", "visits", worth=worth, bins=2)[0]
    assert (gained.in_last, gained.edges) == (30, (1.0,))
    fresh = (FRAME["visits__since"] <= 30).to_numpy(float)
    since = cut("visits__since", "visits", worth=fresh, bins=2)[0]
    assert since.kind == "since"
    assert since.edges[0] == pytest.approx(30, abs=1)


def test_rows_whose_last_change_is_not_known_are_in_no_level():
    unknown = FRAME.assign(visits__since=np.nan)
    scale = Scale("visits", "since", edges=(7, 30))
    assert (codes(scale, unknown, TYPES) == -1).all()


def test_dates_are_told_by_their_age_and_by_how_far_ahead_they_lie():
    ahead = ((FRAME["opened"] - NOW) / pd.Timedelta(days=1)).to_numpy()
    far = FRAME.assign(opened=NOW + (NOW - FRAME["opened"]))  # most of them lie ahead
    worth = np.where((ahead < 0) & (ahead >= -30), 1.0, 0.0)
    age, due = cut("opened", "opened", worth=worth, frame=far, bins=2)
    assert (age.kind, due.kind) == ("age", "ahead")
    assert due.edges[0] == pytest.approx(30, abs=1)
    assert ((codes(due, far, TYPES) < 0) == (ahead >= 0)).all()


def test_days_are_cut_at_whole_ones_and_other_numbers_at_short_ones():
    age = (NOW - FRAME["opened"]) / pd.Timedelta(days=1)
    edges = cut("opened", "opened", worth=np.sin(age.to_numpy()))[0].edges
    assert edges
    assert all(edge == round(edge) for edge in edges)
    assert cut("visits__since", "visits", worth=np.ones(N)) == []
    edges = cut("share", "share", worth=np.sin(9 * FRAME["share"].to_numpy()))[0].edges
    assert all(float(f"{edge:.3g}") == edge for edge in edges)


@pytest.mark.parametrize("values", [np.nan, 3.0, np.inf])
def test_a_number_without_two_values_is_not_cut(values):
    frame = FRAME.assign(visits=values)
    assert cut("visits", "visits", worth=VISITS, frame=frame)[0].edges == ()


def test_texts_that_few_contacts_share_are_not_named():
    rare = FRAME.assign(source=["Ana Silva"] * 19 + ["fair"] * 20 + ["web"] * (N - 39))
    scale = cut("source", "source", worth=VISITS, frame=rare)[0]
    assert scale.options == ("fair", "web")
    one = rare.assign(contact_id="7")
    assert cut("source", "source", worth=VISITS, frame=one) == []


def test_texts_that_rules_cannot_tell_apart_are_one_level():
    assert len(cut("source", "source", worth=VISITS)[0].options) == 2


def test_titles_and_domains_can_be_read_too():
    kinds = TYPES | {"jobtitle": "title", "source": "domain"}
    found = cut("jobtitle", "jobtitle", worth=VISITS, types=kinds)
    assert [scale.operator for scale in found] == ["any_of", "role", "seniority"]
    found = cut("source", "source", worth=VISITS, types=kinds)
    assert [scale.operator for scale in found] == ["any_of", "domain"]


def test_each_option_of_checkboxes_is_a_scale_of_its_own():
    assert [scale.options for scale in cut("tags", "tags", worth=VISITS)] == [("a",), ("b",)]


def test_truth_values_need_no_cut():
    assert cut("opted", "opted", worth=VISITS) == [Scale("opted", "flag")]
