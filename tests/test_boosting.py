import sys

import numpy as np
import pandas as pd
import pytest
from leadframes import leads, with_attrs
from panels import panel

from leadscore import boosting, features
from leadscore.bins import Bins
from leadscore.errors import DataError, UsageError
from leadscore.model import load_model
from leadscore.training import train

TYPES = {"age": "number", "flat": "number", "opted": "bool", "source": "level"}


def rows(n=1200, seed=0):
    """Return a frame in which an interaction matters, outcomes, and three rows per contact."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(n) < 0.1, np.nan, rng.uniform(0, 90, n)),
            "flat": np.ones(n),
            "opted": rng.choice([0.0, 1.0, np.nan], n),
            "source": pd.Series(
                rng.choice(["web", "fair", None], n, p=[0.5, 0.4, 0.1]), dtype="str"
            ),
        }
    )
    turn = np.where(frame["source"] == "web", 1, -1)
    logit = -1 + turn * (frame["age"].fillna(45) - 45) / 20 + 0.8 * (frame["opted"] == 1)
    outcome = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    return frame, outcome, np.arange(n) // 3


@pytest.fixture(scope="module")
def fitted():
    pytest.importorskip("interpret")
    frame, outcome, contacts = rows()
    bins = Bins().fit(frame)
    machine = boosting.boost(bins, frame, outcome, contacts)
    return machine, bins, boosting.as_pipeline(machine, bins, frame)


def strangers(n=500):
    """Return rows with levels and numbers that were never seen."""
    frame = rows(n, seed=7)[0]
    frame.loc[::7, "source"] = "never seen"
    frame.loc[::5, "age"] = 1e6
    frame.loc[1::5, "age"] = -1e6
    frame.loc[::11, "flat"] = [3.0 if i % 2 else np.nan for i in range(len(frame.loc[::11]))]
    return frame


@pytest.mark.parametrize("frame", [rows()[0], strangers()], ids=["learnt from", "strangers"])
def test_the_pipelines_logits_are_the_machines_own(fitted, frame):
    machine, bins, pipeline = fitted
    own = machine.predict_proba(boosting.coded(bins, frame))[:, 1]
    assert np.ptp(own) > 0.5
    logits = pipeline.decision_function(frame)
    assert np.abs(logits - np.log(own / (1 - own))).max() < 1e-9
    assert np.abs(pipeline.predict_proba(frame)[:, 1] - own).max() < 1e-12


def test_the_pairs_are_in_it(fitted):
    machine, _, pipeline = fitted
    block = pipeline[0].named_transformers_["bins"]
    pairs = [term for term in machine.term_features_ if len(term) == 2]
    assert block.pairs_ == pairs
    assert (0, 3) in pairs
    sources = np.array([str(source) for source in block.sources_])
    assert np.abs(pipeline[-1].coef_[0][sources == "(0, 3)"]).max() > 0.5


def test_a_contact_is_learnt_from_or_tells_when_to_stop_but_not_both():
    _, outcome, contacts = rows()
    bags = boosting._bags(outcome, contacts, 0)
    for bag in bags.T:
        assert not set(contacts[bag > 0]) & set(contacts[bag < 0])
        assert (bag < 0).mean() == pytest.approx(boosting.HELD_OUT, abs=0.01)
    assert len({tuple(bag) for bag in bags.T}) == boosting.BAGS


def test_contacts_with_the_rarer_outcome_are_in_both_parts_of_each_bag():
    outcome = np.array([1] * 8 + [0] * 392)
    bags = boosting._bags(outcome, np.arange(400), 0)
    assert all(0 < (bag[:8] < 0).sum() < 8 for bag in bags.T)


def test_contacts_that_all_convert_in_the_end_can_be_learnt_from():
    outcome = np.array([0, 0, 0, 1] * 50)
    bags = boosting._bags(outcome, np.arange(200) // 4, 0)
    assert ((bags < 0).sum(axis=0) == 32).all()


def test_too_few_conversions_to_tell_when_to_stop_are_refused():
    with pytest.raises(DataError, match="Only 1 contacts converted"):
        boosting._bags(np.array([1, 1] + [0] * 98), np.arange(100) // 2, 0)


def test_without_the_extra_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "interpret.glassbox", None)
    with pytest.raises(UsageError, match=r'pip install "leadscore\[ebm\]"'):
        train(leads(), learner="ebm")


@pytest.fixture(scope="module")
def model():
    pytest.importorskip("interpret")
    return train(leads(), learner="ebm")


def test_a_challenger_ranks_new_leads_and_its_contributions_add_up(model):
    from leadscore import metrics

    fresh = leads(3000, seed=8)
    said = model.probability(fresh)
    assert metrics.roc_auc(fresh["outcome"], said) > 0.7
    assert metrics.ece(fresh["outcome"], said) < 0.04
    parts = model.contributions(fresh)
    logits = model.pipeline.decision_function(model.prepared(fresh))
    assert np.abs(model.base + parts.sum(axis=1) - logits).max() < 1e-9
    assert list(parts.columns) == list(model.terms)
    assert {"visits", "source"} < set(model.terms)


def test_a_challengers_card_says_what_it_is(model):
    assert model.card["recipe"]["learner"] == "ebm"
    assert model.card["strength"] is None
    assert model.card["versions"]["interpret-core"]
    assert "interpret-core" not in train(leads()).card["versions"]
    assert model.card["recalibration"]["method"] == "newest_block"
    named = {
        " & ".join(sorted({n.partition(":")[0] for n in pair})) for pair in model.card["pairs"]
    }
    assert named <= set(model.terms)
    assert len(named) > 1


def test_a_challenger_is_read_without_the_extra(model, tmp_path, monkeypatch):
    data = leads(300, seed=9)
    folder = model.save(tmp_path / "one")
    monkeypatch.setitem(sys.modules, "interpret", None)
    again = load_model(folder)
    assert again.card == model.card
    assert again.probability(data).tobytes() == model.probability(data).tobytes()


def test_a_challenger_does_not_depend_on_row_order_or_time_zone(model):
    data = leads()
    mixed = data.sample(frac=1, random_state=1)[data.columns[::-1]]
    zoned = mixed.assign(snapshot_at=mixed["snapshot_at"].dt.tz_convert("Pacific/Auckland"))
    again = train(zoned, learner="ebm")
    assert again.id == model.id
    assert again.probability(data).tobytes() == model.probability(data).tobytes()


def test_levels_that_few_contacts_share_are_not_in_the_file(tmp_path):
    pytest.importorskip("interpret")
    data = leads()
    data.loc[data.index[:15], "source"] = "Mr Unique of Smalltown"
    model = train(data, learner="ebm")
    folder = model.save(tmp_path / "one")
    block = model.pipeline[0].named_transformers_["bins"]
    assert not [word for word in block.what_ if "Unique" in word]
    assert "Unique" not in (folder / "card.json").read_text()


def test_several_snapshots_of_a_contact_are_learnt_from():
    pytest.importorskip("interpret")
    model = train(panel(), learner="ebm")
    assert model.card["training"]["contacts"] < model.card["training"]["rows"]
    assert np.isfinite(model.probability(panel(50, seed=3))).all()


def test_the_codes_of_a_prepared_frame_are_those_of_its_bins():
    data = leads()
    chosen = features.select(data)
    prepared = features.prepare(data, chosen.types, options=chosen.options)
    bins = Bins().fit(prepared)
    seen = boosting.coded(bins, prepared)
    place = list(prepared.columns).index("visits")
    assert seen[str(place)].isna().equals(prepared["visits"].isna())
    assert seen[str(place)].max() == bins.sizes_[place] - 1


def test_the_pairs_of_a_pipeline_are_named_by_their_columns(fitted):
    machine, _, pipeline = fitted
    pairs = boosting.pairs_of(pipeline)
    assert ("age", "source") in pairs
    assert len(pairs) == sum(len(term) == 2 for term in machine.term_features_)


def test_a_property_that_does_not_differ_does_not_contribute_differently(model):
    data = leads(200, seed=2)
    parts = model.contributions(data)
    changed = model.contributions(data.assign(source="web"))
    apart = [name for name, term in model.terms.items() if "source" not in term.properties]
    pd.testing.assert_frame_equal(parts[apart], changed[apart])
    assert (changed["source"] == changed["source"].iloc[0]).all()


def test_without_time_the_challenger_is_cross_fitted():
    pytest.importorskip("interpret")
    data = with_attrs(leads(800), time_known=False)
    model = train(data, learner="ebm")
    assert model.card["recalibration"]["method"] == "cross_fitted"
    assert model.probability(data).mean() == pytest.approx(data["outcome"].mean(), abs=1e-6)
