"""The properties of the simulated market."""

from __future__ import annotations

import pytest

from leadscore.sandbox.definitions import Definitions
from leadscore.sandbox.marketfields import NAMES, has_levels, leak_definition, market_definitions


def test_every_definition_is_one_that_hubspot_takes():
    definitions = Definitions("contacts")
    for body in [*market_definitions(), leak_definition("a_tier"), leak_definition("a_score")]:
        assert definitions.create(body, at="now")["name"] == body["name"]


@pytest.mark.parametrize("kind", ["contacts", "companies", "deals"])
def test_every_property_is_hubspots_or_defined_by_the_market(kind):
    own = {body["name"] for body in market_definitions()} if kind == "contacts" else set()
    assert set(NAMES[kind]) <= own | Definitions(kind).active.keys()
    assert len(NAMES[kind]) == len(set(NAMES[kind]))


def test_a_leak_has_levels_if_its_name_says_so():
    assert has_levels("account_tier")
    assert not has_levels("tier_score")
    assert leak_definition("account_tier")["options"]
