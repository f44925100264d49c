from __future__ import annotations

import pytest
from leadframes import leads

import leadscore as ls
from leadscore.errors import DataError
from leadscore.evaluation import evaluate
from leadscore.modellist import models
from leadscore.registry import compare_models, promote, register
from leadscore.training import train

DATA = leads()


def _evaluated(**recipe):
    model = train(DATA, **recipe)
    evaluate(model, DATA)
    return model


GOOD, POOR = _evaluated(), _evaluated(drop=["visits", "last_open"])


def _live(store):
    return list(models(store).query("live")["id"])


def _panel(store, first, second, data=DATA):
    for model in (first, second):
        register(store, model)
    promote(store, first.id, data=DATA)
    panel = ls.widgets.compare(store, data)
    assert panel.widget is not None
    return panel


def test_the_live_model_is_first_and_the_figures_are_those_of_the_comparison(store):
    panel = _panel(store, POOR, GOOD)
    assert (panel.first, panel.second) == (POOR.id, GOOD.id)
    expected = compare_models(store, POOR.id, GOOD.id, data=DATA)
    shown = panel.page()
    assert all(f"{value:.3f}" in shown for value in expected["second"].dropna())
    assert "worse_ranking" in shown


def test_a_promotion_takes_two_presses(store):
    panel = _panel(store, POOR, GOOD)
    panel.ask.click()
    assert _live(store) == [POOR.id]
    panel.cancel.click()
    panel.ask.click()
    panel.confirm.click()
    assert _live(store) == [GOOD.id]
    assert panel.promoted == GOOD.id
    assert panel.ask.disabled


def test_a_worse_model_stays_where_it_is_and_that_is_said(store):
    panel = _panel(store, GOOD, POOR)
    panel.ask.click()
    panel.confirm.click()
    assert _live(store) == [GOOD.id]
    assert "not promoted" in panel.notice.value


def test_without_data_it_says_that_the_comparison_is_not_fair(store):
    assert "no fair comparison" in _panel(store, GOOD, POOR, data=None).text()


def test_without_a_model_that_is_said(store):
    with pytest.raises(DataError, match="no model"):
        ls.widgets.compare(store)
