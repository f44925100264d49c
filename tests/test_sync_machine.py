"""Whatever people do in the portal, and wherever a sync breaks off: the store follows."""

from __future__ import annotations

import shutil
import tempfile

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from portals import Hand, truth, unpaced

from leadscore.errors import HubSpotError
from leadscore.hubspot.connection import connect
from leadscore.sandbox import open_sandbox
from leadscore.store import open_store
from leadscore.syncing import sync

PLACES = st.integers(0, 10_000)
TITLES = st.sampled_from(["Beekeeper", "Falconer", "Cooper", "Tanner"])


class Market(RuleBasedStateMachine):
    """A portal that people work in, and a store that follows it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.sandbox = open_sandbox(contacts=40, seed=2, limits=False, process=False)
        self.portal = connect(self.sandbox)
        unpaced(self.portal)
        self.store = open_store(self.folder)
        self.hand = Hand(self.portal)
        self.in_step = False

    def teardown(self) -> None:
        self.store.close()
        self.portal.close()
        self.sandbox.close()
        shutil.rmtree(self.folder)

    def _one(self, place: int) -> str:
        ids = sorted(truth(self.sandbox, "hs_object_id"), key=int)
        return ids[place % len(ids)]

    @rule(place=PLACES, title=TITLES)
    def edit(self, place: int, title: str) -> None:
        self.in_step = False
        self.hand.edit(self._one(place), jobtitle=title)

    @rule(title=TITLES)
    def create(self, title: str) -> None:
        self.in_step = False
        self.hand.create(jobtitle=title)

    @rule(place=PLACES)
    def archive(self, place: int) -> None:
        self.in_step = False
        if len(truth(self.sandbox, "hs_object_id")) > 5:
            self.hand.archive(self._one(place))

    @rule(place=PLACES)
    def erase(self, place: int) -> None:
        self.in_step = False
        if len(truth(self.sandbox, "hs_object_id")) > 5:
            self.hand.erase(self._one(place))

    @rule(one=PLACES, other=PLACES)
    def merge(self, one: int, other: int) -> None:
        self.in_step = False
        first, second = self._one(one), self._one(other)
        if first != second:
            self.hand.merge(first, second)

    @rule(hours=st.integers(1, 48))
    def wait(self, hours: int) -> None:
        self.sandbox.advance(hours * 3600)

    @rule(nth=st.integers(1, 25))
    def a_sync_breaks_off(self, nth: int) -> None:
        self.sandbox.faults(
            {"match": {"path": "*", "nth": {"from": nth}}, "action": {"status": 400}}
        )
        try:
            sync(self.portal, self.store, progress=False)
        except HubSpotError:
            pass
        finally:
            self.sandbox.clear_faults()

    @rule(full=st.booleans())
    def sync(self, full: bool) -> None:
        assert sync(self.portal, self.store, full=full, progress=False).complete
        self.in_step = True

    @invariant()
    def a_store_in_step_holds_what_the_portal_holds(self) -> None:
        if self.in_step:
            titles = self.store.contacts(["id", "jobtitle"]).set_index("id")["jobtitle"]
            mine = {one: title if title == title else None for one, title in titles.items()}
            assert mine == truth(self.sandbox, "jobtitle")
            history = self.store.read("history")
            contacts = history.loc[history["object"] == "contacts", "id"]
            assert set(contacts) <= set(titles.index)
            keys = ["object", "id", "property", "timestamp", "value"]
            assert not history.duplicated(keys).any()


TestMarket = pytest.mark.slow(Market.TestCase)
TestMarket.settings = settings(
    max_examples=15,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
