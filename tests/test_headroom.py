from __future__ import annotations

import pytest

from leadscore.headroom import usage

TYPES = ["str", "Int64", "Int64", "Int64", "datetime64[us, UTC]"]


@pytest.mark.parametrize("sandbox", [{"limits": True, "contacts": 5}], indirect=True)
def test_requests_and_properties_are_told_with_what_is_left(portal, sandbox):
    found = usage(portal)
    assert [str(kind) for kind in found.dtypes] == TYPES
    today = found.set_index("what").loc["requests today"]
    assert (today["allowed"], today["used"] + today["left"]) == (625_000, 625_000)
    assert today["used"] > 0
    assert today["resets_at"] == portal.next_midnight()
    rows = found.set_index("what")
    assert rows.loc["requests in 10 s", "allowed"] == 190
    assert rows.loc["custom properties of contacts", "left"] > 0
    assert "custom properties of tasks" in rows.index


def test_what_a_token_may_not_ask_is_left_out(portal, sandbox):
    sandbox.portal.scopes = {"oauth"}
    assert not usage(portal)["what"].str.startswith("custom").any()


def test_a_portal_that_states_nothing_is_an_empty_frame_of_the_same_types(portal, sandbox):
    sandbox.portal.scopes = {"oauth"}
    sandbox.faults({"match": {"path": "*/api-usage/*"}, "action": {"status": 404}})
    found = usage(portal)
    assert [str(kind) for kind in found.dtypes] == TYPES
    assert found.empty
