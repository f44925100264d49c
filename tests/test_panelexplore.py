from __future__ import annotations

import pytest

import leadscore as ls
from leadscore.errors import DataError
from leadscore.panelexplore import record_url
from leadscore.settings import HUBSPOT_URL

HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture
def panel(portal, store, scores):
    reason = {"property": "seats", "value": 40.0, "contribution": 0.4}
    scores["reasons_for"] = [[reason]] * len(scores)
    scores.loc[3, "reasons"] = HOSTILE
    made = ls.widgets.explore(store, scores, portal=portal)
    assert made.widget is not None
    return made


def _first_search(panel, way, text):
    panel.way.value = way
    panel.search.value = text
    return list(panel.found.options)


def test_a_contact_is_found_by_id_and_shown_with_both_pictures(panel, scores):
    wanted = scores["contact_id"].iloc[9]
    assert _first_search(panel, "contact id", wanted)[0][1] == wanted
    assert panel.contact == wanted
    assert panel._details.value.count("<img ") == 2
    assert f"<b>{wanted}</b>" in panel._details.value
    panel.show(scores["contact_id"].iloc[3])
    assert "<script" not in panel._details.value


def test_arrow_keys_move_through_what_was_found(panel, scores):
    options = _first_search(panel, "contact id", "1")
    panel.found.value = options[1][1]
    assert panel.contact == options[1][1]


def test_an_address_is_asked_of_the_portal_and_kept_nowhere(sandbox, panel):
    contact, address = next(
        (one["id"], one["properties"]["email"])
        for one in panel._portal.transport.call(
            "GET", panel._portal.path("objects", "contacts") + "?properties=email&limit=5"
        )["results"]
        if one["properties"].get("email")
    )
    assert [one for _, one in _first_search(panel, "e-mail", address)] == [contact]
    assert panel.search.value == ""
    assert address not in panel._details.value + panel.page() + repr(panel)


def test_a_record_is_linked_in_hubspot_and_never_for_a_sandbox(portal):
    assert record_url(portal, "1") == ""
    portal.base_url = HUBSPOT_URL
    assert record_url(portal, "12").endswith(f"/contacts/{portal.id}/record/0-1/12")
    assert record_url(portal, "12/../x") == ""


def test_without_scores_that_is_said(store, scores):
    with pytest.raises(DataError, match="no scored contacts"):
        ls.widgets.explore(store, scores.head(0))


def test_page_and_text_are_about_the_contact_shown(panel, scores):
    assert scores["contact_id"].iloc[0] in panel.text()
    assert "Seats needed is 40" in panel.text()
