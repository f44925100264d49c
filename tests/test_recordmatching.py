from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.hubspot.creating import create_batch
from leadscore.hubspot.properties import definitions
from leadscore.recordmatching import Matching, Sheet

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


def _found(portal, object_type, match, *rows, has_key=False):
    there = definitions(portal, object_type)
    sheet = Sheet(object_type, there, match, clear=False, refuse=False)
    wanted = [sheet.wanted(number, row) for number, row in enumerate(rows)]
    Matching(portal, sheet, has_key=has_key).find(wanted)
    return wanted


def test_a_record_is_found_by_its_id_as_text_or_number(portal):
    (contact, *_) = portal.client.crm.contacts.basic_api.get_page(limit=1).results
    rows = ({"id": contact.id}, {"id": int(contact.id)}, {"id": float(contact.id)}, {"id": "x"})
    *found, bad = _found(portal, "contacts", "id", *rows)
    assert {one.hits[0][0] for one in found} == {contact.id}
    assert "no id of a record" in bad.wrong


def test_any_property_finds_records_by_search_all_of_them(portal):
    made = {str(n): {"properties": {"name": name}} for n, name in enumerate(("A b", "A b", "C"))}
    create_batch(portal, "companies", made)
    two, one, none = _found(
        portal, "companies", "name", {"name": "A b"}, {"name": "C"}, {"name": "D"}
    )
    assert (len(two.hits), len(one.hits), len(none.hits)) == (2, 1, 0)


def test_columns_that_cannot_be_set_are_refused_by_name(portal):
    for name in ("id", "hs_object_id", "nope"):
        with pytest.raises(UsageError, match=name):
            _found(portal, "contacts", "email", {"email": "a@example.com", name: "1"})
