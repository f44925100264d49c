import pytest
from leadframes import leads, with_attrs

import leadscore as ls
from leadscore.errors import DataError, GuardError
from leadscore.evaluation import evaluate
from leadscore.modellist import models
from leadscore.promotions import promotions
from leadscore.registry import (
    compare_models,
    goal_of,
    live_or_newest,
    load_live,
    promote,
    register,
    roll_back,
)
from leadscore.training import train

DATA = leads()
WORSE = ("worse_ranking", "worse_probability")
NOISE = leads(seed=5, signal=0.0)


def evaluated(data, **recipe):
    model = train(data, **recipe)
    evaluate(model, data)
    return model


GOOD = evaluated(DATA)
POOR = evaluated(DATA, drop=["visits", "last_open"])
CLOSE = evaluated(DATA, drop=["opted_in"])


def only(frame):
    (row,) = frame.to_dict("records")
    return row


def test_the_first_model_with_a_signal_is_promoted_at_once(store):
    register(store, GOOD)
    promote(store, GOOD.id)
    row = only(models(store))
    assert row["live"]
    assert "first model" in row["why"]
    assert load_live(store).id == GOOD.id


def test_a_first_model_that_was_never_evaluated_is_evaluated_on_the_data(store):
    model = train(DATA)
    register(store, model)
    assert promote(store, model.id, data=DATA)["passed"].all()


def test_a_first_model_without_a_signal_is_promoted_only_for_a_reason(store):
    model = evaluated(NOISE)
    register(store, model)
    with pytest.raises(GuardError) as caught:
        promote(store, model.id)
    assert caught.value.guards == ["no_signal"]
    assert not models(store)["live"].any()
    promote(store, model.id, override={"no_signal": "a rehearsal"})
    assert "a rehearsal" in only(models(store))["why"]


def test_a_worse_model_does_not_take_the_live_ones_place(store):
    for model in (GOOD, POOR):
        register(store, model)
    promote(store, GOOD.id, data=DATA)
    with pytest.raises(GuardError, match=r"live model's .* is asked for") as caught:
        promote(store, POOR.id, data=DATA)
    assert "worse_ranking" in caught.value.guards
    assert load_live(store).id == GOOD.id
    assert len(promotions(store.ledger)) == 1


def test_one_overridden_guard_does_not_open_the_others(store):
    for model in (GOOD, POOR):
        register(store, model)
    promote(store, GOOD.id, data=DATA)
    with pytest.raises(GuardError) as caught:
        promote(store, POOR.id, data=DATA, override={"worse_probability": "we know"})
    assert caught.value.guards == ["worse_ranking"]


def test_a_model_as_good_is_promoted_and_can_be_rolled_back(store):
    for model in (GOOD, CLOSE):
        register(store, model)
        promote(store, model.id, data=DATA)
    assert load_live(store).id == CLOSE.id
    assert roll_back(store, reason="the team trusts the old one") == GOOD.id
    assert load_live(store).id == GOOD.id
    assert "trusts" in promotions(store.ledger)["why"].iloc[-1]
    with pytest.raises(DataError, match="no earlier model"):
        roll_back(store)


def test_promoting_the_live_model_again_changes_nothing(store):
    register(store, GOOD)
    promote(store, GOOD.id)
    assert promote(store, GOOD.id).empty
    assert len(promotions(store.ledger)) == 1


def test_every_prefix_has_its_own_live_model(store, monkeypatch):
    register(store, GOOD)
    promote(store, GOOD.id)
    with pytest.raises(DataError, match="under the prefix 'deals'"):
        load_live(store, prefix="deals")
    monkeypatch.setenv("LEADSCORE_PREFIX", "deals")
    other = evaluated(with_attrs(DATA, goal="opportunity"))
    register(store, other)
    promote(store, other.id)
    assert load_live(store).id == other.id
    assert load_live(store, prefix="leadscore").id == GOOD.id
    listed = models(store).set_index("prefix")
    assert listed["live"].to_dict() == {"leadscore": True, "deals": True}


def test_a_model_of_another_goal_takes_a_prefix_only_for_a_reason(store):
    other = evaluated(with_attrs(DATA, goal="opportunity"))
    for model in (GOOD, other):
        register(store, model)
    promote(store, GOOD.id)
    with pytest.raises(GuardError) as caught:
        promote(store, other.id, data=DATA)
    assert caught.value.guards == ["other_goal"]
    promote(store, other.id, override={"other_goal": "sales sells otherwise now"})
    assert load_live(store).id == other.id


def test_a_model_of_another_goal_needs_a_signal_of_its_own(store):
    other = evaluated(with_attrs(NOISE, goal="opportunity"))
    for model in (GOOD, other):
        register(store, model)
    promote(store, GOOD.id)
    with pytest.raises(GuardError) as caught:
        promote(store, other.id, data=NOISE, override={"other_goal": "we sell otherwise now"})
    assert caught.value.guards == ["no_signal"]


def test_a_recipe_may_name_what_the_data_no_longer_have(store):
    for model in (CLOSE, GOOD):
        register(store, model)
    promote(store, CLOSE.id)
    poorer = with_attrs(DATA.drop(columns=["opted_in"]))
    assert CLOSE.card["recipe"]["drop"] == ["opted_in"]
    assert promote(store, GOOD.id, data=poorer)["passed"].all()


def test_in_place_of_a_live_model_that_cannot_be_loaded_a_signal_is_enough(store):
    for model in (GOOD, POOR):
        register(store, model)
    promote(store, GOOD.id)
    (store.workspace / "models" / GOOD.id / "card.json").unlink()
    asked = promote(store, POOR.id)
    assert "cannot be loaded" in asked.attrs["why"]


def test_a_roll_back_passes_over_a_model_that_is_gone(store):
    third = evaluated(DATA, drop=["interests"])
    for model in (GOOD, CLOSE, third):
        register(store, model)
        promote(store, model.id, override=dict.fromkeys(WORSE, "a test"), data=DATA)
    (store.workspace / "models" / CLOSE.id / "card.json").unlink()
    assert roll_back(store) == GOOD.id


def test_a_model_goes_by_the_first_digits_of_its_id(store):
    for model in (GOOD, CLOSE):
        register(store, model)
    assert promote(store, GOOD.id[:6]).attrs["model"] == GOOD.id
    with pytest.raises(DataError, match="There is no model ''"):
        promote(store, "")
    with pytest.raises(DataError, match="no model 'nope'") as caught:
        promote(store, "nope")
    assert GOOD.id in caught.value.hint


def test_without_data_the_cards_figures_stand_side_by_side_and_say_so(store):
    for model in (GOOD, POOR):
        register(store, model)
    found = compare_models(store, GOOD.id, POOR.id)
    auc = found.set_index("metric").loc["roc_auc"]
    assert auc["first"] == GOOD.card["metrics"][0]["value"]
    assert auc["difference"] == auc["second"] - auc["first"]
    assert found["low"].isna().all()
    assert not found.attrs["same_rows"]


def test_with_data_both_are_judged_by_the_same_rows(store):
    for model in (GOOD, POOR):
        register(store, model)
    found = compare_models(store, GOOD.id, POOR.id, data=DATA)
    assert found.attrs["same_rows"]
    assert found.set_index("metric").loc["roc_auc", "high"] < 0


def test_the_goal_of_a_model_is_read_from_its_card():
    assert goal_of(GOOD).value == "customer"
    goal = ls.property_equals("y", "yes")
    assert goal_of(train(with_attrs(DATA, goal=goal.as_dict()))) == goal


def test_a_model_registered_with_its_data_remembers_what_they_looked_like(store):
    register(store, GOOD, data=DATA)
    promote(store, GOOD.id)
    assert load_live(store).card["reference"]["rows"] == 1500


def test_data_that_lost_what_the_live_model_rests_on_promote_nothing(store):
    register(store, GOOD, data=DATA)
    promote(store, GOOD.id)
    poorer = with_attrs(DATA.drop(columns=["source"]))
    model = evaluated(poorer)
    register(store, model, data=poorer)
    with pytest.raises(GuardError, match="All values of source are missing") as caught:
        promote(store, model.id, data=poorer)
    assert caught.value.guards == ["lost_property"], "both recipes are equally poor on these data"
    promote(store, model.id, data=poorer, override={"lost_property": "the form asks no longer"})
    assert load_live(store).id == model.id


def test_where_none_is_live_the_newest_model_of_the_prefix_can_be_looked_at(store):
    with pytest.raises(DataError, match="leadscore train"):
        live_or_newest(store)
    noise = evaluated(NOISE)
    register(store, noise)
    register(store, CLOSE, prefix="deals")
    assert live_or_newest(store).id == noise.id
    assert live_or_newest(store, prefix="deals").id == CLOSE.id
    register(store, GOOD)
    promote(store, GOOD.id)
    register(store, POOR)
    assert live_or_newest(store).id == GOOD.id
