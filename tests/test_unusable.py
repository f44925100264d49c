import numpy as np
import pandas as pd

from leadscore.features import select
from leadscore.snapshotfacts import KEYS
from leadscore.unusable import unusable

N = 400


def verdicts(families=None, **columns):
    data = pd.DataFrame(
        {
            "contact_id": [f"{i:04d}" for i in range(N)],
            "snapshot_at": pd.Timestamp("2026-01-01", tz="UTC"),
            "outcome": True,
            **columns,
        }
    )
    owners = {n: (families or {}).get(n, n) for n in data if n not in KEYS}
    return {(f.property, f.check): f.verdict for f in unusable(data, select(data), owners)}


def test_a_constant_is_advice_and_one_with_gaps_is_none():
    assert verdicts(a=1.0) == {("a", "constant"): "advice"}
    assert verdicts(a=np.where(np.arange(N) % 2, 1.0, np.nan)) == {}


def test_a_property_is_empty_when_all_of_its_columns_are():
    parts = {"a": np.nan, "a__30d": np.arange(N) % 3 * 1.0}
    assert verdicts(families={"a__30d": "a"}, **parts) == {}
    both = parts | {"a__30d": np.nan}
    assert verdicts(families={"a__30d": "a"}, **both) == {("a", "nothing to learn"): "exclude"}


def test_a_constant_property_whose_growth_differs_is_none():
    assert verdicts(families={"a__30d": "a"}, a=1.0, a__30d=np.arange(N) % 3 * 1.0) == {}


def test_running_numbers_are_identifiers_in_any_order():
    ids = np.random.default_rng(0).permutation(N) + 1000.0
    assert verdicts(number=ids) == {("number", "identifier"): "exclude"}


def test_long_numbers_with_gaps_are_advice():
    ids = np.random.default_rng(0).integers(10**9, 10**11, N).astype(float)
    assert verdicts(number=ids) == {("number", "nearly unique"): "advice"}


def test_measurements_are_no_identifiers():
    rng = np.random.default_rng(0)
    assert verdicts(revenue=rng.lognormal(10, 2, N).round(2), visits=rng.poisson(9, N) * 1.0) == {}


def test_lists_are_not_compared():
    assert verdicts(boxes=[["a", "b"]] * N) == {}
