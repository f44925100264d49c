import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leadframes import leads, with_attrs

from leadscore import scores
from leadscore.errors import DataError, ModelError, UsageError
from leadscore.scores import score_frame
from leadscore.training import train

DATA = leads()
MODEL = train(DATA)
FRESH = leads(1000, seed=21)
SCORED = score_frame(MODEL, FRESH)
PROBABILITIES = st.lists(st.sampled_from([0.01, 0.02, 0.1, 0.3, 0.9]), min_size=1, max_size=80).map(
    lambda values: np.sort(values)[::-1]
)


def test_the_columns_are_as_promised():
    assert {name: str(kind) for name, kind in SCORED.dtypes.items()} == {
        "contact_id": "str",
        "probability": "float64",
        "score": "Int64",
        "tier": "str",
        "fit": "Int64",
        "engagement": "Int64",
        "reasons_for": "object",
        "reasons_against": "object",
        "reasons": "str",
        "model": "str",
        "scored_at": "datetime64[us, UTC]",
    }


def test_every_contact_is_scored_once_with_the_models_probability():
    by_contact = SCORED.set_index("contact_id")["probability"]
    assert sorted(by_contact.index) == sorted(FRESH["contact_id"])
    assert by_contact[FRESH["contact_id"]].tolist() == MODEL.probability(FRESH).tolist()
    assert set(SCORED["model"]) == {MODEL.id}


def test_the_best_come_first_and_ties_go_by_contact():
    doubled = pd.concat([FRESH, FRESH.assign(contact_id="x" + FRESH["contact_id"])])
    found = score_frame(MODEL, doubled)
    ranks = list(zip(-found["probability"], found["contact_id"], strict=True))
    assert ranks == sorted(ranks)


def test_order_of_rows_and_time_zone_change_nothing():
    mixed = FRESH.sample(frac=1, random_state=2)
    zoned = mixed.assign(snapshot_at=mixed["snapshot_at"].dt.tz_convert("Asia/Kolkata"))
    found = score_frame(MODEL, zoned)
    columns = [name for name in SCORED if name != "scored_at"]
    pd.testing.assert_frame_equal(found[columns], SCORED[columns])
    assert found.attrs == SCORED.attrs


def test_a_score_is_the_share_of_the_newest_training_rows_that_lie_below():
    newest = DATA[DATA["snapshot_at"] >= DATA["snapshot_at"].quantile(0.8)]
    usual = score_frame(MODEL, newest)
    assert usual["score"].min() == 0
    assert usual["score"].max() >= 99
    assert usual["score"].mean() == pytest.approx(50, abs=1)
    assert usual["fit"].mean() < 51
    below = [(usual["probability"] < p).mean() * 100 for p in usual["probability"]]
    assert np.abs(usual["score"].astype(float) - below).max() <= 1


def test_scores_rise_with_the_probability():
    assert SCORED["score"].is_monotonic_decreasing
    assert SCORED["score"].between(0, 100).all()


def test_a_contact_does_not_change_its_score_because_of_others():
    best, worst = FRESH.head(30), FRESH.tail(30)
    alone = score_frame(MODEL, best)[["contact_id", "score", "fit", "engagement"]]
    beside = score_frame(MODEL, pd.concat([worst, best])).merge(alone[["contact_id"]])
    pd.testing.assert_frame_equal(alone, beside[alone.columns])


def test_contacts_equal_to_training_rows_but_for_the_last_bit_get_their_score():
    grid = [0.0, 1.0, 2.0, 3.0]
    exact, off = scores._share_below(grid, np.array([2.0])), np.nextafter(2.0, 3.0)
    assert exact[0] == scores._share_below(grid, np.array([off]))[0] == 50


def test_a_group_without_properties_has_no_score():
    plain = with_attrs(DATA, groups={})
    found = score_frame(train(plain), FRESH)
    assert found["engagement"].isna().all()
    assert found["fit"].tolist() == found["score"].tolist()


def test_fit_and_engagement_come_from_their_own_properties():
    busy = FRESH.assign(visits=9.0, last_open=FRESH["snapshot_at"])
    one, other = (score_frame(MODEL, f).set_index("contact_id") for f in (FRESH, busy))
    assert (one["fit"] == other["fit"][one.index]).all()
    assert other["engagement"].min() > 90


@given(PROBABILITIES, st.one_of(st.none(), st.integers(1, 100)))
def test_tiers_divide_the_ranking_in_order_by_capacity(probability, capacity):
    tiers, facts = scores._tiers(probability, capacity)
    n = len(probability)
    size = capacity or max(1, round(n / 10))
    assert tiers == sorted(tiers)
    assert tiers.count("A") == min(size, n)
    assert tiers.count("B") == min(size, n - tiers.count("A"))
    assert sum(facts["contacts_by_tier"].values()) == len(tiers) == n
    assert sum(facts["expected_conversions"].values()) == pytest.approx(probability.sum())


@given(PROBABILITIES, st.integers(1, 10))
def test_the_last_tier_holds_at_most_a_twentieth_and_could_hold_no_more(probability, capacity):
    tiers, facts = scores._tiers(probability, capacity)
    most = 0.05 * probability.sum() + 1e-9
    assert facts["expected_conversions"]["D"] <= most
    last_c = [p for p, tier in zip(probability, tiers, strict=True) if tier == "C"][-1:]
    assert not last_c or facts["expected_conversions"]["D"] + last_c[0] >= most - 2e-9


def test_ties_that_a_cut_divides_are_counted():
    probability = np.array([0.9, 0.5, 0.5, 0.5, 0.2, 0.1])
    assert scores._tiers(probability, 2)[1]["ties_at_cut"] == {"A|B": 3, "B|C": 0, "C|D": 0}
    assert scores._tiers(probability, 1)[1]["ties_at_cut"] == {"A|B": 0, "B|C": 3, "C|D": 0}


def test_without_a_capacity_a_tenth_is_tier_a():
    assert SCORED.attrs["capacity"] == 100
    assert SCORED["tier"].value_counts()[["A", "B"]].tolist() == [100, 100]
    assert SCORED.attrs["contacts_by_tier"] == SCORED["tier"].value_counts().to_dict()


def test_expected_conversions_are_what_a_calibrated_model_should_see():
    expected = pd.Series(SCORED.attrs["expected_conversions"])
    assert expected.sum() == pytest.approx(SCORED["probability"].sum())
    assert expected.sum() == pytest.approx(FRESH["outcome"].sum(), rel=0.25)


def test_reasons_are_the_strongest_contributions_of_each_side():
    parts = MODEL.contributions(FRESH).set_axis(FRESH["contact_id"])
    for row in SCORED.head(50).itertuples():
        own = parts.loc[row.contact_id]
        wanted = own[own >= 0.05].sort_values(ascending=False).head(5)
        assert [r["property"] for r in row.reasons_for] == list(wanted.index)
        against = own[own <= -0.05].sort_values().head(5)
        assert [r["contribution"] for r in row.reasons_against] == against.tolist()


def test_at_most_five_reasons_for_and_five_against():
    rng = np.random.default_rng(0)
    many = {f"p{i:02d}": rng.normal(size=1500) * 1.0 for i in range(14)}
    happened = rng.random(1500) < 1 / (1 + np.exp(2 - sum(many.values()) * 0.6))
    data = leads().assign(**many, outcome=pd.array(happened, dtype="boolean"))
    found = score_frame(train(data), data)
    assert found["reasons_for"].map(len).max() == 5
    assert found["reasons_against"].map(len).max() == 5


def test_reasons_say_label_value_and_absolute_date():
    lead = FRESH.head(1).assign(
        visits=9.0,
        source=pd.Series(["event"], dtype="str"),
        last_open=pd.Timestamp("2020-01-31", tz="UTC"),
    )
    text = score_frame(MODEL, lead)["reasons"][0]
    assert text.startswith("For: Page visits is 9; Original source is event")
    assert "Against: last_open is 2020-01-31" in text


def test_missing_values_are_called_unknown():
    lead = FRESH.head(1).assign(visits=9.0, source=pd.Series([None], dtype="str"))
    reasons = score_frame(MODEL, lead)[["reasons_for", "reasons_against"]].iloc[0]
    values = {r["property"]: r["value"] for side in reasons for r in side}
    assert values.get("source", "unknown") == "unknown"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3.0, "3"),
        (1234567.0, "1,234,567"),
        (0.12345678, "0.1235"),
        (12345.678, "12,345.7"),
        (float("inf"), "inf"),
        (float("nan"), "unknown"),
        (pd.NA, "unknown"),
        (pd.NaT, "unknown"),
        (False, "no"),
        (np.bool_(True), "yes"),
        (np.array(["b", "c"]), "b, c"),
        ([], "none"),
        ("", "empty"),
        (" two\n lines\t", "two lines"),
    ],
)
def test_values_are_written_as_a_person_would(value, words):
    assert scores.in_words(value) == words


@settings(max_examples=200)
@given(st.text(max_size=300))
def test_whatever_a_property_holds_its_words_are_one_plain_short_line(text):
    words = scores.in_words(text)
    assert 0 < len(words) <= 60
    assert words.splitlines() == [words]
    assert not set("<>\x00\x1b\u202e") & set(words)


def test_hostile_contact_data_is_inert_in_the_reasons():
    nasty = "<script>alert(1)</script>\u202e\x1b[31m"
    data = leads().assign(source=lambda d: d["source"].replace("event", nasty))
    found = score_frame(train(data), data)
    told = " ".join(found["reasons"])
    assert "script" in told
    assert not set("<>\u202e\x1b") & set(told)
    assert found["reasons"].str.len().max() <= 500


def test_an_average_lead_is_called_that():
    assert scores._text([], [], {}) == "Average in every respect."


def test_facts_for_the_plan_are_handed_on():
    model = train(leads())
    model.card["signal"] = False
    found = score_frame(model, with_attrs(FRESH, workspace="crm"))
    assert (found.attrs["workspace"], found.attrs["signal"]) == ("crm", False)


def test_nobody_to_score_gives_an_empty_frame():
    found = score_frame(MODEL, FRESH.iloc[:0])
    assert len(found) == 0
    assert found.attrs["contacts"] == 0
    assert list(found.columns) == list(SCORED.columns)


def test_a_contact_with_two_rows_is_refused():
    with pytest.raises(DataError, match="1000 contacts have more than one row"):
        score_frame(MODEL, pd.concat([FRESH, FRESH]))


@pytest.mark.parametrize("capacity", [0, -3])
def test_no_capacity_at_all_is_refused(capacity):
    with pytest.raises(UsageError, match="capacity"):
        score_frame(MODEL, FRESH, capacity=capacity)


def test_a_frame_that_does_not_fit_is_refused():
    with pytest.raises(ModelError, match="missing: visits"):
        score_frame(MODEL, FRESH.drop(columns="visits"))
    with pytest.raises(DataError, match="contact_id"):
        score_frame(MODEL, FRESH.drop(columns="contact_id"))


def test_the_contacts_of_a_store_are_scored(portal, store):
    from leadscore.goals import reaches
    from leadscore.snapshots import training_set
    from leadscore.syncing import sync
    from leadscore.training import fit

    sync(portal, store, progress=False)
    data = training_set(store, reaches("customer"))
    model = fit(data)
    everybody = scores.score(model, store, who="all")
    waiting = scores.score(model, store)
    assert set(waiting["contact_id"]) < set(everybody["contact_id"])
    assert sorted(everybody["contact_id"]) == sorted(store.contacts(["id"])["id"])
    assert everybody.attrs["workspace"] == str(store.workspace)
