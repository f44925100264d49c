"""The figures behind the pictures agree with the metrics, and their intervals with theory."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore import metrics
from leadscore.curves import calibration_bins, gains_curve, lift_by_tenth, tier_summary, wilson
from leadscore.errors import DataError


def predictions(n: int = 2000, *, seed: int = 0, contacts: int | None = None) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    said = 1 / (1 + np.exp(-rng.normal(-1.5, 1, n))).round(3)
    return pd.DataFrame(
        {
            "contact_id": (np.arange(n) % (contacts or n)).astype(str),
            "outcome": pd.array(rng.random(n) < said, dtype="boolean"),
            "probability": said,
        }
    )


def test_the_gains_curve_is_the_recall_metric_at_every_share() -> None:
    rows = predictions()
    curve = gains_curve(rows, points=11, n=20)
    for share, reached in zip(curve["share"], curve["reached"], strict=True):
        expected = metrics.recall_at(rows["outcome"].astype(float), rows["probability"], share)
        assert reached == pytest.approx(expected)


def test_the_first_tenth_is_the_lift_metric_and_all_average_one() -> None:
    rows = predictions()
    found = lift_by_tenth(rows, n=20)
    expected = metrics.lift(rows["outcome"].astype(float), rows["probability"], 0.1)
    assert found["lift"][0] == pytest.approx(expected)
    assert found["lift"].mean() == pytest.approx(1)


def test_equal_probabilities_give_the_diagonal_whatever_the_order_of_the_rows() -> None:
    rows = predictions().assign(probability=0.3).sort_values("outcome", ascending=False)
    curve = gains_curve(rows, points=5, n=10)
    assert curve["reached"].to_numpy() == pytest.approx(curve["share"].to_numpy())


def test_the_band_holds_the_curve_and_is_the_same_for_the_same_seed() -> None:
    curve = gains_curve(predictions())
    assert (curve["low"] <= curve["reached"] + 0.01).all()
    assert (curve["reached"] <= curve["high"] + 0.01).all()
    pd.testing.assert_frame_equal(curve, gains_curve(predictions()))


def test_rows_of_one_contact_count_as_one_draw_so_the_band_is_wider() -> None:
    few = predictions(200)
    many = pd.concat([few] * 10, ignore_index=True)
    alone = many.assign(contact_id=np.arange(len(many)).astype(str))

    def width(rows: pd.DataFrame) -> float:
        curve = gains_curve(rows)
        return float((curve["high"] - curve["low"]).mean())

    assert width(many) > 2 * width(alone)
    assert width(many) == pytest.approx(width(few), rel=0.15)


def test_rows_without_a_known_outcome_do_not_count() -> None:
    rows = predictions()
    unknown = rows.assign(outcome=pd.array([pd.NA] * len(rows), dtype="boolean"), probability=1.0)
    both = pd.concat([rows, unknown], ignore_index=True)
    pd.testing.assert_frame_equal(gains_curve(rows, n=10), gains_curve(both, n=10))
    pd.testing.assert_frame_equal(calibration_bins(rows), calibration_bins(both))


@pytest.mark.parametrize("outcome", [False, pd.NA])
@pytest.mark.parametrize("figure", [gains_curve, lift_by_tenth, calibration_bins])
def test_without_a_conversion_there_is_nothing_to_draw(figure, outcome) -> None:
    rows = predictions(50).assign(outcome=pd.array([outcome] * 50, dtype="boolean"))
    with pytest.raises(DataError, match=r"None of the .* test leads converted"):
        figure(rows)


def test_calibration_bins_hold_all_rows_in_groups_of_one_size() -> None:
    found = calibration_bins(predictions(1000), bins=10)
    assert found["rows"].sum() == 1000
    assert found["rows"].between(80, 120).all()
    assert found["probability"].is_monotonic_increasing
    assert (found["low"] <= found["rate"]).all()
    assert (found["rate"] <= found["high"]).all()


def test_equal_probabilities_share_one_bin() -> None:
    rows = predictions(400).assign(probability=[0.1] * 300 + [0.4] * 100)
    found = calibration_bins(rows)
    assert found["probability"].tolist() == pytest.approx([0.1, 0.4])


def test_a_single_probability_for_all_is_one_bin() -> None:
    assert len(calibration_bins(predictions(100).assign(probability=0.2))) == 1


def test_snapshots_of_one_contact_do_not_narrow_the_interval() -> None:
    once = predictions(100).assign(probability=0.2)
    often = pd.concat([once] * 9, ignore_index=True)
    for bound in ("low", "high"):
        assert calibration_bins(often)[bound][0] == pytest.approx(calibration_bins(once)[bound][0])


@given(st.integers(1, 10_000), st.data())
def test_a_wilson_interval_holds_the_share_and_stays_within_0_and_1(
    n: int, data: st.DataObject
) -> None:
    rate = data.draw(st.integers(0, n)) / n
    low, high = wilson(np.array([rate]), np.array([n]))
    assert 0 <= low[0] <= rate + 1e-9
    assert rate - 1e-9 <= high[0] <= 1


def test_wilson_agrees_with_the_published_example() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263.
    low, high = wilson(np.array([81 / 263]), np.array([263]))
    assert (round(float(low[0]), 4), round(float(high[0]), 4)) == (0.2553, 0.3662)


def test_a_tier_is_expected_to_convert_the_sum_of_its_probabilities() -> None:
    scores = pd.DataFrame(
        {"tier": ["B", "A", "A", "reached", None], "probability": [0.1, 0.5, 0.7, 0.99, 0.5]}
    )
    found = tier_summary(scores)
    assert found.index.tolist() == ["A", "B"]
    assert found.loc["A", "expected"] == pytest.approx(1.2)
    assert found.loc["A", "rate"] == pytest.approx(0.6)
    assert found["leads"].tolist() == [2, 1]


def test_a_tiers_range_holds_95_of_100_futures() -> None:
    rng = np.random.default_rng(0)
    said = rng.uniform(0.05, 0.4, 400)
    found = tier_summary(pd.DataFrame({"tier": "A", "probability": said})).loc["A"]
    futures = (rng.random((4000, 400)) < said).mean(axis=1)
    assert np.mean((futures >= found["low"]) & (futures <= found["high"])) == pytest.approx(
        0.95, abs=0.02
    )


def test_no_scores_give_no_tiers() -> None:
    empty = pd.DataFrame({"tier": pd.Series(dtype="str"), "probability": pd.Series(dtype=float)})
    assert tier_summary(empty).empty
