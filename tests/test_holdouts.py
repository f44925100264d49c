"""Folds: the future is tested, contacts and companies are on one side, and nobody is lost by it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leadframes import leads, with_attrs
from panels import panel

from leadscore.errors import DataError, UsageError
from leadscore.evaluation import known_rows
from leadscore.holdouts import (
    CONTACT_FOLDS,
    FEWEST_GROUPS,
    LARGEST_COMPANY,
    grouped_by,
    groups_of,
    make_folds,
)

LEADS = known_rows(leads(1000))
PANEL = known_rows(panel())
ALONE = known_rows(panel().drop(columns="associatedcompanyid"))
GAP = pd.Timedelta("30D")


def sides(data, fold):
    return data.iloc[fold.past], data.iloc[fold.asked]


def test_one_snapshot_per_contact_needs_one_fold():
    (fold,) = make_folds(LEADS)
    past, asked = sides(LEADS, fold)
    assert len(asked) == 300
    assert past["snapshot_at"].max() <= fold.cut - GAP
    assert asked["snapshot_at"].min() == fold.cut


@pytest.mark.parametrize("protocol", ["temporal_holdout", "rolling"])
@pytest.mark.parametrize("data", [LEADS, PANEL, ALONE], ids=["leads", "companies", "contacts"])
def test_what_is_learnt_is_older_than_what_is_tested_by_the_horizon(data, protocol):
    for fold in make_folds(data, protocol=protocol):
        past, asked = sides(data, fold)
        assert past["snapshot_at"].max() <= asked["snapshot_at"].min() - GAP


@pytest.mark.parametrize("protocol", ["temporal_holdout", "rolling"])
@pytest.mark.parametrize("data", [PANEL, ALONE], ids=["companies", "contacts"])
def test_a_contact_and_its_company_are_on_one_side(data, protocol):
    for fold in make_folds(data, protocol=protocol):
        past, asked = sides(data, fold)
        for column in {"contact_id", grouped_by(data)}:
            assert not set(past[column]) & set(asked[column])


def test_every_row_after_the_cut_is_tested_once():
    found = make_folds(PANEL)
    assert len(found) == CONTACT_FOLDS
    places = np.concatenate([fold.asked for fold in found])
    expected = np.flatnonzero(PANEL["snapshot_at"] >= found[0].cut)
    assert sorted(places) == expected.tolist()


def test_leads_that_stay_open_are_learnt_from_as_often_as_those_that_convert():
    # Most older leads have rows after the cut. Were those leads left out, hardly any but the
    # converted would remain to learn from.
    found = make_folds(ALONE)
    old = ALONE[ALONE["snapshot_at"] <= found[0].cut - GAP]
    stayed = old["contact_id"].isin(ALONE.loc[ALONE["snapshot_at"] >= found[0].cut, "contact_id"])
    assert old.loc[~stayed, "outcome"].mean() > 1.5 * old["outcome"].mean()
    for fold in found:
        past, _ = sides(ALONE, fold)
        assert past["outcome"].mean() == pytest.approx(old["outcome"].mean(), rel=0.15)


def test_a_company_is_known_from_a_contacts_last_snapshot_and_may_be_missing():
    data = PANEL.copy()
    first = ~data.duplicated("contact_id")
    data.loc[first | (data["contact_id"] < "00100"), "associatedcompanyid"] = None
    data.attrs = dict(PANEL.attrs)
    for fold in make_folds(data):
        past, asked = sides(data, fold)
        assert not set(past["contact_id"]) & set(asked["contact_id"])
    assert grouped_by(data.assign(associatedcompanyid=None)) == "contact_id"


companies = st.lists(st.one_of(st.none(), st.integers(0, 60)), min_size=60, max_size=60)


@settings(max_examples=20, deadline=None)
@given(companies, st.integers(0, 40), st.sampled_from(["temporal_holdout", "rolling"]))
def test_no_company_is_on_both_sides_whatever_its_size(companies, catch_all, protocol):
    contact = ALONE["contact_id"].astype(int)
    company = contact.map(lambda one: companies[one % 60] and f"{companies[one % 60]}-{one // 60}")
    company = company.where(contact % 100 >= catch_all, "free mail").astype("str")
    data = ALONE.assign(associatedcompanyid=company)
    data.attrs = dict(ALONE.attrs)
    size = data.groupby("associatedcompanyid")["contact_id"].nunique()
    small = set(size.index[size <= LARGEST_COMPANY * data["contact_id"].nunique()])
    if grouped_by(data) == "contact_id":
        small = set()
    for fold in make_folds(data, protocol=protocol):
        past, asked = sides(data, fold)
        assert not set(past["contact_id"]) & set(asked["contact_id"])
        both = set(past["associatedcompanyid"]) & set(asked["associatedcompanyid"])
        assert not both & small


def test_what_holds_more_than_a_tenth_of_the_contacts_is_no_company():
    contacts = PANEL["contact_id"].nunique()
    mine = PANEL["contact_id"].astype(int) < LARGEST_COMPANY * contacts + 2
    data = PANEL.assign(associatedcompanyid=PANEL["associatedcompanyid"].mask(mine, "free mail"))
    groups = groups_of(data)
    assert len(set(groups[mine])) == data.loc[mine, "contact_id"].nunique()
    less = PANEL["contact_id"].astype(int) < LARGEST_COMPANY * contacts - 2
    one = PANEL.assign(associatedcompanyid=PANEL["associatedcompanyid"].mask(less, "a big firm"))
    assert len(set(groups_of(one)[less])) == 1


def test_with_few_companies_of_one_outcome_contacts_are_kept_apart_alone():
    few = PANEL.assign(associatedcompanyid=(PANEL["contact_id"].astype(int) % FEWEST_GROUPS))
    assert grouped_by(few) == "contact_id"
    assert groups_of(few).tolist() == groups_of(ALONE).tolist()


def test_a_rolling_test_learns_from_more_with_every_block():
    found = make_folds(LEADS, protocol="rolling")
    assert [len(fold.asked) for fold in found] == [100] * 5
    sizes = [len(fold.past) for fold in found]
    assert sizes == sorted(sizes)
    places = np.concatenate([fold.asked for fold in found])
    assert len(set(places)) == len(places) == 500


def test_blocks_with_hardly_a_conversion_in_their_past_are_left_out():
    early = LEADS["snapshot_at"] < LEADS["snapshot_at"].quantile(0.4)
    data = LEADS.assign(outcome=LEADS["outcome"] & ~early)
    data.attrs = dict(LEADS.attrs)
    assert len(make_folds(data, protocol="rolling")) < 5
    few = data.assign(outcome=data["outcome"] & (data["snapshot_at"].rank() > 980))
    few.attrs = dict(LEADS.attrs)
    with pytest.raises(DataError, match="of 5 blocks have 20 conversions"):
        make_folds(few, protocol="rolling")


def test_the_folds_are_the_same_for_the_same_seed_only():
    def tested(seed):
        return [fold.asked.tolist() for fold in make_folds(ALONE, seed=seed)]

    assert tested(1) == tested(1) != tested(2)


def test_unknown_time_means_shuffled_folds_over_contacts():
    data = known_rows(with_attrs(PANEL, time_known=False))
    found = make_folds(data)
    assert all(fold.cut is None for fold in found)
    assert sorted(np.concatenate([fold.asked for fold in found])) == list(range(len(data)))
    for fold in found:
        past, asked = sides(data, fold)
        assert not set(past["associatedcompanyid"]) & set(asked["associatedcompanyid"])


@pytest.mark.parametrize(
    ("protocol", "time_known", "said"),
    [
        ("shuffled", True, "no protocol 'shuffled'"),
        ("cross_validation", True, "whose time is known"),
        ("rolling", False, "whose time is unknown"),
    ],
)
def test_a_protocol_that_would_mislead_is_refused(protocol, time_known, said):
    with pytest.raises(UsageError, match=said):
        make_folds(with_attrs(LEADS, time_known=time_known), protocol=protocol)


def test_an_older_side_with_one_outcome_is_refused():
    late = LEADS["snapshot_at"] > LEADS["snapshot_at"].quantile(0.65)
    data = LEADS.assign(outcome=LEADS["outcome"] & late)
    data.attrs = dict(LEADS.attrs)
    with pytest.raises(DataError, match="outcome False"):
        make_folds(data)
