import pandas as pd
import pytest
from leadframes import leads, with_attrs

from leadscore import evaluation, rules
from leadscore.drifting import drift
from leadscore.errors import GuardError, ModelError
from leadscore.keptmodels import backtest, check_goal, evaluate, is_seen, load, read_card
from leadscore.modellist import models
from leadscore.reference import reference_of
from leadscore.registry import compare_models, load_live, promote, register, roll_back
from leadscore.training import train

DATA = leads()
LEARNT = train(DATA)
evaluation.evaluate(LEARNT, DATA)
POINTS = rules.as_model(
    rules.parse(
        """
        groups:
          Engagement:
            rules:
              - {property: visits, at_least: 4, points: 20}
              - {property: source, any_of: [event], points: 30}
        """
    ),
    DATA,
)


@pytest.fixture
def crm(store):
    for model in (LEARNT, POINTS):
        register(store, model, data=DATA)
    return store


def test_either_kind_is_read_from_its_folder(crm):
    folder = crm.workspace / "models"
    assert load(folder / LEARNT.id).id == LEARNT.id
    kept = load(folder / POINTS.id)
    assert kept.probability(DATA).tolist() == POINTS.probability(DATA).tolist()
    assert read_card(folder / POINTS.id)["kind"] == "rules"
    assert "kind" not in read_card(folder / LEARNT.id)


def test_a_damaged_card_of_either_kind_is_refused(crm):
    for model in (LEARNT, POINTS):
        folder = crm.workspace / "models" / model.id
        (folder / "card.json").write_text('{"kind": "rules"' if model is POINTS else "[]")
        for read in (load, read_card):
            with pytest.raises(ModelError):
                read(folder)


def test_either_kind_is_tested_on_the_same_newest_rows():
    learnt, points = backtest(LEARNT, DATA), backtest(POINTS, DATA)
    keys = ["contact_id", "snapshot_at"]
    pd.testing.assert_frame_equal(learnt[keys], points[keys])
    assert learnt.attrs["protocol"] == points.attrs["protocol"] == "temporal_holdout"


def test_data_about_another_goal_are_refused():
    other = with_attrs(DATA, goal="opportunity")
    for model in (LEARNT, POINTS):
        with pytest.raises(ModelError):
            backtest(model, other)
    with pytest.raises(ModelError, match="the data are about"):
        check_goal(POINTS, other)


def test_an_evaluation_of_rules_is_noted_on_their_card():
    found = evaluate(POINTS, DATA)
    assert POINTS.card["signal"] == found.attrs["signal"]
    assert POINTS.card["metrics"][0]["value"] == found["value"].iloc[0]


def test_rules_are_listed_promoted_and_rolled_back_like_any_model(crm):
    assert set(models(crm)["id"]) == {LEARNT.id, POINTS.id}
    assert (models(crm)["problem"] == "").all()
    promote(crm, POINTS.id, data=DATA)
    assert load_live(crm).id == POINTS.id
    promote(crm, LEARNT.id, data=DATA)
    assert roll_back(crm) == POINTS.id


def test_rules_that_are_worse_do_not_take_a_models_place(crm):
    promote(crm, LEARNT.id, data=DATA)
    found = compare_models(crm, LEARNT.id, POINTS.id, data=DATA)
    assert found.set_index("metric").loc["gini", "difference"] < 0
    with pytest.raises(GuardError):
        promote(crm, POINTS.id, data=DATA)


def test_rules_made_from_a_model_know_the_rows_that_they_would_be_judged_by(crm):
    table = rules.as_model(rules.from_model(LEARNT, DATA), DATA)
    assert is_seen(table)
    assert not is_seen(POINTS)
    register(crm, table)
    promote(crm, LEARNT.id, data=DATA)
    with pytest.raises(GuardError) as caught:
        promote(crm, table.id, data=DATA)
    assert "seen" in caught.value.guards


def test_the_drift_of_rules_is_watched_too():
    known = reference_of(POINTS, DATA)
    found = drift(POINTS, leads(seed=4), reference=known)
    assert set(found["verdict"]) == {"ok"}
    assert set(found["property"]) == {"", "source", "visits"}
