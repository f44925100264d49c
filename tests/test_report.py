"""The front door of the reports: every one a tidy frame with a picture of its name."""

import pandas as pd
import pytest
from worldstore import world_store

import leadscore as ls
from leadscore.errors import DataError
from leadscore.pictures import to_png
from leadscore.sandbox.world import simulate

GOAL = ls.reaches("customer", within="90D")
WITH_GOAL = ("sources", "campaigns", "cohorts")
NO_REPORTS = {"Uploaded", "past_scores", "take_back", "upload"}
SCORED = {"tiers": "by_tier", "owners": "by_owner"}


@pytest.fixture(scope="module")
def crm(tmp_path_factory):
    world = simulate(contacts=300, seed=2, now="2026-11-01")
    return world_store(tmp_path_factory.mktemp("world") / "crm", world)


def frame(name, store):
    return getattr(ls.report, name)(*((store, GOAL) if name in WITH_GOAL else (store,)))


@pytest.mark.parametrize("name", sorted(set(dir(ls.plots)) & set(ls.report.__all__)))
def test_a_report_of_a_portal_is_a_tidy_frame_with_a_picture_of_its_name(crm, name):
    found = frame(name, crm)
    assert isinstance(found, pd.DataFrame)
    assert len(found)
    assert found.index.equals(pd.RangeIndex(len(found)))
    assert found.attrs["report"] == name
    assert to_png(getattr(ls.plots, name)(found), dpi=40).startswith(b"\x89PNG")


def test_every_report_has_its_picture():
    named = {n for n in ls.report.__all__ if not n.startswith("write")} - NO_REPORTS
    assert named - SCORED.keys() <= set(ls.plots.__all__)
    assert set(SCORED) <= named
    assert set(SCORED.values()) <= set(ls.plots.__all__)


@pytest.mark.parametrize("name", sorted({*WITH_GOAL, "funnel", "speed_to_lead", "ages", "tiers"}))
def test_a_table_of_leads_without_a_portals_properties_gets_a_clear_answer(store, name):
    store.write("contacts", pd.DataFrame({"id": ["1", "2"], "y": ["yes", "no"]}))
    store.ledger.set_checkpoint("synced_at", "2026-09-01T00:00:00+00:00")
    with pytest.raises(DataError) as refused:
        frame(name, store)
    assert refused.value.hint


def test_a_table_of_leads_can_be_reported_by_its_own_columns(store):
    rows = {"id": ["1", "2", "3"], "y": ["yes", "no", "no"], "channel": ["web", "web", "fair"]}
    store.write("contacts", pd.DataFrame(rows))
    store.ledger.set_checkpoint("synced_at", "2026-09-01T00:00:00+00:00")
    found = ls.report.sources(store, ls.property_equals("y", "yes"), by="channel")
    assert found.set_index("source")["rate"].to_dict() == {"web": 0.5, "fair": 0.0}
    assert len(ls.report.completeness(store)) == 2
