import numpy as np
import pandas as pd
import pytest
from auditframes import LEAKS, add, honest, leaky, masked
from worldstore import world_store

from leadscore.auditing import A_CLOCK, IDLE_CLOCK, audit
from leadscore.errors import DataError
from leadscore.goals import reaches
from leadscore.sandbox.world import simulate
from leadscore.snapshotfacts import KEYS
from leadscore.snapshots import training_set
from leadscore.tables import outcome, read_table, times

N = 1000


def frame(n=N, seed=0, goal="customer", **columns):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(
        {
            "contact_id": [str(i) for i in range(n)],
            "snapshot_at": pd.Timestamp("2026-05-01", tz="UTC"),
            "outcome": pd.array(rng.random(n) < 0.15, dtype="boolean"),
            "visits": rng.poisson(3, n).astype(float),
            "source": pd.Series(rng.choice(["web", "fair", None], n), dtype="str"),
        }
    ).assign(**columns)
    data.attrs["goal"] = goal
    return data


def verdicts(data):
    found = audit(data)
    return {(row.property, row.check): row.verdict for row in found.itertuples()}


def excluded(data):
    found = audit(data)
    return sorted(found.loc[found["verdict"] == "exclude", "property"])


def test_honest_properties_are_ok_and_every_property_is_listed():
    assert verdicts(frame()) == {("source", ""): "ok", ("visits", ""): "ok"}


@pytest.mark.parametrize(
    "name",
    [
        "num_associated_deals",
        "recent_deal_amount",
        "total_revenue",
        "first_deal_created_date",
        "recent_deal_close_date",
        "closedate",
        "days_to_close",
        "hs_lifecyclestage_customer_date",
        "hs_v2_date_entered_opportunity",
        "hs_v2_date_exited_lead",
        "hs_v2_latest_time_in_lead",
        "hs_v2_cumulative_time_in_lead",
        "hs_date_entered_customer",
        "hs_time_in_lead",
        "hubspotscore",
        "hs_predictivecontactscore_v2",
        "hs_predictivescoringtier",
        "leadscore_tier",
    ],
)
def test_properties_that_hubspot_writes_after_the_outcome_are_excluded(name):
    assert excluded(frame(**{name: np.arange(N) % 7 * 1.0})) == [name]


def test_only_whole_names_are_on_the_list():
    assert excluded(frame(my_closedate=1.5, total_revenue_2019=2.5)) == []


def test_the_stage_is_excluded_when_it_is_the_goal():
    assert excluded(frame(lifecyclestage="lead")) == ["lifecyclestage"]
    assert excluded(frame(hs_lead_status="NEW")) == ["hs_lead_status"]
    as_on_a_card = {"property": "lifecyclestage", "value": "customer", "within_days": 90}
    assert excluded(frame(goal=as_on_a_card, hs_lead_status="NEW")) == ["hs_lead_status"]
    assert excluded(frame(goal="paid=yes", lifecyclestage="lead")) == []


def test_the_property_of_the_goal_is_excluded():
    assert excluded(frame(goal="paid=yes", paid="no")) == ["paid"]
    assert excluded(frame(goal={"property": "paid", "value": "yes"}, paid="no")) == ["paid"]


def test_a_constant_is_advice_and_no_exclusion():
    assert verdicts(frame(country="FR"))["country", "constant"] == "advice"


def test_texts_of_ones_own_are_excluded():
    assert excluded(frame(remark=[f"r{i}" for i in range(N)])) == ["remark"]


def test_numbers_that_count_the_contacts_are_excluded_and_measurements_are_not():
    ids = np.random.default_rng(1).permutation(N) + 1000.0
    revenue = np.random.default_rng(2).lognormal(10, 2, N).round()
    assert excluded(frame(lead_number=ids, revenue=revenue)) == ["lead_number"]


def leak(kind):
    outcome = frame()["outcome"].to_numpy(bool)
    return {
        "higher": np.where(outcome, 5.0, 1.0) + np.arange(N) % 13 / 10,
        "both_ends": np.where(outcome, 0.0, np.where(np.arange(N) % 2, 9.0, -9.0)),
        "present": np.where(outcome, 1.0, np.nan),
        "text": pd.Series(np.where(outcome, "signed", "open"), dtype="str"),
        "flag": pd.array(outcome, dtype="boolean"),
        "boxes": [["won"] if o else ["new"] for o in outcome],
    }[kind]


@pytest.mark.parametrize("kind", ["higher", "both_ends", "present", "text", "flag", "boxes"])
def test_a_property_that_gives_the_outcome_away_is_excluded_whatever_its_form(kind):
    found = audit(frame(odd=leak(kind)))
    checks = found.loc[found["verdict"] == "exclude", ["property", "check"]]
    assert set(map(tuple, checks.to_numpy())) == {("odd", "too good alone")}


def test_a_strong_honest_property_stays():
    outcome = frame()["outcome"].to_numpy(float)
    assert excluded(frame(strong=outcome * 1.1 + np.random.default_rng(5).normal(0, 1, N))) == []


def test_many_levels_without_meaning_do_not_look_too_good():
    towns = np.random.default_rng(3).integers(0, 45, N)
    assert excluded(frame(town=pd.Series(towns).map("town {}".format))) == []


def test_rows_whose_outcome_is_not_known_count_for_nothing():
    data = frame(odd=np.where(frame()["outcome"].to_numpy(bool), 5.0, 1.0))
    hidden = frame(seed=9).assign(outcome=pd.array([None] * N, dtype="boolean"), odd=5.0)
    both = pd.concat([data, hidden.assign(contact_id=[f"x{i}" for i in range(N)])])
    both.attrs = data.attrs
    assert excluded(both) == ["odd"]


def test_the_audit_does_not_depend_on_the_order_of_the_rows():
    data = frame(odd=leak("text"), country="FR")
    mixed = data.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(audit(data), audit(mixed))


def test_a_frame_without_any_known_outcome_is_refused():
    with pytest.raises(DataError, match="None of the 1000 rows"):
        audit(frame(outcome=pd.array([None] * N, dtype="boolean")))


def test_what_changes_after_the_snapshot_is_left_out_with_its_reason():
    data = frame(opened=np.arange(N) % 7 * 1.0)
    data.attrs["changing"] = ["opened", "not_a_column"]
    found = verdicts(data)
    assert found["opened", "changes over time"] == "exclude"
    assert {name for name, _ in found} == {"opened", "visits", "source"}


def test_what_is_left_out_by_name_has_one_reason():
    data = frame(total_revenue=np.arange(N) % 7 * 1.0)
    data.attrs["changing"] = ["total_revenue"]
    found = audit(data)
    assert found["property"].tolist().count("total_revenue") == 1


@pytest.mark.parametrize("kind", sorted(LEAKS))
def test_leaks_of_every_kind_are_excluded_and_nothing_else(kind):
    wanted = ["leak", "leak2"] if kind == "twins" else ["leak"]
    assert excluded(leaky(kind)) == wanted


def test_a_leak_that_looks_harmless_alone_is_excluded():
    assert excluded(masked()) == ["leak"]


def test_honest_leads_lose_nothing():
    for seed in range(5):
        assert excluded(honest(1500, seed=seed)) == []


def test_the_evidence_gives_the_figures():
    found = audit(leaky("after the call")).set_index("property").loc["leak"]
    assert found["check"] == "dominates the model"
    assert "without it of 0." in found["evidence"]
    assert "% of the skill" in found["evidence"]


@pytest.mark.parametrize("kind", ["after the call", "family", "presence"])
def test_no_verdict_depends_on_a_name(kind):
    data = leaky(kind)
    names = [n for n in data.columns if n not in KEYS]
    other = dict(zip(names, np.random.default_rng(1).permutation(names), strict=True))
    renamed = data.rename(columns=other)
    families = data.attrs["families"]
    renamed.attrs = data.attrs | {"families": {other[n]: other[p] for n, p in families.items()}}
    assert excluded(renamed) == [other["leak"]]


def test_derived_columns_stand_under_their_property():
    found = audit(leaky("family"))
    assert "leak" in set(found["property"])
    assert not found["property"].str.contains("__").any()


def test_columns_that_are_no_features_are_not_looked_at():
    data = frame(owner=leak("text"))
    data.attrs["not_features"] = ["owner", "not_a_column"]
    assert set(audit(data)["property"]) == {"source", "visits"}


def test_companies_on_both_sides_are_seen_although_they_are_no_feature():
    data = add(honest(), associatedcompanyid=pd.Series([f"{i % 50}" for i in range(4000)]))
    data.attrs["not_features"] = ["associatedcompanyid"]
    assert verdicts(data)["associatedcompanyid", "on both sides"] == "advice"


@pytest.mark.slow
@pytest.mark.parametrize("leak", [None, "review_score", "account_tier"])
def test_of_a_market_as_it_was_only_what_comes_with_the_goal_is_excluded(tmp_path, leak):
    world = simulate(contacts=1500, seed=1, now="2026-11-01", leak=leak)
    found = audit(training_set(world_store(tmp_path, world), reaches("customer", within="90D")))
    told = found.loc[found["verdict"] == "exclude", "property"]
    at_the_goal = {"first_deal_created_date", "num_associated_deals"}  # of five in six customers
    assert set(told) == at_the_goal | ({leak} if leak else set())


@pytest.mark.slow
def test_of_a_market_as_it_is_today_what_knows_the_outcome_is_excluded_by_the_data(tmp_path):
    world = simulate(contacts=1500, seed=1, now="2026-11-01", leak="review_score")
    goal = reaches("customer", within="90D")
    data = training_set(world_store(tmp_path, world), goal, history=False)
    data.attrs["changing"] = []
    found = audit(data).set_index("property")
    for name in ("product_logins", "review_score"):
        assert found.loc[name, "verdict"] == "exclude"


@pytest.mark.slow
def test_a_leak_under_a_name_that_may_be_known_before_is_found_by_its_time(tmp_path):
    world = simulate(contacts=1500, seed=1, now="2026-11-01", leak="hs_v2_latest_time_in_review")
    data = training_set(world_store(tmp_path, world), reaches("customer", within="90D"))
    found = audit(data)
    told = found.loc[found["verdict"] == "exclude", ["property", "check"]].to_numpy().tolist()
    names = ["first_deal_created_date", "hs_v2_latest_time_in_review", "num_associated_deals"]
    assert told == [[name, "first seen after the goal"] for name in names]
    assert {"lifecyclestage", "num_associated_deals", "first_deal_created_date"} <= set(data)


@pytest.mark.parametrize("kind", ["higher", "present"])
@pytest.mark.parametrize("name", ["num_associated_deals", "hs_v2_latest_time_in_lead"])
def test_what_was_filled_in_backwards_is_found_by_its_values_whatever_its_name(name, kind):
    data = frame(**{name: leak(kind)})
    data.attrs["history"] = True
    found = audit(data).set_index("property")
    assert found.loc[name, "verdict"] == "exclude"
    assert found.loc[name, "check"] != "written after the outcome"


def test_a_date_ahead_is_looked_at_only_where_it_was_known_then():
    data = honest()
    outcome, rng = data["outcome"].to_numpy(bool), np.random.default_rng(0)
    days = np.where(outcome, 10.0, 400.0) + rng.normal(size=len(data))
    dated = add(data, renewal=data["snapshot_at"] + pd.to_timedelta(days, unit="D"))
    assert verdicts(dated)["renewal", ""] == "ok"
    dated.attrs["history"] = True
    assert verdicts(dated)["renewal", "too good alone"] == "exclude"


def test_true_history_asks_for_more_than_todays_values():
    data = leaky("mostly zero")
    data.attrs["history"] = True
    assert excluded(data) == []
    assert excluded(leaky("mostly zero")) == ["leak"]


def test_what_is_first_seen_after_the_goal_is_excluded():
    data = frame(onboarding=np.arange(N) % 7 * 1.0)
    data.attrs["timing"] = {"onboarding": {"first_after_goal": 0.8, "at_goal": 0.1}}
    assert verdicts(data)["onboarding", "first seen after the goal"] == "exclude"


def test_clocks_and_drift_are_advice():
    data = honest()
    month = np.arange(len(data)) // 400
    moved = np.random.default_rng(0).normal(size=len(data)) + month / 3
    found = verdicts(add(data, index=month * 1.0, moved=moved))
    assert found["index", IDLE_CLOCK] == "advice"
    assert found["moved", "drifting"] == "advice"


def test_a_clock_that_drives_the_rate_is_told_from_one_that_does_not():
    data, rng = honest(6000), np.random.default_rng(3)
    wave = np.sin(np.arange(6000) / 200)
    rate = 1 / (1 + np.exp(2.0 - 1.5 * wave))
    driven = add(data, outcome=pd.array(rng.random(6000) < rate, dtype="boolean"), index=wave)
    assert verdicts(driven)["index", A_CLOCK] == "advice"
    assert verdicts(add(data, index=wave))["index", IDLE_CLOCK] == "advice"


def test_without_time_nothing_is_said_about_it():
    data = add(honest(), index=np.arange(4000) // 400 * 1.0)
    data.attrs["time_known"] = False
    assert verdicts(data)["index", ""] == "ok"


def test_several_rows_of_a_contact_are_no_further_evidence():
    data = leaky("mostly zero", n=150)
    many = pd.concat([data] * 20).assign(
        snapshot_at=np.repeat(pd.date_range("2026-01-01", periods=20, tz="UTC"), 150)
    )
    many.attrs = data.attrs
    assert excluded(many) == excluded(data)


def public(path, positive, *, date=None, order=False):
    """Return a public table as a training frame; what tells the time is no feature."""
    table = read_table(path)
    data = table.frame.drop(columns=[positive, *([date] if date else [])])
    return data.assign(
        contact_id=[f"{i:06d}" for i in range(len(data))],
        snapshot_at=times(table, date=date, order=order),
        outcome=outcome(table, positive).values,
    )


def test_the_column_that_is_known_at_the_calls_end_is_excluded(public_tables):
    path = public_tables / "bank-additional-full.csv.gz"
    assert excluded(public(path, "y", order=True)) == ["duration"]


def test_the_column_that_is_computed_from_the_purchase_is_excluded(public_tables):
    path = public_tables / "online-shoppers-intention.csv.gz"
    assert excluded(public(path, "Revenue", date="Month")) == ["PageValues"]
