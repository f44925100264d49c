from __future__ import annotations

import tempfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from historystore import DAY, START, history_store
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.evidence import gather
from leadscore.goals import reaches
from leadscore.knownthen import known_then, values_at
from leadscore.pasts import Past
from leadscore.store import open_store

GOAL = reaches("customer")
BASE = START.value // 10**6
DAY_MS = 86_400_000
VALUES = {
    "opens": ["1", "2.5", ""],
    "optout": ["true", "false", ""],
    "asked": ["2026-01-05T10:00:00Z", "2026-02-01T00:00:00Z"],
    "title": ["chief", "clerk", ""],
    "topics": ["a;b", "b", ""],
}
entry = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.tuples(
        st.sampled_from(["1", "2"]), st.just(name), st.sampled_from(VALUES[name]), st.integers(0, 9)
    )
)


def _slow(text, name):
    if text in (None, ""):
        return None
    if name == "opens":
        return float(text)
    if name == "optout":
        return text == "true"
    if name == "asked":
        return pd.Timestamp(text)
    return text.split(";") if name == "topics" else text


def _missing(value):
    return value is None or (not isinstance(value, list) and pd.isna(value))


@settings(max_examples=25)
@given(st.lists(entry, max_size=16), st.integers(0, 10))
def test_small_histories_give_what_a_loop_over_their_entries_gives(entries, day):
    entries = list(
        {(who, name, at): (who, name, text, at) for who, name, text, at in entries}.values()
    )
    with tempfile.TemporaryDirectory() as folder, open_store(folder) as store:
        history_store(store, {"1": 0, "2": 0}, entries)
        found = gather(store, GOAL)
        columns = known_then(found, np.array([0, 1]), np.full(2, BASE + day * DAY_MS))
    for place, who in enumerate(["1", "2"]):
        for name in VALUES:
            past = sorted((at, text) for w, n, text, at in entries if (w, n) == (who, name))
            known = [text for at, text in past if at <= day]
            expected = _slow(known[-1] if known else None, name)
            value = columns[name].iloc[place] if name in columns else None
            assert _missing(value) if expected is None else value == expected, name


def test_columns_are_typed_as_the_stores_own(store):
    entries = [("1", name, texts[0], 1) for name, texts in VALUES.items()]
    history_store(store, {"1": 0}, entries)
    columns = known_then(gather(store, GOAL), np.array([0]), np.array([BASE + 2 * DAY_MS]))
    stored = store.contacts()
    for name in VALUES:
        assert columns[name].dtype == stored[name].dtype, name
        assert columns[name].tolist() == stored[name].tolist(), name


def test_what_is_known_from_the_start_and_the_owner_of_then_are_there(store):
    entries = [("1", "hubspot_owner_id", "41", 1), ("1", "hubspot_owner_id", "42", 9)]
    history_store(store, {"1": 0}, entries, more={"hs_email_domain": {"1": "web.example"}})
    columns = known_then(gather(store, GOAL), np.array([0]), np.array([BASE + 2 * DAY_MS]))
    assert columns["hs_email_domain"].tolist() == ["web.example"]
    assert columns["hubspot_owner_id"].tolist() == ["41"]
    assert columns["createdate"].tolist() == [START]


@pytest.mark.parametrize(("own", "expected"), [([9], "41"), ([], "42")])
def test_the_company_is_that_of_then_or_todays_where_no_history_tells(store, own, expected):
    entries = [("1", "associatedcompanyid", "41", 1)] if own else []
    entries += [("1", "associatedcompanyid", "42", day) for day in own]
    more = {} if own else {"associatedcompanyid": {"1": "42"}}
    history_store(store, {"1": 0}, [*entries, ("1", "opens", "1", 1)], more=more)
    found = gather(store, GOAL)
    columns = known_then(found, np.array([0]), np.array([BASE + 2 * DAY_MS]))
    assert columns["associatedcompanyid"].tolist() == [expected]
    assert columns["associatedcompanyid"].dtype == "str"
    assert "associatedcompanyid" not in found.names
    assert found.excluded == []


def test_derived_columns_follow_their_property(store):
    created = {str(i): 0 for i in range(30)}
    entries = [(one, "opens", str(day), day) for one in created for day in (1, 2, 3)]
    history_store(store, created, entries)
    columns = known_then(gather(store, GOAL), np.array([4]), np.array([BASE + 5 * DAY_MS]))
    own = [name for name in columns if name.startswith("opens")]
    assert own == ["opens", "opens__7d", "opens__30d", "opens__90d", "opens__since"]
    assert [columns[name].iloc[0] for name in own] == [3, 3, 3, 3, 2]
    assert DAY.days == 1


def test_no_entry_is_a_missing_value_of_every_type():
    for kind in ("number", "bool", "time", "text", "options"):
        past = Past(
            kind, np.zeros(0, "int32"), np.zeros(0, "int64"), np.zeros(0), pa.array([], "str")
        )
        assert values_at(past, np.array([-1])).isna().all(), kind
