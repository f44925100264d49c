import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadframes import leads, with_attrs

from leadscore import metrics
from leadscore.comparing import compare, judge
from leadscore.errors import ModelError
from leadscore.evaluation import backtest
from leadscore.training import train

DATA = leads()
GOOD = train(DATA)
POOR = train(DATA, drop=["visits", "last_open"])
BOTH = compare(GOOD, POOR, DATA)


def figure(compared, metric):
    return compared.set_index("metric").loc[metric]


def test_the_figures_are_those_of_each_models_own_backtest():
    for model, side in ((GOOD, "first"), (POOR, "second")):
        tested = backtest(model, DATA)
        wanted = metrics.roc_auc(tested["outcome"], tested["probability"])
        assert figure(BOTH, "roc_auc")[side] == pytest.approx(wanted)
        skill = metrics.brier_skill(
            tested["outcome"], tested["probability"], reference=tested.attrs["reference_rate"]
        )
        assert figure(BOTH, "brier_skill")[side] == pytest.approx(skill, abs=1e-3)


def test_a_model_is_not_different_from_itself():
    same = compare(GOOD, GOOD, DATA)
    assert (same[["difference", "low", "high"]] == 0).all(axis=None)
    assert judge(same)["passed"].all()


def test_the_interval_of_a_difference_is_narrower_than_the_models_own_intervals():
    tested = backtest(GOOD, DATA)
    low, high = metrics.bootstrap(metrics.roc_auc, tested["outcome"], tested["probability"])
    close = compare(GOOD, train(DATA, drop=["opted_in"]), DATA)
    row = figure(close, "roc_auc")
    assert row["low"] <= row["difference"] <= row["high"]
    assert row["high"] - row["low"] < (high - low) / 2


def test_turned_round_the_difference_changes_its_sign_and_nothing_else():
    back = compare(POOR, GOOD, DATA)
    columns = ["difference", "high", "low"]
    there = BOTH[["difference", "low", "high"]].to_numpy()
    # The reference rate is the first model's, and both have learnt from the same rows.
    assert np.allclose(-back[columns].to_numpy(), there, atol=1e-9)


def test_the_comparison_does_not_depend_on_the_order_of_the_rows():
    again = compare(GOOD, POOR, with_attrs(DATA.sample(frac=1, random_state=3)))
    pd.testing.assert_frame_equal(again, BOTH)


def test_a_model_without_what_matters_is_not_promoted_over_one_that_has_it():
    assert not judge(BOTH)["passed"].all()
    assert judge(compare(POOR, GOOD, DATA))["passed"].all()


def test_two_models_of_two_goals_are_not_compared():
    other = train(with_attrs(DATA, goal="opportunity"))
    with pytest.raises(ModelError, match="predicts"):
        compare(GOOD, other, DATA)


def figures(gini, skill, *, signal=True):
    """Return two compared models by their Gini and Brier skill, the live one's first."""
    rows = {"roc_auc": [(g + 1) / 2 for g in gini], "gini": gini, "brier_skill": skill}
    found = pd.DataFrame(rows).T.reset_index()
    found.columns = ["metric", "first", "second"]
    found.attrs = {"signal": signal}
    return found


def passed(compared):
    return judge(compared).set_index("guard")["passed"].to_dict()


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(-0.5, 1.1), st.floats(-0.5, 1.1))
def test_both_skills_must_keep_95_percent_of_the_live_ones(gini, skill, ranked, said):
    found = passed(figures((gini, gini * ranked), (skill, skill * said)))
    assert found["worse_ranking"] == (gini * ranked >= 0.95 * gini)
    assert found["worse_probability"] == (skill * said >= 0.95 * skill)


def test_against_a_live_model_without_skill_it_is_enough_to_be_no_worse():
    assert passed(figures((0.3, 0.3), (-0.1, -0.1)))["worse_probability"]
    assert passed(figures((0.3, 0.3), (-0.1, 0.0)))["worse_probability"]
    assert not passed(figures((0.3, 0.3), (-0.1, -0.11)))["worse_probability"]


def test_a_skill_that_cannot_be_had_is_not_enough():
    assert not passed(figures((0.3, float("nan")), (0.1, 0.1)))["worse_ranking"]


def test_without_a_signal_it_is_not_promoted_however_poor_the_live_one():
    assert not passed(figures((-0.2, 0.1), (-1, 0), signal=False))["no_signal"]
