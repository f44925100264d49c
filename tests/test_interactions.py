import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from leadscore.interactions import MOST_PAIRS, screened


def market(n=6000, *, together=1.2, seed=0, snapshots=1):
    """Return rows in which industry and interest act together, and the chance without that."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "industry": rng.choice(["food", "steel", "paper"], n),
            "interest": rng.choice(["a", "b", "c"], n),
            "country": rng.choice(["de", "fr", "it", "es"], n),
            "visits": rng.poisson(3, n).astype(float),
        }
    ).astype({"industry": "str", "interest": "str", "country": "str"})
    fits = (frame["industry"] == "food") == (frame["interest"] == "a")
    mains = -2 + 0.3 * (frame["visits"] - 3)
    happened = rng.random(n) < expit(mains + together * (2 * fits - 1))
    said = expit(mains + together * (fits.mean() * 2 - 1))
    rows = np.repeat(np.arange(n), snapshots)
    return (
        frame.iloc[rows].reset_index(drop=True),
        happened.to_numpy()[rows].astype(np.int64),
        np.full(len(rows), happened.mean()) if together == 0 else said.to_numpy()[rows],
        rows,
    )


def test_two_columns_that_act_together_are_found_first():
    assert screened(*market())[0] == ("industry", "interest")


def test_what_columns_say_one_by_one_makes_no_pair():
    frame, outcome, said, contacts = market(together=0.0)
    assert screened(frame, outcome, said, contacts) == []


def test_snapshots_of_the_same_contacts_are_no_further_evidence():
    found = [screened(*market(together=0.0, seed=s, snapshots=12)) for s in range(3)]
    assert found == [[], [], []]


def test_columns_of_many_levels_or_one_take_no_part():
    frame, outcome, said, contacts = market()
    frame = frame.assign(town=[f"town {i % 40}" for i in range(len(frame))], same="x").astype(
        {"town": "str"}
    )
    assert {name for pair in screened(frame, outcome, said, contacts) for name in pair} <= {
        *("industry", "interest", "country", "visits")
    }


@pytest.mark.parametrize("seed", range(3))
def test_there_are_at_most_twelve_and_the_order_of_rows_does_not_matter(seed):
    frame, outcome, said, contacts = market(seed=seed)
    mixed = np.random.default_rng(seed).permutation(len(frame))
    again = screened(
        frame.iloc[mixed].reset_index(drop=True), outcome[mixed], said[mixed], contacts[mixed]
    )
    found = screened(frame, outcome, said, contacts)
    assert again == found
    assert len(found) <= MOST_PAIRS
