import numpy as np
import pandas as pd
import pytest
from leadframes import leads, with_attrs
from panels import panel

from leadscore import training
from leadscore.errors import DataError, UsageError
from leadscore.features import select
from leadscore.training import fit, train

MODEL = train(leads())


def test_the_model_does_not_depend_on_row_order_column_order_or_time_zone():
    data = leads()
    mixed = data.sample(frac=1, random_state=1)[data.columns[::-1]]
    zoned = mixed.assign(
        snapshot_at=mixed["snapshot_at"].dt.tz_convert("Pacific/Auckland"),
        last_open=mixed["last_open"].dt.tz_convert("America/New_York"),
    )
    again = train(zoned)
    assert again.card["id"] == MODEL.card["id"]
    assert again.probability(data).tobytes() == MODEL.probability(data).tobytes()


def test_a_fit_keeps_companies_apart_as_it_keeps_contacts_apart():
    known = training._known(panel())
    found = training._rows(known, known[["interest"]], select(known)).contacts
    together = pd.Series(found).groupby(known["associatedcompanyid"])
    assert together.nunique().max() == 1
    assert len(set(found)) == len(together)


def test_rows_without_a_known_outcome_are_never_trained_on():
    data = leads()
    hidden = leads(700, seed=5).assign(outcome=pd.array([None] * 700, dtype="boolean"))
    hidden["contact_id"] = "x" + hidden["contact_id"]
    both = pd.concat([data, hidden.assign(visits=1e6)], ignore_index=True)
    both.attrs = data.attrs
    assert train(both).card["id"] == MODEL.card["id"]


def test_few_conversions_are_refused_with_their_number():
    data = leads()
    few = pd.concat([data[data["outcome"]].head(39), data[~data["outcome"]]])
    with pytest.raises(DataError, match=r"Only 39 contacts converted .* a model needs 40"):
        train(few)
    assert fit(few).card["training"]["conversions"] == 39


def test_conversions_count_contacts_and_not_snapshots():
    data = leads()
    few = pd.concat([*[data[data["outcome"]].head(20)] * 3, data[~data["outcome"]]])
    with pytest.raises(DataError, match="Only 20 contacts converted"):
        train(few)


@pytest.mark.parametrize("outcome", [True, False])
def test_a_single_outcome_is_refused(outcome):
    data = leads().assign(outcome=pd.array([outcome] * 1500, dtype="boolean"))
    with pytest.raises(DataError, match="Only 0 contacts"):
        train(data)
    with pytest.raises(DataError, match="one outcome"):
        fit(data)


def test_a_frame_without_the_key_columns_is_refused():
    with pytest.raises(DataError, match="no column contact_id, outcome"):
        train(leads().drop(columns=["contact_id", "outcome"]))


def test_a_property_can_be_dropped_by_name_or_label():
    by_name, by_label = train(leads(), drop=["visits"]), train(leads(), drop=["Page visits"])
    assert "visits" not in by_name.features
    assert by_label.features == by_name.features
    assert by_name.card["excluded"] == [{"property": "visits", "why": "left out on request"}]


def test_a_name_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"no property 'visit'.*visits"):
        train(leads(), drop=["visit"])
    with pytest.raises(UsageError, match="no property 'outcome'"):
        train(leads(), drop=["outcome"])


def leaky():
    return leads().assign(won=lambda d: np.where(d["outcome"], 9.0, 1.0), total_revenue=1.5)


def test_what_the_audit_finds_is_left_out_and_said_on_the_card():
    model = train(leaky())
    assert "won" not in model.features
    why = {e["property"]: e["why"] for e in model.card["excluded"]}
    assert set(why) == {"won", "total_revenue"}
    assert why["won"].startswith("too good alone")


def test_keep_overrules_the_audit():
    model = train(leaky(), keep=["won"])
    assert "won" in model.features
    assert [e["property"] for e in model.card["excluded"]] == ["total_revenue"]


def test_exclusions_made_before_are_carried_on_and_may_be_named_again():
    given = [{"property": "stage_date", "why": "written after the outcome"}]
    assert train(with_attrs(leads(), excluded=given)).card["excluded"] == given
    again = train(with_attrs(leads(), excluded=given), drop=["stage_date"])
    assert again.card["excluded"] == [{"property": "stage_date", "why": "left out on request"}]


def test_nothing_left_to_learn_from_is_refused():
    with pytest.raises(DataError, match="No property is left"):
        train(leads(), drop=MODEL.features)


def test_columns_that_are_not_what_their_types_say_are_refused():
    wrong = with_attrs(leads().assign(visits="many"), types={"visits": "number"})
    with pytest.raises(DataError, match="visits is string, not number"):
        train(wrong)


def test_an_unknown_learner_is_refused_with_those_there_are():
    for function in (train, fit):
        with pytest.raises(UsageError, match=r"no learner 'forest'.*logistic, ebm"):
            function(leads(), learner="forest")
