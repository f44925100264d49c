from __future__ import annotations

from contextlib import suppress

import pytest
from dying import Died, dying
from portals import Hand

from leadscore.hubspot.paths import VERSIONS
from leadscore.planning import plan
from leadscore.syncing import sync
from leadscore.writeback import apply


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


@pytest.fixture
def written(portal, store, scores):
    """The store after scores of every contact were written to the portal."""
    apply(portal, plan(portal, scores), progress=False)
    return store


def test_our_own_writing_makes_no_contact_look_new(portal, written):
    done = sync(portal, written, progress=False)
    assert done.changed["contacts"] == 0
    assert not done.full["contacts"]


def test_what_somebody_changed_after_our_writing_is_seen(portal, written):
    first = written.contacts(["id"])["id"].iloc[0]
    Hand(portal).edit(first, jobtitle="Beekeeper")
    assert sync(portal, written, progress=False).changed["contacts"] == 1


def test_what_somebody_changed_before_our_writing_is_seen(portal, store, scores):
    first = store.contacts(["id"])["id"].iloc[0]
    Hand(portal).edit(first, jobtitle="Beekeeper")
    apply(portal, plan(portal, scores), progress=False)
    assert sync(portal, store, progress=False).changed["contacts"] == 1
    titles = store.contacts(["id", "jobtitle"]).set_index("id")["jobtitle"]
    assert titles[first] == "Beekeeper"


def test_what_a_killed_run_wrote_makes_no_contact_look_new_when_it_is_finished(
    portal, store, scores
):
    made = plan(portal, scores, progress=False)
    with dying(29), suppress(Died):
        apply(portal, made, progress=False)
    assert 0 < sum(store.ledger.counts(store.ledger.run_of(made.id)).values()) < len(scores)
    apply(portal, made, progress=False)
    changed = sync(portal, store, progress=False).changed["contacts"]
    resolved = store.ledger.counts(store.ledger.run_of(made.id))["resolved"]
    assert changed <= resolved
