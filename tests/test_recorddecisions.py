from __future__ import annotations

import pytest

from leadscore.hubspot.properties import definitions
from leadscore.recorddecisions import Asked, Decisions
from leadscore.recordmatching import Matching, Sheet

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


@pytest.fixture
def decide(portal):
    """Return a function that decides rows with the records that they find."""

    def decided(*rows, **asked):
        wishes = Asked(match="email", on_error="reject", **asked)
        sheet = Sheet(
            "contacts", definitions(portal, "contacts"), "email", clear=False, refuse=False
        )
        decisions = Decisions(portal, Matching(portal, sheet, has_key=False), wishes, "p")
        fates = []
        for number, (given, hits) in enumerate(rows):
            one = sheet.wanted(number, given)
            one.hits = hits
            fates.append(decisions.decide(one))
        return fates

    return decided


def _mail(n, **more):
    return {"email": f"{n}@example.com", **more}


def test_two_keys_of_one_record_are_done_once(decide):
    hit = [("7", {"email": "1@example.com", "hs_additional_emails": "2@example.com"})]
    (first, _), (second, fate) = decide((_mail(1, city="Ulm"), hit), (_mail(2, city="Bonn"), hit))
    assert first.new == {"city": "Ulm"}
    assert second is None
    assert fate.new["to"] == "duplicate"
    assert "Row 0" in fate.new["reason"]


def test_only_what_differs_is_written_with_what_was_there(decide):
    live = {"email": "1@example.com", "city": "Ulm", "numberofthings": "3"}
    ((change, _),) = decide((_mail(1, city="Ulm", phone="1"), [("7", live)]))
    assert (change.contact, change.old, change.new) == ("7", {"phone": ""}, {"phone": "1"})


def test_a_new_contact_without_a_name_or_address_cannot_be(decide):
    ((_, fate),) = decide(({"city": "Ulm"}, []), how="create")
    assert fate.new["to"] == "rejected"
    assert "email or firstname or lastname" in fate.new["reason"]


def test_a_new_contact_without_an_address_gets_a_key_of_ours(decide):
    ((change, _),) = decide(({"lastname": "Lovelace"}, []), how="create")
    assert change.new == {"lastname": "Lovelace", "leadscore_key": "run-p-0"}
