import numpy as np
import pandas as pd
import pytest
from auditframes import honest

from leadscore.together import together

N = 3000


def pairs(columns, outcome, owners=None, limit=0.8):
    prepared = pd.DataFrame(columns)
    names = owners or list(prepared.columns)
    return list(together(prepared, names, outcome.astype(float), limit=limit))


def riddle(seed=0, wrong=0.02):
    rng = np.random.default_rng(seed)
    outcome = rng.random(N) < 0.15
    key = rng.random(N) < 0.5
    leak = key ^ outcome ^ (rng.random(N) < wrong)
    return {"key": key * 1.0, "leak": leak * 1.0, "other": rng.normal(size=N)}, outcome


def test_two_columns_that_tell_the_outcome_only_together_lose_one():
    columns, outcome = riddle()
    (found,) = pairs(columns, outcome)
    assert {found.property, found.other} == {"key", "leak"}
    assert found.without < 0.6 < 0.9 < found.whole


def test_the_one_that_is_useful_alone_stays():
    columns, outcome = riddle()
    columns["key"] = columns["key"] + 2 * (outcome & (np.arange(N) % 3 == 0))
    (found,) = pairs(columns, outcome)
    assert (found.property, found.other) == ("leak", "key")


def test_texts_can_tell_it_together_too():
    columns, outcome = riddle()
    texts = {n: pd.Series(columns[n]).map({0.0: "a", 1.0: "b"}) for n in ("key", "leak")}
    assert len(pairs(columns | texts, outcome)) == 1


def test_a_weak_interaction_is_honest():
    columns, outcome = riddle(wrong=0.35)
    assert pairs(columns, outcome) == []


def test_columns_of_one_property_are_no_pair():
    columns, outcome = riddle()
    assert pairs(columns, outcome, owners=["leak", "leak", "other"]) == []


@pytest.mark.parametrize("n", [100, 400, 4000])
def test_honest_leads_have_no_such_pair(n):
    for seed in range(3):
        data = honest(n, seed=seed)
        columns = data[["visits", "source", "size", "height"]]
        assert pairs(columns, data["outcome"].to_numpy(bool)) == []


def test_columns_without_any_value_do_no_harm():
    columns, outcome = riddle()
    assert len(pairs(columns | {"other": np.full(N, np.nan)}, outcome)) == 1
