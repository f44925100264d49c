from __future__ import annotations

import pytest

import leadscore as ls
from leadscore.panelproperties import filled_properties


@pytest.fixture
def synced(portal, store):
    ls.sync(portal, store, progress=False)
    return store


def test_properties_are_found_narrowed_and_chosen(synced):
    panel = ls.widgets.properties(synced, ["jobtitle", "no_such"])
    assert panel.chosen == ["jobtitle"]
    assert panel.widget is not None
    panel.search.value = "lifecycle"
    assert panel.chosen == ["jobtitle"]
    panel.list.value = ["lifecyclestage"]
    assert panel.chosen == ["jobtitle", "lifecyclestage"]
    panel.search.value = ""
    assert set(panel.list.value) == {"jobtitle", "lifecyclestage"}
    panel.list.value = ["lifecyclestage"]
    assert panel.chosen == ["lifecyclestage"]
    assert "1 of" in panel.text()


def test_the_share_filled_is_that_of_the_contacts(synced):
    found = filled_properties(synced).set_index("name")
    expected = synced.contacts(["jobtitle"])["jobtitle"].notna().mean()
    assert found["filled"]["jobtitle"] == pytest.approx(expected)
    assert found["filled"].is_monotonic_decreasing
