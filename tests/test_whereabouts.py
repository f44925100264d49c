from __future__ import annotations

import pytest
from portals import Hand

from leadscore.hubspot.paths import VERSIONS
from leadscore.whereabouts import whereabouts


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


def test_each_contact_that_is_gone_is_told_how(portal):
    hand = Hand(portal)
    page = portal.client.crm.contacts.basic_api.get_page(limit=5).results
    binned, erased, primary, merged, there = (one.id for one in page)
    hand.archive(binned)
    hand.erase(erased)
    survivor = hand.merge(primary, merged)
    told = whereabouts(portal, [binned, erased, merged, there])
    assert told[binned].startswith("Archived")
    assert told[erased].startswith("Erased")
    assert told[merged].startswith(f"Merged into contact {survivor}")
    assert "left it out" in told[there]


def test_nobody_is_looked_up_where_nobody_is_missing(portal):
    sent = portal.requests
    assert whereabouts(portal, []) == {}
    assert portal.requests == sent
