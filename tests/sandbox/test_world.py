"""The simulated market: reproducible, recorded as HubSpot would, no value before its time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from markets import COUNTERS, DAY, NOW, NOW_MS, current, first_entries, history, read, world
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from leadscore.errors import UsageError
from leadscore.sandbox.standard import standard_properties
from leadscore.sandbox.world import Batch, World, simulate


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    return history()


@pytest.fixture(scope="module")
def contacts() -> pd.DataFrame:
    return world().contacts


def same(one: Batch, other: Batch) -> bool:
    arrays = ("record", "property", "at", "source")
    return (
        one.kind == other.kind
        and np.array_equal(one.ids, other.ids)
        and np.array_equal(one.created, other.created)
        and all(np.array_equal(getattr(one.entries, a), getattr(other.entries, a)) for a in arrays)
        and one.entries.value == other.entries.value
        and (one.archived, one.merged) == (other.archived, other.merged)
        and all(
            np.array_equal(a.to_ids, b.to_ids) and np.array_equal(a.from_ids, b.from_ids)
            for a, b in zip(one.links, other.links, strict=True)
        )
    )


# ------------------------------------------------------------------ one world


def test_the_same_options_give_the_same_world_and_it_can_be_read_again() -> None:
    again = simulate(contacts=6000, seed=3, now=NOW)
    for batches in (again.batches(), again.batches()):
        assert all(same(a, b) for a, b in zip(read(), batches, strict=True))
    pd.testing.assert_series_equal(world().oracle(), again.oracle())


def test_another_seed_gives_another_world() -> None:
    assert not world(contacts=300).oracle().equals(world(contacts=300, seed=6).oracle())


@pytest.mark.parametrize("contacts", [1, 2, 7, 250])
def test_there_are_as_many_contacts_as_were_asked_for_without_the_archived(contacts: int) -> None:
    assert len(simulate(contacts=contacts, now=NOW).contacts) == contacts


def test_without_a_moment_it_is_midnight_utc_today() -> None:
    found = simulate(contacts=2).now
    assert found == found.floor("D")
    assert pd.Timedelta(0) <= pd.Timestamp.now("UTC") - found < pd.Timedelta("2D")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"contacts": 0}, {"contacts": -3}, {"seed": -1}, {"base_rate": 0}, {"base_rate": 0.9}),
        *({"span": "soon"}, {"span": "1h"}, {"drift": "later"}, {"now": "never"}),
        *({"leak": "email"}, {"leak": "Bad Name"}, {"leak": ""}),
    ],
)
def test_impossible_worlds_are_refused_with_a_hint(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError) as refused:
        simulate(**wrong)
    assert refused.value.hint


@pytest.mark.parametrize(
    "wrong", [{"at": "2027-01-01"}, {"ids": ["100001"], "at": [NOW, NOW]}, {"within": "soon"}]
)
def test_questions_that_the_oracle_cannot_answer_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        world().oracle(**wrong)


# ------------------------------------------------------------------ batches


def test_nothing_is_recorded_after_now_before_creation_or_after_archival(
    told: pd.DataFrame,
) -> None:
    for kind in ("contacts", "companies", "deals"):
        found = told if kind == "contacts" else history(kind)
        assert found["at"].max() <= NOW_MS
        assert (found["at"] >= found["created"]).all()
    archived = {k: v for batch in read() for k, v in batch.archived.items()}
    gone = told[told["id"].isin(archived)]
    assert len(archived) == 60
    assert (gone["at"] <= gone["id"].map(archived)).all()


def test_a_contact_has_some_forty_to_a_hundred_entries(told: pd.DataFrame) -> None:
    assert 40 < len(told) / told["id"].nunique() < 100


def test_without_history_there_is_the_last_entry_of_each_property() -> None:
    for full, short in zip(read(), read(history=False), strict=True):
        found = full.entries
        last = np.append((np.diff(found.record) != 0) | (np.diff(found.property) != 0), True)
        moments = found.at
        assert np.array_equal(moments[last], short.entries.at)
        assert np.array(found.value, dtype=object)[last].tolist() == short.entries.value
        assert (full.archived, full.merged) == (short.archived, short.merged)


# ------------------------------------------------------------------ values


def test_moments_that_are_told_have_passed(told: pd.DataFrame) -> None:
    kinds = {name: found["type"] for name, found in standard_properties("contacts").items()}
    found = told[told["property"].map(kinds) == "datetime"]
    stamps = pd.to_datetime(found["value"].drop_duplicates(), utc=True, format="ISO8601")
    assert stamps.max() <= NOW


# ------------------------------------------------------------------ the journey


def test_todays_values_leak_marketing_stops_and_logins_begin(told: pd.DataFrame) -> None:
    converted = first_entries(told[told["value"] == "customer"], "lifecyclestage")
    after = told[told["at"] > told["id"].map(converted)]
    counted = after["property"].value_counts()
    assert not {"hs_email_delivered", "hs_email_open", "num_conversion_events"} & set(counted.index)
    assert counted["product_logins"] > 3 * len(converted)
    assert counted["hs_analytics_num_visits"] > 3 * len(converted)


def test_the_hour_of_the_day_changes_only_what_is_newest() -> None:
    morning, night = (
        simulate(contacts=2000, seed=0, now=f"2026-05-01T{h}:00Z") for h in ("01", "23")
    )
    midnight = int(pd.Timestamp("2026-05-01", tz="UTC").timestamp() * 1000)
    for one, other in zip(morning.batches(), night.batches(), strict=True):
        if one.kind == "contacts":
            early, late = one.entries.at, other.entries.at
            assert early.max() < midnight
            # Whether and when a contact is merged or archived is a share of its life so far.
            moved = {*other.archived} | {stays for stays, _ in one.merged.values()}
            calm = [~np.isin(b.ids[b.entries.record], list(moved)) for b in (one, other)]
            assert np.array_equal(early[calm[0]], late[calm[1] & (late < midnight)])


# ------------------------------------------------------------------ options


def test_drift_changes_nothing_before_its_date_and_much_after() -> None:
    day = pd.Timestamp("2025-04-01", tz="UTC")
    plain, drifted = (found.contacts["closedate"] for found in (world(), world(drift=day)))
    assert plain[plain < day].equals(drifted[drifted < day])
    assert (drifted >= day).sum() < 0.8 * (plain >= day).sum()
    before = history()["at"] < int(day.timestamp() * 1000)
    told = history(drift=day)
    again = told["at"] < int(day.timestamp() * 1000)
    one, other = history()[before], told[again]
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))


def test_a_planted_leak_leaves_the_rest_of_the_market_as_it_was(contacts: pd.DataFrame) -> None:
    found = world(leak="account_tier").contacts.drop(columns="account_tier")
    pd.testing.assert_frame_equal(found, contacts)


def seen(found: World) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return plain features as of 30 days after creation, the outcome, and who is mature."""
    told = found.contacts
    at = told["createdate"] + pd.Timedelta("30D")
    entries = history_of(found)
    entries = entries[entries["at"] <= entries["created"] + 30 * DAY]
    wide = current(entries).reindex(told.index)
    numbers = wide[[name for name in COUNTERS if name in wide]].astype(float).fillna(0)
    words = pd.get_dummies(
        wide[["seniority", "numemployees", "industry", "product_interest", "hs_analytics_source"]]
    )
    open_then = ~told["closedate"].le(at)
    mature = (at + pd.Timedelta("90D") <= found.now) & open_then
    won = told["closedate"].le(at + pd.Timedelta("90D"))
    return pd.concat([np.log1p(numbers), words], axis=1).astype(float), won, mature


def history_of(found: World) -> pd.DataFrame:
    names = np.array(found.names["contacts"], dtype=object)
    return pd.concat(
        pd.DataFrame(
            {
                "id": batch.ids[batch.entries.record],
                "property": names[batch.entries.property],
                "at": batch.entries.at,
                "value": pd.Series(batch.entries.value, dtype=object),
                "created": batch.created[batch.entries.record],
            }
        )
        for batch in found.batches()
        if batch.kind == "contacts"
    )


def learnt(found: World) -> float:
    """Return the AUC of a logistic model on the newer three tenths of contacts."""
    known, won, mature = seen(found)
    known, won = known[mature].drop(columns=["num_associated_deals"]), won[mature]
    cut = int(len(known) * 0.7)
    scale = StandardScaler().fit(known[:cut])
    model = LogisticRegression(C=0.05, max_iter=500).fit(scale.transform(known[:cut]), won[:cut])
    return roc_auc_score(won[cut:], model.predict_proba(scale.transform(known[cut:]))[:, 1])


def test_without_signal_nothing_can_be_learnt_and_the_oracle_is_the_same_for_all() -> None:
    found = simulate(contacts=12_000, seed=1, now=NOW, signal=False)
    truth = found.oracle()
    assert truth.max() - truth.min() < 1e-9
    assert truth.mean() == pytest.approx(0.07, abs=0.001)
    assert abs(learnt(found) - 0.5) < 0.06


def test_with_signal_a_plain_model_learns_much_but_not_all() -> None:
    found = simulate(contacts=12_000, seed=1, now=NOW)
    assert 0.65 < learnt(found) < 0.85


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_small_portal_has_customers_enough_to_learn_from(seed: int) -> None:
    won = simulate(seed=seed, now=NOW).contacts["closedate"].notna().sum()
    assert 150 <= won <= 260
