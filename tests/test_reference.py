import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadframes import leads

from leadscore.reference import (
    FEWEST_CONTACTS,
    MOST_LEVELS,
    age_weights,
    binned,
    describe,
    reference_of,
)
from leadscore.training import train

DATA = leads()
MODEL = train(DATA)


def rows(n):
    return pd.DataFrame(
        {
            "contact_id": [str(i) for i in range(n)],
            "snapshot_at": pd.Timestamp("2026-01-01", tz="UTC"),
        }
    )


def test_numbers_are_cut_into_tenths_and_the_missing_have_a_bin_of_their_own():
    values = pd.Series([*range(1, 101), *[np.nan] * 100], dtype="float64")
    found = describe(values, rows(200))
    assert found["edges"] == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert found["shares"] == [*[0.05] * 10, 0.5]


def test_dates_count_as_days_before_the_snapshot():
    about = rows(100)
    values = about["snapshot_at"] - pd.to_timedelta(np.arange(100), unit="D")
    assert describe(values, about)["edges"] == [9, 19, 29, 39, 49, 59, 69, 79, 89]
    later = about.assign(snapshot_at=about["snapshot_at"] + pd.Timedelta(days=365))
    moved = values + pd.Timedelta(days=365)
    assert describe(moved, later) == describe(values, about)


def test_only_values_that_twenty_contacts_share_are_kept_by_name():
    texts = pd.Series(["web"] * 25 + ["rare"] * (FEWEST_CONTACTS - 1) + [None] * 6)
    found = describe(texts, rows(50))
    assert found["levels"] == ["web"]
    assert found["shares"] == [0.5, 0.38, 0.12]


def test_many_snapshots_of_one_contact_do_not_make_its_value_common():
    about = rows(100).assign(contact_id="7")
    assert describe(pd.Series(["Ann's own words"] * 100), about)["levels"] == []


def test_no_more_than_fifty_levels_are_kept_the_commonest_first():
    texts = pd.Series([f"level {i:03d}" for i in range(80) for _ in range(20 + i)])
    found = describe(texts, rows(len(texts)))
    assert len(found["levels"]) == MOST_LEVELS
    assert "level 079" in found["levels"]
    assert "level 000" not in found["levels"]


def test_ticked_boxes_are_compared_as_a_whole_whatever_their_order():
    boxes = pd.Series([["a", "b"], ["b", "a"], []] * 30, dtype=object)
    assert describe(boxes, rows(90))["levels"] == ["", "a; b"]


@given(
    st.lists(
        st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True, width=64)), max_size=60
    )
)
def test_whatever_the_numbers_every_row_is_in_one_bin(values):
    column = pd.Series(values, dtype="float64")
    found = describe(column, rows(len(values)))
    assert binned(found, column, rows(len(values))).sum() == len(values)
    json.dumps(found, allow_nan=False)


@given(st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=60))
def test_whatever_the_texts_every_row_is_in_one_bin(values):
    column = pd.Series(values, dtype="str")
    found = describe(column, rows(len(values)))
    assert binned(found, column, rows(len(values))).sum() == len(values)


@pytest.mark.parametrize("kind", ["float64", "Int64", "boolean", "str"])
def test_a_column_of_nothing_is_described_too(kind):
    column = pd.Series([None] * 30, dtype=kind)
    assert describe(column, rows(30))["shares"][-1] == 1


def test_the_reference_holds_every_column_of_the_model_and_what_each_property_weighs():
    found = reference_of(MODEL, DATA)
    assert list(found["columns"]) == MODEL.features
    assert found["rows"] == 1500
    weights = found["weights"]
    assert min(weights["visits"], weights["source"]) > 10 * weights["opted_in"]
    parts = MODEL.contributions(DATA)
    assert weights["visits"] == pytest.approx(parts["visits"].abs().mean(), abs=1e-5)


def test_the_reference_does_not_depend_on_the_order_of_the_rows():
    mixed = DATA.sample(frac=1, random_state=1)
    assert reference_of(MODEL, mixed) == reference_of(MODEL, DATA)


def test_rows_without_an_outcome_are_not_what_it_learnt_from():
    more = DATA.copy()
    more.loc[more.index[:500], "outcome"] = pd.NA
    assert reference_of(MODEL, more)["rows"] == 1000


def aged(days, snapshot_at="2026-01-01"):
    """Return rows of contacts that were created so many days before."""
    about = rows(len(days)).assign(snapshot_at=pd.Timestamp(snapshot_at, tz="UTC"))
    return about.assign(createdate=about["snapshot_at"] - pd.to_timedelta(days, unit="D"))


AGES = describe(aged(range(100))["createdate"], aged(range(100)), bins=20) | {"oldest": 99.0}


def test_weights_make_contacts_as_old_as_they_were():
    older = aged([*range(0, 100, 5), *[80] * 60], "2027-01-01")
    weights = age_weights(AGES, older)
    assert weights.mean() == pytest.approx(1)
    days = (older["snapshot_at"] - older["createdate"]).dt.days
    assert np.average(days, weights=weights) == pytest.approx(49.5, abs=2.5)
    assert days.mean() > 70


def test_contacts_older_than_any_before_have_no_weight():
    weights = age_weights(AGES, aged([10, 20, 300]))
    assert weights[2] == 0
    assert age_weights(AGES, aged([300, 400])).tolist() == [0, 0]


def test_rows_of_the_same_ages_keep_their_weight():
    assert age_weights(AGES, aged(range(100), "2027-01-01")) == pytest.approx(np.ones(100))


def test_where_no_age_is_known_all_rows_weigh_the_same():
    assert age_weights(None, aged([1, 2])).tolist() == [1, 1]
    assert age_weights(AGES, rows(3)).tolist() == [1, 1, 1]
    assert reference_of(MODEL, DATA)["ages"] is None


def test_the_reference_knows_how_old_the_contacts_were():
    created = DATA.assign(createdate=DATA["snapshot_at"] - pd.Timedelta(days=7))
    assert reference_of(MODEL, created)["ages"]["oldest"] == pytest.approx(7)
