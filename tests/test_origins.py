"""Sources and campaigns: each contact in one row, the young beside it, names as they are."""

import pytest
from crmstores import HOSTILE, fill, person

from leadscore.errors import DataError
from leadscore.goals import reaches
from leadscore.origins import campaigns, label_of, labels_of, sources

GOAL = reaches("customer", within="90D")


def test_each_contact_is_in_the_row_of_its_source_and_in_no_other(store):
    people = [
        person("1", won="2026-01-20"),
        person("2"),
        person("3", "2026-08-30"),
        person("4", hs_analytics_source="REFERRALS", won="2026-01-12"),
        person("5", hs_analytics_source=None),
    ]
    found = sources(fill(store, people), GOAL)
    assert found["source"].fillna("-").tolist() == ["Paid search", "Referrals", "-"]
    assert found["value"].fillna("-").tolist() == ["PAID_SEARCH", "REFERRALS", "-"]
    paid = found.iloc[0]
    assert paid[["contacts", "judged", "converted", "immature", "before"]].tolist() == [
        3, 2, 1, 1, 0,
    ]  # fmt: skip
    assert paid["rate"] == 0.5
    assert paid["median_days"] == 10
    assert found["contacts"].sum() == len(people)
    assert found.attrs["horizon_days"] == 90
    assert found.attrs["created"] == ["2026-01-10", "2026-08-30"]


def test_the_columns_have_the_types_that_are_promised(store):
    for people in ([], [person("1")]):
        found = sources(fill(store, people), GOAL)
        kinds = found.dtypes.astype(str).to_dict()
        assert {kinds[n] for n in ("source", "value")} == {"str"}
        counts = ("contacts", "judged", "converted", "immature", "before")
        assert {kinds[n] for n in counts} == {"Int64"}
        assert {kinds[n] for n in ("rate", "low", "high", "median_days")} == {"float64"}
        assert len(found) == len(people)


def test_a_campaign_is_named_by_the_first_property_that_is_filled(store):
    people = [
        person("1", utm_campaign=None, hs_analytics_source_data_1="spring"),
        person("2", utm_campaign=None, hs_analytics_source_data_1=None),
    ]
    found = campaigns(fill(store, people), GOAL)
    assert found.attrs["property"] == "hs_analytics_source_data_1"
    assert found.attrs["label"] == "Original traffic source drill-down 1"
    assert found["campaign"].fillna("-").tolist() == ["spring", "-"]


def test_any_property_can_be_taken_for_the_campaign(store):
    found = campaigns(fill(store, [person("1", country="DE")]), GOAL, by="country")
    assert found["campaign"].tolist() == ["DE"]


def test_without_a_campaign_or_a_source_the_error_says_what_to_do(store):
    fill(store, [person("1")])
    with pytest.raises(DataError, match=r"No contact property that names a campaign.*by="):
        campaigns(store, GOAL)
    with pytest.raises(DataError, match=r"no nothing\. Sync that property"):
        sources(store, GOAL, by="nothing")


def test_a_hostile_name_stays_data(store):
    found = campaigns(fill(store, [person("1", utm_campaign=HOSTILE)]), GOAL)
    assert found["campaign"].tolist() == [HOSTILE]


def test_a_property_without_a_definition_goes_by_its_name(store):
    fill(store, [person("1")])
    assert label_of(store, "nope") == "nope"
    assert labels_of(store, "nope") == {}
    assert label_of(store, "hs_analytics_source") == "Original traffic source"
