"""The simulated market: reproducible, recorded as HubSpot would, no value before its time."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from leadscore.errors import UsageError
from leadscore.sandbox.moments import wire_date, wire_datetime
from leadscore.sandbox.standard import standard_properties
from leadscore.sandbox.world import Batch, World, simulate

NOW = pd.Timestamp("2026-01-01T15:30", tz="UTC")
NOW_MS = int(NOW.timestamp() * 1000)
DAY = 86_400_000
COUNTERS = (
    *("hs_analytics_num_visits", "hs_analytics_num_page_views", "hs_email_delivered"),
    *("hs_email_open", "hs_email_click", "num_conversion_events", "num_contacted_notes"),
    *("num_notes", "num_associated_deals", "pricing_page_views", "product_logins"),
)
ONLY_AFTER = (
    *("closedate", "recent_deal_amount", "days_to_close", "product_logins"),
    *("hs_lifecyclestage_customer_date", "hs_v2_date_entered_customer"),
)


@cache
def world(**options) -> World:
    return simulate(**({"contacts": 6000, "seed": 3, "now": NOW} | options))


@cache
def read(**options) -> tuple[Batch, ...]:
    return tuple(world(**options).batches())


def history(kind: str = "contacts", **options) -> pd.DataFrame:
    """Return the entries of one kind: id, property, at, value, source, created."""
    names, sources = world(**options).names[kind], world(**options).sources
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "id": batch.ids[batch.entries.record],
                    "property": np.array(names, dtype=object)[batch.entries.property],
                    "at": batch.entries.at,
                    "value": pd.Series(batch.entries.value, dtype=object),
                    "source": [sources[place][0] for place in batch.entries.source],
                    "created": batch.created[batch.entries.record],
                }
            )
            for batch in read(**options)
            if batch.kind == kind
        ],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    return history()


@pytest.fixture(scope="module")
def contacts() -> pd.DataFrame:
    return world().contacts


def first_entries(told: pd.DataFrame, name: str) -> pd.Series:
    return told[told["property"] == name].groupby("id")["at"].min()


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


def test_companies_come_before_contacts_and_contacts_before_deals() -> None:
    kinds = [kind for kind, _ in itertools.groupby(batch.kind for batch in read())]
    assert kinds == ["companies", "contacts", "deals"]


def test_ids_are_ascending_and_unique_over_all_kinds_and_merged_ones_are_gone() -> None:
    ids = [one for batch in read() for one in batch.ids.tolist()]
    gone = [one for batch in read() for one in batch.merged]
    assert all((np.diff(batch.ids) > 0).all() for batch in read())
    assert len({*ids, *gone}) == len(ids) + len(gone)
    assert {stays for b in read() for stays, _ in b.merged.values()} <= set(ids)
    assert len(gone) > 50


def test_contacts_and_companies_are_in_order_of_creation() -> None:
    for kind in ("contacts", "companies"):
        created = np.concatenate([batch.created for batch in read() if batch.kind == kind])
        assert (np.diff(created) >= 0).all()


def test_entries_are_sorted_and_no_two_are_of_one_property_at_one_moment() -> None:
    for batch in read():
        found = batch.entries
        keys = np.stack([found.record, found.property, found.at])
        assert (np.lexsort(keys[::-1]) == np.arange(len(found.at))).all()
        assert not (np.diff(keys) == 0).all(axis=0).any()


def test_entries_have_the_documented_types() -> None:
    for batch in read():
        found = batch.entries
        assert [
            a.dtype.str[1:] for a in (found.record, found.property, found.at, found.source)
        ] == [*("i4", "i2", "i8", "i1")]
        assert {type(value) for value in found.value} == {str}
        assert len(found.value) == len(found.at)


def test_associations_lead_to_records_that_are_there() -> None:
    ids = {kind: set() for kind in ("contacts", "companies", "deals")}
    for batch in read():
        ids[batch.kind] |= set(batch.ids.tolist())
    types = Counter()
    for batch in read():
        for links in batch.links:
            assert set(links.from_ids.tolist()) <= ids[batch.kind]
            assert set(links.to_ids.tolist()) <= ids[links.to_kind]
            types.update({(batch.kind, links.to_kind, t) for t in links.type_ids.tolist()})
    # HubSpot API docs, "Associations": HubSpot-defined association types.
    assert set(types) == {
        *(("contacts", "companies", 1), ("contacts", "companies", 279)),
        *(("deals", "contacts", 3), ("deals", "companies", 5), ("deals", "companies", 341)),
    }


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


@pytest.mark.parametrize("kind", ["contacts", "companies", "deals"])
def test_every_value_is_one_that_its_property_takes(kind: str) -> None:
    custom = {found["name"]: found for found in world().properties}
    known = standard_properties(kind) | (custom if kind == "contacts" else {})
    for name, values in history(kind).groupby("property")["value"]:
        for value in values.unique():
            assert takes(known[name], value), (name, value)


def takes(found: dict, value: str) -> bool:
    several = value.split(";") if found["fieldType"] == "checkbox" else [value]
    options = {option["value"] for option in found["options"]}
    kind = found["type"]
    if kind in {"datetime", "date"}:
        return (wire_datetime if kind == "datetime" else wire_date)(value) == value
    if kind == "number":
        return re.fullmatch(r"[1-9]\d*|0", value) is not None
    if kind in {"enumeration", "bool"} and options:
        return set(several) <= options
    return value != ""


def test_every_named_property_is_filled_somewhere() -> None:
    for kind, names in world().names.items():
        assert set(history(kind)["property"]) == set(names)


def current(told: pd.DataFrame) -> pd.DataFrame:
    last = told.sort_values("at", kind="stable").drop_duplicates(["id", "property"], keep="last")
    wide = last.pivot_table(index="id", columns="property", values="value", aggfunc="last")
    wide.index = wide.index.astype(str)
    return wide


def test_history_agrees_with_current_values(told: pd.DataFrame, contacts: pd.DataFrame) -> None:
    last = current(told)
    for name in contacts:
        wire, typed = last[name].loc[contacts.index], contacts[name]
        assert wire.isna().equals(typed.isna()), name
        if typed.dtype == "float64":
            assert wire.dropna().astype(float).equals(typed.dropna()), name
        elif typed.dtype == "str":
            assert (wire.dropna() == typed.dropna()).all(), name


def test_counters_only_grow_and_are_missing_rather_than_zero(told: pd.DataFrame) -> None:
    for name in COUNTERS:
        found = told[told["property"] == name]
        steps = found["value"].astype(int).groupby(found["id"]).diff().dropna()
        assert (steps > 0).all(), name
        assert found["value"].astype(int).min() > 0, name


def test_moments_that_are_told_have_passed(told: pd.DataFrame) -> None:
    kinds = {name: found["type"] for name, found in standard_properties("contacts").items()}
    found = told[told["property"].map(kinds) == "datetime"]
    stamps = pd.to_datetime(found["value"].drop_duplicates(), utc=True, format="ISO8601")
    assert stamps.max() <= NOW


def test_all_mail_addresses_are_unique_and_reserved(contacts: pd.DataFrame) -> None:
    mails = contacts["email"]
    assert mails.is_unique
    assert mails.str.fullmatch(r"[a-z]+\.\d+@[a-z0-9]+\.example").all()
    domains = history("companies").query("property == 'domain'")["value"]
    assert domains.is_unique
    assert domains.str.endswith(".example").all()


def test_some_write_from_free_mail_and_hide_their_company(contacts: pd.DataFrame) -> None:
    free = contacts["hs_email_domain"].str.endswith("mail.example")
    assert 0.1 < free.mean() < 0.3
    assert contacts.loc[free, ["company", "associatedcompanyid"]].isna().all(axis=None)
    assert contacts.loc[~free, "associatedcompanyid"].notna().all()


@pytest.mark.parametrize("letter", ["ü", "É", "Ł", "佐", "Δ", "Ш", "ح", "श"])
def test_names_are_of_several_scripts(contacts: pd.DataFrame, letter: str) -> None:
    names = contacts["firstname"].str.cat(contacts["lastname"])
    assert names.str.contains(letter).any()


def test_a_longer_form_fills_more_fields(told: pd.DataFrame) -> None:
    at_once = told[told["at"] == told["created"]]
    form = at_once[at_once["property"] == "first_conversion_event_name"].set_index("id")["value"]
    known = set(at_once[at_once["property"] == "jobtitle"]["id"])
    by_form = form.index.to_series().isin(known).groupby(form.str.split(":").str[0]).mean()
    assert by_form["Newsletter"] < by_form["E-book"] < by_form["Contact us"]


def test_an_import_tells_older_facts_in_one_entry_of_its_own_date(told: pd.DataFrame) -> None:
    found = told[(told["source"] == "IMPORT") & (told["property"] == "contract_end_date")]
    assert (found["at"] == found["created"]).all()
    assert (pd.to_datetime(found["value"]).astype("int64") // 10**6 < found["at"]).mean() > 0.1
    many = told[(told["source"] == "IMPORT") & (told["property"] == "email")]
    assert many["created"].value_counts().max() > 5


def test_contacts_come_over_the_whole_span_and_more_of_late() -> None:
    for span in (200, 730):
        created = world(span=f"{span}D").contacts["createdate"]
        assert NOW.floor("D") - created.min() < pd.Timedelta(days=span)
        assert created.max() - created.min() > pd.Timedelta(days=0.95 * span)
        assert (created > NOW - pd.Timedelta(days=span / 2)).mean() > 0.52


# ------------------------------------------------------------------ the journey


def test_customers_stay_customers_and_stages_only_go_up(told: pd.DataFrame) -> None:
    order = {name: place for place, name in enumerate(STAGES)}
    found = told[told["property"] == "lifecyclestage"]
    steps = found["value"].map(order).groupby(found["id"]).diff().dropna()
    assert (steps > 0).all()
    assert set(found["value"]) == set(STAGES)


STAGES = (
    *("subscriber", "lead", "marketingqualifiedlead"),
    *("salesqualifiedlead", "opportunity", "customer"),
)


def test_each_stage_has_its_dates(told: pd.DataFrame) -> None:
    stage = told[told["property"] == "lifecyclestage"]
    for name in STAGES:
        entered = stage[stage["value"] == name].set_index("id")["at"]
        for date in (f"hs_lifecyclestage_{name}_date", f"hs_v2_date_entered_{name}"):
            found = told[told["property"] == date].set_index("id")
            assert found["at"].equals(entered), date
            assert (pd.to_datetime(found["value"]).astype("int64") // 1000).equals(entered), date


def test_what_only_customers_have_comes_at_or_after_the_conversion(told: pd.DataFrame) -> None:
    converted = first_entries(told[told["value"] == "customer"], "lifecyclestage")
    for name in ONLY_AFTER:
        first = first_entries(told, name)
        assert set(first.index) <= set(converted.index), name
        assert (first >= converted.loc[first.index]).all(), name


def test_todays_values_leak_marketing_stops_and_logins_begin(told: pd.DataFrame) -> None:
    converted = first_entries(told[told["value"] == "customer"], "lifecyclestage")
    after = told[told["at"] > told["id"].map(converted)]
    counted = after["property"].value_counts()
    assert not {"hs_email_delivered", "hs_email_open", "num_conversion_events"} & set(counted.index)
    assert counted["product_logins"] > 3 * len(converted)
    assert counted["hs_analytics_num_visits"] > 3 * len(converted)


def test_who_unsubscribes_opens_no_mail_any_more(told: pd.DataFrame) -> None:
    left = first_entries(told, "hs_email_optout")
    assert len(left) > 100
    later = told[told["at"] > told["id"].map(left)]
    assert not later["property"].str.contains("hs_email_(?:open|click|delivered)").any()


def test_salespeople_call_those_who_look_good(contacts: pd.DataFrame) -> None:
    called = contacts["num_contacted_notes"].notna()
    by = called.groupby(contacts["seniority"]).mean()
    assert by["student"] + 0.2 < by["head"]
    assert by["student"] + 0.2 < by["chief"]


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


def test_after_a_drift_paid_search_brings_hardly_any_customers() -> None:
    found = world(contacts=20_000, drift="2024-06-01").contacts
    later = found[found["createdate"] > "2024-06-01"]
    won = later["closedate"].notna().groupby(later["hs_analytics_source"]).mean()
    assert won["PAID_SEARCH"] < 0.4 * won.drop("PAID_SEARCH").mean()


@pytest.mark.parametrize("name", ["account_review_score", "account_tier"])
def test_a_planted_leak_looks_innocent_and_tells_the_outcome(name: str) -> None:
    told = history(leak=name)
    found = world(leak=name).contacts
    assert {p["name"] for p in world(leak=name).properties} >= {name}
    set_at = first_entries(told, name)
    converted = first_entries(told[told["value"] == "customer"], "lifecyclestage")
    both = set_at.index.intersection(converted.index)
    assert (set_at[both] >= converted[both]).all()
    assert (set_at[both] <= converted[both] + 5 * DAY).all()
    assert len(both) > 0.8 * len(converted) * 0.9
    known = found[found[name].notna()]
    value = known[name].map({"low": 0, "medium": 1, "high": 2}) if "tier" in name else known[name]
    assert roc_auc_score(known["closedate"].notna(), value) > 0.9


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
