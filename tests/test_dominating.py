import numpy as np
import pytest
from auditframes import LEAKS, add, honest, leaky, masked

from leadscore.ablation import Ablation, bin_codes
from leadscore.dominating import DOMINATING, DOMINATING_WITH_HISTORY, SHARE, dominating
from leadscore.features import prepare, prepared_columns, select


def found(frame, limit=DOMINATING):
    chosen = select(frame)
    prepared = prepare(frame, chosen.types, options=chosen.options)
    families = frame.attrs.get("families", {})
    columns = prepared_columns(chosen.types, chosen.options).values()
    names = [families.get(column.property, column.property) for column in columns]
    ablation = Ablation(bin_codes(prepared, names), frame["outcome"].to_numpy("float64"))
    return dominating(ablation, limit=limit)


def names(frame, limit=DOMINATING):
    return {one.property for one in found(frame, limit)}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", sorted(set(LEAKS) - {"category"}))
def test_leaks_of_every_kind_dominate_and_nothing_else_does(kind, seed):
    wanted = {"leak", "leak2"} if kind == "twins" else {"leak"}
    assert names(leaky(kind, seed=seed)) == wanted


def test_a_leak_that_looks_harmless_alone_is_found_and_what_it_hides_under_is_not():
    (only,) = found(masked())
    assert only.property == "leak"
    assert only.alone < 0.75


@pytest.mark.parametrize("rate", [0.03, 0.1, 0.4])
@pytest.mark.parametrize("n", [400, 4000])
def test_honest_leads_have_nothing_that_dominates(n, rate):
    for seed in range(3):
        assert names(honest(n, seed=seed, rate=rate)) == set()


def test_without_a_signal_nothing_dominates():
    assert names(honest(2000, strength=0.0)) == set()


def test_one_strong_honest_property_stays():
    frame = honest(strength=0.2)
    outcome = frame["outcome"].to_numpy(float)
    strong = outcome * 1.1 + np.random.default_rng(5).normal(0, 1, len(frame))
    assert names(add(frame, strong=strong)) == set()


def test_what_is_strong_among_others_that_are_strong_stays():
    frame, rng = honest(strength=0.2), np.random.default_rng(5)
    outcome = frame["outcome"].to_numpy(float)
    shifts = {"first": 1.6, "second": 1.3, "third": 1.3, "fourth": 1.3}
    columns = {n: shift * outcome + rng.normal(size=len(frame)) for n, shift in shifts.items()}
    assert names(add(frame, **columns)) == set()


def test_two_strong_honest_properties_that_go_together_stay():
    frame, rng = honest(strength=0.2), np.random.default_rng(5)
    shared = frame["outcome"].to_numpy(float) * 1.1 + rng.normal(0, 0.9, len(frame))
    columns = {name: shared + rng.normal(0, 0.4, len(frame)) for name in ("opens", "clicks")}
    assert names(add(frame, **columns)) == set()


def test_history_asks_for_more():
    frame = leaky("mostly zero")
    assert names(frame) == {"leak"}
    assert names(frame, DOMINATING_WITH_HISTORY) == set()


def test_what_is_said_are_the_figures_of_the_comparison():
    (one,) = found(leaky("after the call"))
    assert one.whole > one.without > 0.5
    assert one.share >= SHARE
    assert one.aside == ()
    first = found(leaky("twins"))[0]
    assert first.aside == ({"leak": ("leak2",), "leak2": ("leak",)}[first.property])
