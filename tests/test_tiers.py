import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson_binom

from leadscore.errors import UsageError
from leadscore.tiers import Cuts, cut, expected_conversions

PROBABILITIES = st.lists(st.sampled_from([0.01, 0.02, 0.1, 0.3, 0.9]), min_size=1, max_size=80).map(
    lambda values: np.sort(values)[::-1]
)
ANY = st.lists(st.floats(0, 1), min_size=1, max_size=150).map(lambda p: np.sort(p)[::-1])


@given(PROBABILITIES, st.one_of(st.none(), st.integers(1, 100)))
def test_tiers_divide_the_ranking_in_order_by_capacity(probability, capacity):
    found, facts = cut(probability, Cuts(capacity))
    tiers = list(found)
    n = len(probability)
    size = capacity or max(1, round(n / 10))
    assert tiers == sorted(tiers)
    assert tiers.count("A") == min(size, n)
    assert tiers.count("B") == min(size, n - tiers.count("A"))
    assert facts["contacts_by_tier"] == {t: tiers.count(t) for t in "ABCD"}
    assert sum(facts["expected_conversions"].values()) == pytest.approx(probability.sum())


@given(PROBABILITIES, st.integers(1, 10))
def test_the_last_tier_holds_at_most_a_twentieth_and_could_hold_no_more(probability, capacity):
    tiers, facts = cut(probability, Cuts(capacity))
    most = 0.05 * probability.sum() + 1e-9
    assert facts["expected_conversions"]["D"] <= most
    last_c = probability[tiers == "C"][-1:]
    assert not len(last_c) or facts["expected_conversions"]["D"] + last_c[0] >= most - 2e-9


@given(ANY, st.floats(0.01, 0.5), st.floats(0.5, 1, exclude_min=True))
def test_by_rate_a_tier_holds_exactly_those_that_are_likely_enough(probability, b, a):
    tiers, facts = cut(probability, Cuts(rates={"A": a, "B": b}))
    assert np.array_equal(tiers == "A", probability >= a)
    assert np.array_equal(tiers == "B", (probability < a) & (probability >= b))
    assert facts["rates"] == {"A": a, "B": b}
    assert facts["ties_at_cut"]["A|B"] == facts["ties_at_cut"]["B|C"] == 0


@given(PROBABILITIES, st.integers(1, 20), st.data())
def test_those_held_out_take_no_place_and_count_nowhere(probability, capacity, data):
    flags = st.lists(st.booleans(), min_size=len(probability), max_size=len(probability))
    held_out = np.array(data.draw(flags))
    tiers, facts = cut(probability, Cuts(capacity), held_out=held_out)
    alone, without = cut(probability[~held_out], Cuts(capacity))
    assert list(tiers[~held_out]) == list(alone)
    assert list(tiers) == sorted(tiers)
    assert facts == without | {"held_out": int(held_out.sum())}


def test_ties_that_a_cut_divides_are_counted():
    probability = np.array([0.9, 0.5, 0.5, 0.5, 0.2, 0.1])
    assert cut(probability, Cuts(2))[1]["ties_at_cut"] == {"A|B": 3, "B|C": 0, "C|D": 0}
    assert cut(probability, Cuts(1))[1]["ties_at_cut"] == {"A|B": 0, "B|C": 3, "C|D": 0}


def test_what_lies_above_each_cut_adds_up():
    probability = np.linspace(0.9, 0.01, 100)
    _, facts = cut(probability, Cuts(10))
    first, second, third = facts["cuts"]
    assert [row["cut"] for row in facts["cuts"]] == ["A|B", "B|C", "C|D"]
    assert (first["contacts"], second["contacts"]) == (10, 20)
    assert first["probability"] == probability[9]
    by_tier = facts["expected_conversions"]
    assert first["expected"] == pytest.approx(by_tier["A"])
    assert third["expected"] == pytest.approx(sum(by_tier[tier] for tier in "ABC"))


def test_a_capacity_beyond_all_contacts_puts_them_into_the_first_tier():
    tiers, facts = cut(np.array([0.5, 0.1, 0.01]), Cuts(50))
    assert list(tiers) == ["A", "A", "A"]
    assert facts["cuts"][2]["contacts"] == 3


def test_one_contact_is_worth_a_call():
    tiers, facts = cut(np.array([0.2]), Cuts())
    assert list(tiers) == ["A"]
    assert facts["capacity"] == 1


def test_contacts_that_are_all_alike_are_cut_all_the_same_and_counted():
    tiers, facts = cut(np.full(40, 0.1), Cuts(10))
    assert "".join(tiers) == "A" * 10 + "B" * 10 + "C" * 18 + "D" * 2
    assert facts["ties_at_cut"] == {"A|B": 40, "B|C": 40, "C|D": 40}


def test_nobody_is_no_tier():
    tiers, facts = cut(np.array([]), Cuts())
    assert len(tiers) == facts["contacts"] == 0
    assert facts["cuts"][0]["probability"] is None


@given(ANY)
def test_the_true_number_of_conversions_lies_in_the_range_in_95_cases_of_100(probability):
    expected, low, high = expected_conversions(probability)
    truth = poisson_binom(probability)
    assert expected == pytest.approx(truth.mean(), abs=1e-9)
    assert truth.cdf(high) - truth.cdf(low - 1) >= 0.95 - 1e-9


@pytest.mark.parametrize(("n", "p"), [(2000, 0.5), (2000, 0.003), (2000, 0.99), (300, 0.1)])
def test_the_range_holds_for_many_contacts_too(n, p):
    _, low, high = expected_conversions(np.full(n, p))
    truth = poisson_binom(np.full(n, p))
    assert truth.cdf(high) >= 0.975 - 1e-3
    assert truth.sf(low - 1) >= 0.975 - 1e-3


def test_the_range_is_no_wider_than_it_must_be():
    probability = np.full(400, 0.1)
    _, low, high = expected_conversions(probability)
    truth = poisson_binom(probability)
    assert truth.cdf(high - 2) - truth.cdf(low + 1) < 0.95


@pytest.mark.parametrize(
    ("capacity", "rates", "said"),
    [
        (0, None, "capacity of 0"),
        (-3, None, "capacity of -3"),
        (5, {"A": 0.2, "B": 0.1}, "not by both"),
        (None, {"A": 0.1, "B": 0.2}, "rates"),
        (None, {"A": 0.2}, "rates"),
        (None, {"A": 20, "B": 10}, "rates"),
        (None, {"A": float("nan"), "B": 0.1}, "rates"),
        (None, {}, "rates"),
    ],
)
def test_cuts_that_make_no_sense_are_refused(capacity, rates, said):
    with pytest.raises(UsageError, match=said):
        Cuts(capacity, rates)
