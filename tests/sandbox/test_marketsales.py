"""Lifecycle stages and deals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from markets import history, read, world

from leadscore.sandbox import marketfields as field
from leadscore.sandbox.marketjourneys import NEVER, Journeys, journeys
from leadscore.sandbox.marketsales import Deals, deals, stage_times


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    return history()


def test_customers_stay_customers_and_stages_only_go_up(told: pd.DataFrame) -> None:
    order = {name: place for place, name in enumerate(field.STAGES)}
    found = told[told["property"] == "lifecyclestage"]
    steps = found["value"].map(order).groupby(found["id"]).diff().dropna()
    assert (steps > 0).all()
    assert set(found["value"]) == set(field.STAGES)


def test_deals_are_won_by_customers_and_lost_by_others() -> None:
    deals = history("deals").sort_values("at", kind="stable")
    stage = deals[deals["property"] == "dealstage"].groupby("id")["value"].last()
    closed = deals[deals["property"] == "hs_is_closed"].groupby("id")["value"].last()
    assert stage.isin(["closedwon", "closedlost"]).equals(closed.eq("true"))
    to = {}
    for batch in read():
        for links in batch.links:
            if batch.kind == "deals" and links.to_kind == "contacts":
                to |= dict(zip(links.from_ids.tolist(), links.to_ids.tolist(), strict=True))
    won = {to[one] for one in stage.index[stage == "closedwon"]}
    told = history()
    assert won == set(told[(told["value"] == "customer")]["id"])
    assert (stage == "closedlost").sum() > 50


@pytest.fixture(scope="module")
def found() -> Journeys:
    return journeys(world(contacts=2000).plan, 0)


@pytest.fixture(scope="module")
def sold(found: Journeys) -> Deals:
    return deals(found, world(contacts=2000).plan.seed)


def test_each_customer_wins_one_deal_at_the_moment_of_the_conversion(
    found: Journeys, sold: Deals
) -> None:
    won = sold.row[sold.won]
    assert won.tolist() == np.flatnonzero(found.converted < NEVER).tolist()
    assert (sold.closed[sold.won] == found.converted[won]).all()


def test_deals_are_in_order_and_numbered_and_none_closes_before_it_is_made_or_after_the_limit(
    found: Journeys, sold: Deals
) -> None:
    assert (np.lexsort((sold.created, sold.row)) == np.arange(len(sold.row))).all()
    for row in np.unique(sold.row):
        number = sold.number[sold.row == row]
        assert number.tolist() == list(range(len(number)))
    closed = sold.closed < NEVER
    assert 0 < closed.sum() < len(closed)
    assert (sold.closed >= sold.created).all()
    assert (sold.closed[closed] <= found.limit[sold.row[closed]]).all()


def test_a_deal_moves_from_stage_to_stage_in_order(sold: Deals) -> None:
    assert sold.moves.shape == (4, len(sold.row))
    assert (np.diff(np.vstack([sold.created, sold.moves]), axis=0) > 0).all()


def test_stages_are_entered_in_order_and_a_customer_was_at_the_end(
    found: Journeys, sold: Deals
) -> None:
    times = stage_times(found, sold)
    assert (times[5] == found.converted).all()
    for one in times.T[(times < NEVER).sum(axis=0) > 1]:
        assert (np.diff(one[one < NEVER]) > 0).all()
    assert ((times == NEVER) | (times <= found.limit)).all()
