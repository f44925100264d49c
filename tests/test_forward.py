import numpy as np
import pandas as pd
import pytest

from leadscore import metrics
from leadscore.forward import FORWARD, forward_frame


def given(n=3000, *, seed=0, model="aaaa", factor=1.0, held_out=0.0, lift=1.0, ranked=True):
    """Return judged scores: converting `factor` times as often as said, the written by `lift`."""
    rng = np.random.default_rng(seed)
    said = rng.beta(1, 9, n)
    kept = rng.random(n) < held_out
    chance = np.clip(said * factor * np.where(kept, 1.0, lift), 0, 1)
    happened = rng.random(n) < (chance if ranked else rng.permutation(chance))
    tiers = pd.cut(pd.Series(-said).rank(pct=True), [0, 0.1, 0.2, 0.6, 1], labels=list("ABCD"))
    return pd.DataFrame(
        {
            "model": model,
            "contact_id": [f"{i:05d}" for i in range(n)],
            "month": rng.choice(["2026-03", "2026-04"], n),
            "snapshot_at": pd.Timestamp("2026-03-02", tz="UTC"),
            "probability": said,
            "score": pd.array((said * 100).astype(int), dtype="Int64"),
            "tier": tiers.astype("str"),
            "held_out": pd.array(kept, dtype="boolean"),
            "state": "judged",
            "outcome": pd.array(happened, dtype="boolean"),
            "worked": pd.array(rng.random(n) < 0.5, dtype="boolean"),
        }
    )


TRUE = given()
CALIBRATION = "forward calibration"


def row(found, check, part=""):
    (one,) = found[(found["check"] == check) & (found["part"] == part)].to_dict("records")
    return one


def promised(auc, low):
    return {"aaaa": pd.DataFrame({"metric": ["roc_auc"], "value": [auc], "low": [low]})}


def test_a_model_whose_word_came_true_gets_no_alarm():
    found = forward_frame(TRUE)
    assert list(found.columns) == list(FORWARD)
    assert not (found["verdict"] == "alarm").any()
    assert row(found, "forward calibration")["verdict"] == "ok"


def test_the_ranking_is_judged_by_the_scores_as_they_were_given():
    found = row(forward_frame(TRUE), "forward roc_auc")
    wanted = metrics.roc_auc(TRUE["outcome"].astype(float), TRUE["probability"])
    assert found["value"] == pytest.approx(wanted)
    assert found["low"] < wanted < found["high"]
    assert found["rows"] == 3000


def test_a_ranking_below_what_the_backtest_promised_is_an_alarm():
    wanted = metrics.roc_auc(TRUE["outcome"].astype(float), TRUE["probability"])
    kept = row(forward_frame(TRUE, promised=promised(wanted, wanted - 0.02)), "forward roc_auc")
    assert (kept["expected"], kept["verdict"]) == (pytest.approx(wanted), "ok")
    broken = row(forward_frame(TRUE, promised=promised(0.95, 0.93)), "forward roc_auc")
    assert broken["verdict"] == "alarm"
    assert "promised" in broken["advice"]


def test_probabilities_that_were_too_high_are_found_by_how_much():
    half = row(forward_frame(given(9000, seed=1, factor=0.4)), "forward calibration")
    assert half["value"] == pytest.approx(0.4, abs=0.05)
    assert half["verdict"] == "alarm"
    near = row(forward_frame(given(9000, seed=1, factor=0.75)), "forward calibration")
    assert near["verdict"] == "advice"


def test_each_tier_is_held_against_its_mean_probability():
    found = forward_frame(TRUE)
    rates = [row(found, "forward rate", f"tier {tier}") for tier in "ABCD"]
    assert [r["value"] for r in rates] == sorted((r["value"] for r in rates), reverse=True)
    first = TRUE[TRUE["tier"] == "A"]
    assert rates[0]["expected"] == pytest.approx(first["probability"].mean())
    assert rates[0]["rows"] == len(first)


def test_tiers_in_the_wrong_order_are_an_alarm():
    turned = TRUE.assign(tier=TRUE["tier"].map(dict(zip("ABCD", "DCBA", strict=True))))
    found = forward_frame(turned)
    assert row(found, "forward rate", "tier B")["verdict"] == "alarm"
    assert "less often than tier C" in row(found, "forward rate", "tier B")["advice"]


def test_months_and_who_was_worked_are_told_apart():
    found = forward_frame(TRUE)
    parts = set(found.loc[found["check"] == "forward rate", "part"])
    assert {"2026-03", "2026-04", "worked", "not worked"} <= parts
    assert (
        row(found, "forward rate", "worked")["rows"]
        + row(found, "forward rate", "not worked")["rows"]
        == 3000
    )


def test_where_nobody_knows_who_was_worked_nothing_is_said_of_it():
    found = forward_frame(TRUE.assign(worked=pd.array([pd.NA] * 3000, dtype="boolean")))
    assert not set(found["part"]) & {"worked", "not worked"}


def test_leads_whose_time_has_not_come_are_counted_and_not_judged():
    waiting = given(500, seed=9).assign(state="not due", outcome=pd.NA)
    waiting["outcome"] = waiting["outcome"].astype("boolean")
    both = pd.concat([TRUE, waiting], ignore_index=True)
    found = forward_frame(both)
    assert row(found, "scores", "not due")["value"] == 500
    assert row(found, "scores", "judged")["value"] == 3000
    assert row(found, CALIBRATION) == row(forward_frame(TRUE), CALIBRATION)
    alone = forward_frame(waiting)
    assert set(alone["check"]) == {"scores"}


def test_held_out_leads_stand_beside_the_written_ones():
    found = forward_frame(given(6000, held_out=0.3))
    held, written = (row(found, "forward roc_auc", part) for part in ("held out", "written"))
    assert held["rows"] + written["rows"] == 6000
    assert row(found, "feedback")["verdict"] == "ok"


def test_scores_that_make_themselves_come_true_are_found_by_the_held_out_leads():
    found = row(forward_frame(given(8000, held_out=0.3, lift=2.0)), "feedback")
    assert found["value"] == pytest.approx(2, abs=0.5)
    assert found["low"] > 1
    assert "held-out" in found["advice"]


def test_without_held_out_leads_nothing_is_said_of_feedback():
    assert "feedback" not in set(forward_frame(TRUE)["check"])


def test_a_handful_of_conversions_is_too_few_to_judge():
    few = TRUE.head(40)
    found = forward_frame(few, promised=promised(0.99, 0.98))
    assert few["outcome"].sum() < 10
    assert row(found, "forward roc_auc")["verdict"] == "too few"


def test_models_are_judged_each_by_its_own_scores():
    both = pd.concat([TRUE, given(seed=3, model="bbbb", ranked=False)], ignore_index=True)
    found = forward_frame(both)
    one, other = (found[found["model"] == name] for name in ("aaaa", "bbbb"))
    assert row(one, CALIBRATION) == row(forward_frame(TRUE), CALIBRATION)
    assert row(other, "forward roc_auc")["low"] < 0.5


def test_the_check_does_not_depend_on_the_order_of_the_rows():
    mixed = TRUE.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(forward_frame(mixed), forward_frame(TRUE))


def test_no_scores_give_an_empty_frame_of_the_same_types():
    empty = forward_frame(TRUE.head(0))
    assert empty.empty
    assert empty["rows"].dtype == "Int64"
