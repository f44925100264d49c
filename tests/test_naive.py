"""A naive reading promises what it cannot deliver; the table shows both, on one half."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leadscore.errors import DataError
from leadscore.naive import compare_naive

NOW = pd.Timestamp("2026-06-01", tz="UTC")


def _readings(n: int = 600) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return predictions, values of then and values of today; revenue comes with the outcome."""
    rng = np.random.default_rng(4)
    seats = rng.normal(size=n)
    won = rng.random(n) < 1 / (1 + np.exp(1.5 - seats))
    about = {"contact_id": [f"{i:04}" for i in range(n)], "outcome": pd.array(won, "boolean")}
    naive = pd.DataFrame(
        {**about, "snapshot_at": NOW, "seats": seats, "revenue": np.where(won, 100.0, np.nan)}
    )
    naive.attrs = {"history": False, "not_features": ()}
    data = pd.DataFrame({**about, "snapshot_at": NOW - pd.Timedelta(days=90), "seats": seats})
    data.attrs = {"history": True}
    predictions = data[["contact_id", "snapshot_at", "outcome"]].copy()
    predictions["probability"] = 1 / (1 + np.exp(1.5 - seats))
    predictions.attrs = {"protocol": "temporal_holdout", "reference_rate": 0.2}
    return predictions, data, naive


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return compare_naive(*_readings())


def test_what_comes_with_the_outcome_promises_everything_and_delivers_nothing(found):
    promised, delivered, ours = found["roc_auc"]
    assert promised == 1.0
    assert delivered < 0.6 < ours


def test_all_three_are_about_the_same_contacts(found):
    assert len(set(found["conversions"])) == 1
    assert found["rows"].between(200, 400).all()
    assert (found["low"] <= found["roc_auc"]).all()
    assert (found["roc_auc"] <= found["high"]).all()


def test_the_same_seed_gives_the_same_table(found):
    pd.testing.assert_frame_equal(compare_naive(*_readings()), found)


def test_a_property_that_only_today_has_is_missing_then_whatever_its_type():
    predictions, data, naive = _readings()
    naive["closed"] = NOW.tz_convert("UTC")
    naive["stage"] = pd.Series("won", index=naive.index, dtype="str")
    naive.attrs = {"history": False}
    assert compare_naive(predictions, data, naive)["roc_auc"].notna().all()


def test_two_frames_of_one_reading_are_refused():
    predictions, data, naive = _readings()
    with pytest.raises(DataError, match="values of then with values of today"):
        compare_naive(predictions, naive, naive)
    with pytest.raises(DataError, match="values of then with values of today"):
        compare_naive(predictions, data, data)
