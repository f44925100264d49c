from __future__ import annotations

import pytest

import leadscore as ls

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


def test_a_run_tells_of_every_row_also_when_it_is_read_again(portal, store):
    rows = {"email": "a@example.com", "city": "Ulm"}
    options = {"workspace": store.workspace, "progress": False}
    plan = ls.upsert(portal, "contacts", rows, dry_run=True, **options)
    first = ls.apply(portal, plan, progress=False)
    again = ls.apply(portal, plan, progress=False)
    assert first == again
    assert first.as_dict() == {"run": first.id, **first.counts, "verified": 1}
    assert sum(first.counts.values()) == len(first.results) == 1
    assert "created" in first._repr_html_()
