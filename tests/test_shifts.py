import numpy as np
import pandas as pd

from leadscore.shifts import on_both_sides, shifting

N = 1000
DAYS = pd.Series(pd.date_range("2026-01-01", periods=N, freq="D", tz="UTC"))


def frame(**columns):
    data = pd.DataFrame({"contact_id": [f"{i:04d}" for i in range(N)], "snapshot_at": DAYS})
    return data.assign(**columns)


def checks(data, horizon=None):
    data.attrs["horizon_days"] = horizon
    return {(f.property, f.check): f.evidence for f in on_both_sides(data)}


def test_what_shifts_is_found_and_what_does_not_is_not():
    rng = np.random.default_rng(0)
    late = np.arange(N) >= 700
    prepared = pd.DataFrame(
        {
            "same": rng.normal(size=N),
            "moved": rng.normal(size=N) + late,
            "gone": np.where(late, np.nan, rng.normal(size=N)),
            "new": pd.Series(np.where(late & (rng.random(N) < 0.5), "b", "a"), dtype="str"),
        }
    )
    found = {f.property: f.verdict for f in shifting(prepared, list(prepared), DAYS)}
    assert found == {"moved": "advice", "gone": "advice", "new": "advice"}


def test_few_rows_or_one_time_tell_nothing_about_drift():
    prepared = pd.DataFrame({"moved": np.arange(N) * 1.0})
    assert list(shifting(prepared[:150], ["moved"], DAYS[:150])) == []
    assert list(shifting(prepared, ["moved"], DAYS.where(DAYS.isna(), DAYS[0]))) == []


def test_the_same_person_on_both_sides_is_said():
    assert checks(frame()) == {}
    twice = checks(frame(contact_id=[f"{i % 500:04d}" for i in range(N)]))
    assert "200 contacts" not in twice["contact_id", "on both sides"]
    assert "300 contacts" in twice["contact_id", "on both sides"]


def test_the_same_company_on_both_sides_is_said():
    data = frame(associatedcompanyid=pd.Series([f"{i % 50}" for i in range(N)], dtype="str"))
    assert "50 companies" in checks(data)["associatedcompanyid", "on both sides"]


def test_outcomes_that_were_not_known_in_time_are_said():
    told = checks(frame(), horizon=70)
    assert "10%" in told["snapshot_at", "time overlap"]
    assert checks(frame(), horizon=0) == {}


def test_a_horizon_longer_than_the_data_loses_all_older_rows():
    assert "100%" in checks(frame(), horizon=5000)["snapshot_at", "time overlap"]


def test_one_time_for_all_cannot_be_split():
    assert checks(frame(snapshot_at=DAYS[0])) == {}
