"""The page of a model: what its card says, in words, and nothing that its names would do."""

import pytest
from htmlreading import ELEMENTS, HOSTILE, Page
from leadframes import leads, with_attrs

from leadscore.errors import DataError
from leadscore.goals import reaches
from leadscore.modelpage import write_model
from leadscore.registry import register
from leadscore.store import open_store
from leadscore.training import train

GOAL = reaches("customer", within="90D")
DATA = with_attrs(
    leads(400),
    goal=GOAL.as_dict(),
    goal_text=str(GOAL),
    horizon_days=90,
    labels=dict.fromkeys(leads(400).columns, HOSTILE[0] + HOSTILE[6]),
)


@pytest.fixture(scope="module")
def crm(tmp_path_factory):
    store = open_store(tmp_path_factory.mktemp("crm"))
    model = train(DATA)
    register(store, model, data=DATA)
    return store, model


def test_a_model_is_shown_with_what_it_learnt_from_weighs_and_expects(crm):
    store, model = crm
    path = write_model(store, model.id)
    text = Page(path).text
    assert path.name == f"model-{model.id}.html"
    assert str(GOAL) in text
    assert f"{model.card['training']['rows']:,}" in text
    for heading in ("What it learnt from", "What it weighs", "What drift is measured against"):
        assert heading in text
    assert all(one["name"] in text for one in model.card["features"])
    assert "It is not live." in text


def test_hostile_labels_are_inert(crm):
    store, model = crm
    path = write_model(store, model.id)
    page = Page(path)
    assert {tag for tag, _ in page.tags} <= ELEMENTS
    assert HOSTILE[0] in page.text
    assert "\x1b" not in path.read_text("utf-8")


def test_a_model_that_was_never_evaluated_says_so(tmp_path):
    store = open_store(tmp_path / "crm")
    model = train(DATA)
    model.save(store.workspace / "models" / model.id)
    assert "This model was never evaluated." in Page(write_model(store, model.id)).text


def test_without_a_live_model_or_one_of_that_id_the_error_says_what_there_is(crm, store):
    with pytest.raises(DataError, match="No model is live"):
        write_model(store)
    with pytest.raises(DataError, match=r"no model 'nope'. It has: none"):
        write_model(store, "nope")
    known, model = crm
    with pytest.raises(DataError, match=model.id):
        write_model(known, "../../etc")
