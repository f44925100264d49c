import numpy as np
import pandas as pd
import pytest
from leadframes import facts, leads

import leadscore as ls
from leadscore.errors import DataError, UsageError
from leadscore.metrics import roc_auc
from leadscore.pointscales import Scale
from leadscore.pointtables import _Candidate, _groups, from_model
from leadscore.rulefiles import parse

DATA = leads(2000)


@pytest.fixture(scope="module")
def model():
    return ls.train(DATA)


@pytest.fixture(scope="module")
def rules(model):
    return from_model(model, DATA)


def test_points_rank_leads_nearly_as_the_model_does(model, rules):
    points = rules.points(DATA)
    assert points.corr(pd.Series(model.probability(DATA)), method="spearman") > 0.9
    assert rules.about["agreement"] > 0.8
    y = DATA["outcome"].to_numpy(float)
    assert roc_auc(y, points) > roc_auc(y, model.probability(DATA)) - 0.02


def test_points_are_whole_and_between_nothing_and_the_total(rules):
    table = rules.table(DATA)
    assert (table["points"] == table["points"].round()).all()
    assert (table["points"] > 0).all()
    points = rules.points(DATA)
    assert points.min() >= 0
    assert points.max() <= 100
    assert (rules.min, rules.max) == (0, 100)


def test_no_limit_is_ever_needed(rules):
    assert rules.contributions(DATA)["limit of the total"].abs().max() == 0


def test_the_table_names_groups_as_the_model_does(model, rules):
    table = rules.table()
    kinds = dict(zip(table["condition"].str.split().str[0], table["kind"], strict=True))
    assert kinds == {name: model.groups[name] for name in kinds}
    assert set(table["group"]) == {"Who they are", "What they did"}


def test_better_levels_convert_more_often(rules):
    table = rules.table(DATA)
    visits = table[table["condition"].str.startswith("visits is at least")]
    assert visits["points"].is_monotonic_increasing
    assert visits["rate"].is_monotonic_increasing


def test_the_loss_is_that_of_rows_which_neither_had_seen(model, rules):
    test = rules.about["test"]
    measured = ls.evaluate(model, DATA).set_index("metric").loc["roc_auc", "value"]
    assert test["roc_auc_model"] == pytest.approx(measured, abs=1e-4)
    assert test["rows"] == len(ls.backtest(model, DATA))
    assert test["protocol"] == "temporal_holdout"
    assert test["loss"] == pytest.approx(test["roc_auc_model"] - test["roc_auc_points"], abs=2e-4)
    assert test["loss_low"] <= test["loss"] <= test["loss_high"]
    assert f"loss of {test['loss']:.3f}" in rules.about["summary"]


def test_the_table_can_be_kept_in_a_file(rules, tmp_path):
    again = ls.rules.load(rules.save(tmp_path / "rules.yaml"))
    assert again == rules
    assert parse(rules.to_yaml()).about["summary"] == rules.about["summary"]


def test_rules_from_a_model_are_marked_as_having_seen_the_data(rules):
    assert ls.rules.evaluate(rules, DATA).attrs["seen"]


def test_the_same_rows_in_another_order_give_the_same_table(model, rules):
    shuffled = DATA.sample(frac=1, random_state=3)
    shuffled.attrs = DATA.attrs
    again = from_model(model, shuffled, test=False)
    pd.testing.assert_frame_equal(again.table(), rules.table())


def test_what_is_unknown_in_two_ways_gets_the_points_of_both():
    level = np.zeros(3, dtype=np.int64)
    chosen = [
        _Candidate(Scale("title", "texts", options=(option,), operator=operator), "fit", level)
        for option, operator in (("sales", "role"), ("vp", "seniority"))
    ]
    group = _groups(chosen, [[5, 0, 2], [7, 0, 3]])[0]
    given = {rule.name: rule.points for rule in group.rules}
    assert given == {
        "title says the role sales": 5,
        "title is unknown": 5,
        "title says the seniority vp": 7,
    }


def test_a_smaller_table_can_be_asked_for(model):
    small = from_model(model, DATA, columns=1, bins=2, total=10, test=False)
    assert len(small.properties) == 1
    assert small.points(DATA).max() <= 10
    assert "not measured" in small.about["summary"]
    assert small.about["columns"].startswith("1 of ")


@pytest.mark.parametrize("options", [{"columns": 0}, {"bins": 1}, {"total": 0}])
def test_a_table_of_nothing_is_refused(model, options):
    with pytest.raises(UsageError):
        from_model(model, DATA, **options)


def test_what_a_counter_did_lately_is_told_as_such():
    rng = np.random.default_rng(0)
    lately = rng.poisson(1, len(DATA)).astype(float)
    data = DATA.drop(columns=["visits", "last_open", "source"]).assign(
        visits__30d=lately,
        outcome=pd.array(rng.random(len(DATA)) < 0.05 + 0.25 * (lately >= 2), dtype="boolean"),
    )
    data.attrs = facts(
        families={"visits__30d": "visits"}, types={}, groups={"visits": "engagement"}
    )
    rules = from_model(ls.train(data), data, test=False)
    assert any("visits in the last 30 days" in name for name in rules.table()["condition"])
    assert rules.points(data).corr(pd.Series(lately)) > 0.7


def test_a_contract_that_ends_soon_earns_points():
    rng = np.random.default_rng(2)
    ahead = rng.uniform(1, 300, len(DATA))
    ends = DATA["snapshot_at"] + pd.to_timedelta(ahead, unit="D")
    happened = rng.random(len(DATA)) < np.where(ahead < 60, 0.4, 0.05)
    data = DATA[["contact_id", "snapshot_at"]].assign(
        outcome=pd.array(happened, dtype="boolean"), ends=ends.where(rng.random(len(DATA)) < 0.7)
    )
    data.attrs = facts(history=True, types={}, groups={}, labels={})
    rules = from_model(ls.train(data), data, test=False)
    soon = rules.table()["condition"].str.contains("ends is within the next")
    assert soon.any()
    points, known = rules.points(data), data["ends"].notna()
    assert points[known & (ahead < 50)].min() > points[known & (ahead > 120)].max()


def test_pairs_are_spread_over_their_properties_and_this_is_said():
    rng = np.random.default_rng(1)
    n = 4000
    one, other = rng.random(n) < 0.5, rng.random(n) < 0.5
    chance = np.where(one & other, 0.6, 0.08)
    data = pd.DataFrame(
        {
            "contact_id": [f"{i:06d}" for i in range(n)],
            "snapshot_at": pd.date_range("2025-01-01", periods=n, freq="h", tz="UTC"),
            "outcome": pd.array(rng.random(n) < chance, dtype="boolean"),
            "plan": pd.Series(np.where(one, "big", "small"), dtype="str"),
            "market": pd.Series(np.where(other, "home", "abroad"), dtype="str"),
        }
    )
    data.attrs = facts(labels={}, types={}, groups={}, horizon_days=1)
    model = ls.train(data)
    assert "market & plan" in model.terms
    rules = from_model(model, data, test=False)
    assert rules.about["pairs"] == ["market & plan"]
    assert "a pair of properties does together is spread" in rules.about["summary"]
    worth = rules.table().set_index("condition")["points"]
    assert worth["plan is big"] > 20
    assert worth["market is home"] > 20


def test_a_model_that_says_the_same_of_everybody_has_no_table(model):
    same = DATA.assign(**{name: DATA[name].iloc[0] for name in ("visits", "source", "opted_in")})
    same = same.assign(snapshot_at=DATA["snapshot_at"][0], interests=[["a"]] * len(same))
    same = same.assign(last_open=same["snapshot_at"])
    same.attrs = DATA.attrs
    with pytest.raises(DataError, match="says the same of all"):
        from_model(model, same, test=False)


def every_type():
    """Leads with a column of each type, all of which matter."""
    rng = np.random.default_rng(5)
    n = 3000
    titles = [f"{level} {what}" for level in ("VP", "Junior", "Head of") for what in JOBS]
    title = pd.Series(rng.choice(titles, n), dtype="str")
    opted = rng.choice([True, False], n)
    ticked = rng.random(n) < 0.3
    logit = -3 + 1.2 * opted + 1.2 * ticked + 1.5 * title.str.startswith("VP").to_numpy()
    at = pd.date_range("2025-01-01", periods=n, freq="h", tz="UTC").as_unit("us")
    data = pd.DataFrame(
        {
            "contact_id": [f"{i:06d}" for i in range(n)],
            "snapshot_at": at,
            "outcome": pd.array(rng.random(n) < 1 / (1 + np.exp(-logit)), dtype="boolean"),
            "jobtitle": title.where(rng.random(n) < 0.9),
            "opted": pd.array(opted, dtype="boolean"),
            "topics": [["api"] if one else ["else"] for one in ticked],
        }
    )
    data.attrs = facts(labels={}, types={}, groups={}, horizon_days=1)
    return data


JOBS = ("Sales", "Marketing", "Finance", "Legal", "Engineering", "Operations", "Quality")


def test_every_type_of_property_has_its_place_in_a_table():
    data = every_type()
    rules = from_model(ls.train(data), data, test=False)
    worth = rules.table().set_index("condition")["points"]
    assert worth["opted is yes"] > 10
    assert any("topics is api" in name for name in worth.index)
    assert any("says the seniority vp" in name for name in worth.index)
    points = rules.points(data)
    vip = data["jobtitle"].str.startswith("VP").fillna(value=False).astype(bool)
    assert points[vip].mean() > points[~vip].mean() + 10
    assert parse(rules.to_yaml()) == rules


def test_a_table_gives_other_leads_points_by_the_same_rules(rules):
    fresh = leads(200, seed=9)
    strange = fresh.assign(source=pd.Series(["never seen"] * 200, dtype="str"))
    assert rules.points(fresh).between(0, 100).all()
    assert rules.points(strange).between(0, 100).all()


def test_time_that_is_not_known_is_said_to_be_cross_validated():
    data = leads(600)
    data.attrs = facts(time_known=False)
    model = ls.train(data)
    assert from_model(model, data).about["test"]["protocol"] == "cross_validation"


def test_points_are_not_turned_into_points_again(model):
    rules = from_model(model, DATA, columns=2, test=False)
    with pytest.raises(UsageError, match="point rules already"):
        from_model(ls.rules.as_model(rules, DATA), DATA)
