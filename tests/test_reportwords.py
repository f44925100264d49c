"""The report's words say what the figures say, and nothing when there are none."""

import numpy as np
import pandas as pd
import pytest

from leadscore.evaluation import measure
from leadscore.ledger import STATES
from leadscore.reportwords import (
    calibration_words,
    figure_rows,
    key_figures,
    reason_words,
    shown,
    verdict,
    writeback_rows,
    writeback_words,
)

ALL = [
    *("roc_auc", "average_precision", "lift_top_decile", "brier_skill", "ece", "log_loss"),
    *("recall_top_decile", "recall_top_half", "base_rate"),
    *("lift_top_twentieth", "lift_top_fifth", "lift_top_half"),
    *("recall_top_twentieth", "recall_top_fifth"),
    *("flagged_share", "flagged_recall", "very_good_to_low"),
]


def evaluation(*, signal: bool = True, **values: tuple[float, float, float]) -> pd.DataFrame:
    rows = [(metric, *three) for metric, three in values.items()]
    frame = pd.DataFrame(rows, columns=["metric", "value", "low", "high"])
    frame.attrs = {"signal": signal, "protocol": "temporal_holdout", "test_rows": 100}
    return frame


def test_every_metric_is_explained() -> None:
    rows = figure_rows(evaluation(**dict.fromkeys(ALL, (0.5, 0.4, 0.6))))
    assert len(rows) == len(ALL)
    assert all(len(row.meaning) > 20 and "_" not in row.name for row in rows)


def test_every_metric_that_is_measured_has_its_words() -> None:
    rows = pd.DataFrame(
        {
            "contact_id": [str(n) for n in range(200)],
            "outcome": [True, False] * 100,
            "probability": np.linspace(0.1, 0.9, 200),
        }
    )
    rows.attrs = {"protocol": "temporal_holdout", "reference_rate": 0.5}
    found = figure_rows(measure(rows))
    assert len({row.name for row in found}) == len(found) > 15
    assert all(row.meaning for row in found)


def test_the_verdicts_sentence_is_said_and_made_visible() -> None:
    frame = evaluation(roc_auc=(0.9, 0.8, 0.95))
    frame.attrs["verdict"] = "There is a\u202e usable signal."
    words = " ".join(verdict(frame, None, written=True)["sentences"])
    assert "There is a\ufffd usable signal." in words


def test_an_unknown_metric_is_shown_by_its_own_name() -> None:
    (row,) = figure_rows(evaluation(psi=(0.1, np.nan, np.nan)))
    assert row[:3] == ("psi", "0.100", "")


def test_a_share_is_written_in_per_cent_and_its_unit_once() -> None:
    (row,) = figure_rows(evaluation(recall_top_half=(0.814, 0.8, 0.829)))
    assert (row.value, row.interval) == ("81.4 %", "80.0 to 82.9 %")


def test_what_was_not_measured_is_no_key_figure_and_no_number() -> None:
    nothing = evaluation(roc_auc=(np.nan, np.nan, np.nan))
    assert key_figures(nothing) == []
    assert figure_rows(nothing)[0].value == "none"
    assert "could not be measured" in " ".join(verdict(nothing, None, written=False)["sentences"])


def test_the_verdict_counts_pairs_and_gives_the_interval() -> None:
    found = verdict(
        evaluation(roc_auc=(0.764, 0.753, 0.774), lift_top_decile=(3.24, 3.02, 3.41)),
        "y is yes",
        written=True,
    )
    words = " ".join(found["sentences"])
    assert "in 76 of 100 pairs (95 % interval 75 to 77; chance is 50)" in words
    assert "3.2 times as often as the average (95 % interval 3.0 to 3.4)" in words
    assert found["sentences"][0] == "The goal: y is yes."


@pytest.mark.parametrize(
    ("written", "says"), [(False, "nothing was written"), (True, "written all the same")]
)
def test_no_signal_is_said_first_with_what_followed(written: bool, says: str) -> None:
    found = verdict(evaluation(signal=False, roc_auc=(0.51, 0.48, 0.54)), None, written=written)
    assert found["signal"] is False
    assert found["headline"].startswith("No usable signal")
    assert says in found["sentences"][-1]


def test_a_verdict_without_a_known_signal_is_no_signal() -> None:
    frame = evaluation(roc_auc=(0.9, 0.8, 0.95))
    frame.attrs = {}
    assert verdict(frame, None, written=False)["signal"] is False


@pytest.mark.parametrize(
    ("promised", "says"),
    [
        (0.1, "promised 10.0 %, and 30.0 % converted (95 % interval 27.2 to 32.9)"),
        (0.1, "The probabilities were too low for these leads"),
        (0.5, "The probabilities were too high for these leads"),
        (0.3, "On the whole the probabilities held."),
    ],
)
def test_a_promise_that_was_not_kept_is_said_in_words(promised: float, says: str) -> None:
    rows = pd.DataFrame(
        {
            "contact_id": [str(n) for n in range(1001)],
            "outcome": pd.array([True] * 300 + [False] * 700 + [pd.NA], dtype="boolean"),
            "probability": promised,
        }
    )
    assert says in calibration_words(rows)


def test_without_a_known_outcome_nothing_is_said_of_promises() -> None:
    rows = pd.DataFrame(
        {"contact_id": ["1"], "outcome": pd.array([pd.NA], "boolean"), "probability": [0.2]}
    )
    assert calibration_words(rows) == ""


def test_reasons_name_property_value_and_contribution() -> None:
    reasons = [
        {"property": "n", "value": 1234.0, "contribution": 0.5},
        {"property": "topics", "value": ["a", "b"], "contribution": -0.25},
        {"property": "gone", "value": None, "contribution": -0.1},
    ]
    assert reason_words(reasons, {"n": "Visits"}) == [
        "Visits: 1,234 (+0.50)",
        "topics: a, b (-0.25)",
        "gone: none (-0.10)",
    ]


@pytest.mark.parametrize("nothing", [None, [], np.nan, "text", pd.NA])
def test_no_reasons_are_no_words(nothing: object) -> None:
    assert reason_words(nothing, {}) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (pd.Timestamp("2026-03-01", tz="UTC"), "2026-03-01"),
        (pd.Timestamp("2026-03-01 14:05", tz="UTC"), "2026-03-01 14:05"),
        (pd.NaT, "none"),
        (pd.NA, "none"),
        (float("nan"), "none"),
        (np.int64(5), "5"),
        (np.bool_(False), "no"),
        (0.000012, "1.2e-05"),
        (123456.78, "123,457"),
        ({"A": 3}, "A: 3"),
        ([], "none"),
        (np.array(["a"]), "a"),
        ("\x1b[31m", "\ufffd[31m"),
        (float("inf"), "inf"),
    ],
)
def test_any_value_is_written_as_one_would_write_it(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_write_back_shows_all_six_states_and_their_sum() -> None:
    counts = {"changes": 10, "written": 7, "conflict": 2, "missing": 1, "verified": 7}
    rows = writeback_rows(counts)
    assert [row["state"] for row in rows] == list(STATES)
    assert sum(row["count"] for row in rows) == 10
    words = writeback_words(counts, evaluation())
    assert words.startswith("Every one of the 10 contacts in the plan is accounted for; 7 were")


def test_a_sum_that_does_not_fit_is_called_out() -> None:
    words = writeback_words({"changes": 10, "written": 7}, evaluation())
    assert words.startswith("Attention: 7 of the 10 contacts")


@pytest.mark.parametrize("signal", [True, False])
def test_nothing_written_says_so_and_why(signal: bool) -> None:
    words = writeback_words(None, evaluation(signal=signal))
    assert words.startswith("Nothing was written")
    assert ("no usable signal" in words) is not signal
