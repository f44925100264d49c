"""The page of a portal: whole, private, and inert whatever its names are."""

import stat

import pytest
from crmstores import fill, person
from htmlreading import ATTRIBUTES, ELEMENTS, HOSTILE, Page

from leadscore.errors import DataError
from leadscore.goals import reaches
from leadscore.portalpage import write_portal
from leadscore.store import open_store

GOAL = reaches("customer", within="90D")
CALLED = {"notes_last_contacted": "2026-02-03T00:10:00+00:00", "num_contacted_notes": 1}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return the page of a portal in which every name tries to be more than a name."""
    folder = tmp_path_factory.mktemp("crm")
    people = [
        person(
            str(n),
            f"2026-01-{10 + n}",
            won="2026-02-20" if n % 3 == 0 else None,
            hs_analytics_source=text,
            utm_campaign=text,
            hubspot_owner_id=text,
            **CALLED,
        )
        for n, text in enumerate(HOSTILE)
    ]
    store = fill(open_store(folder), people)
    about = store.properties("contacts")
    about["label"] = about["label"] + " " + HOSTILE[0] + HOSTILE[6]
    store.write("properties", about)
    return write_portal(store, GOAL)


def test_only_elements_and_attributes_of_the_list_are_in_the_page(page):
    read = Page(page)
    for tag, attributes in read.tags:
        assert tag in ELEMENTS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()), (tag, attributes)
    assert read.comments == []
    assert read.open == []


def test_hostile_names_are_shown_as_text_without_control_codes(page):
    text = page.read_text("utf-8")
    assert "<script>" not in text
    assert "<script>alert(1)</script>" in Page(page).text
    assert not set("\x1b\x07\u202e\u2066") & set(text)
    assert "Content-Security-Policy" in text
    assert "http" not in text.replace('http-equiv="', "").replace("http://evil", "")


def test_the_page_has_every_report_as_picture_and_table(page):
    read = Page(page)
    for heading in (
        "The funnel",
        "Sources",
        "Campaigns",
        "Cohorts",
        "Speed to lead",
        "Completeness",
    ):
        assert heading in read.text
    assert len(read.of("img")) == 10
    assert all(str(image["src"]).startswith("data:image/png;base64,") for image in read.of("img"))
    assert "Not to be had: No scores have been given in this workspace." in read.text


def test_the_page_is_for_its_owner_alone_in_the_workspace(page):
    assert page.name == "portal.html"
    assert page.parent.name == "reports"
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_an_empty_portal_has_a_page_that_says_so(store):
    read = Page(write_portal(fill(store, []), GOAL))
    assert "0 contacts, 0 of them open." in read.text
    assert read.of("img") == []


def test_a_store_that_was_never_synced_has_no_page(store):
    with pytest.raises(DataError, match="never synced"):
        write_portal(store, GOAL)
