"""Which records a file goes to, and the record of it."""

from __future__ import annotations

import pandas as pd
import pytest

from leadscore.attachments import Attachments, carried_out, frame_of, records_of, without_missing
from leadscore.errors import LeadscoreError
from leadscore.ledger import Ledger

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


@pytest.mark.parametrize(
    "to",
    [
        ("contacts", "7"),
        ("contact", 7),
        ("0-1", ["7", "7"]),
        "contacts:7",
        ("contacts", pd.Series(["7"])),
        ("contacts", pd.DataFrame({"id": ["7"], "email": ["ada@example.com"]})),
        pd.DataFrame({"object_type": ["contacts"], "id": [7]}),
    ],
)
def test_records_may_be_told_in_many_ways(portal, to):
    assert records_of(portal, to) == {"contacts": ["7"]}


@pytest.mark.parametrize(
    "to",
    [
        ("contacts", "x"),
        ("contacts", []),
        ("contacts",),
        "contacts",
        ("cntacts", "7"),
        pd.DataFrame({"id": ["7"]}),
        ("contacts", pd.DataFrame({"email": ["ada@example.com"]})),
    ],
)
def test_what_tells_no_record_is_refused(portal, to):
    with pytest.raises(LeadscoreError) as refused:
        records_of(portal, to)
    assert refused.value.hint or "no record" in refused.value.message


def test_every_record_is_accounted_for_in_the_ledger_and_in_the_frame(portal, tmp_path):
    ids = [one.id for one in portal.client.crm.contacts.basic_api.get_page(limit=2).results]
    records = {"contacts": [ids[0], "404", ids[1]]}
    ledger = Ledger(tmp_path / "ledger.sqlite")
    run = ledger.start_run("attach")
    there = without_missing(portal, records)
    results = carried_out(portal, ledger, run, "77", records, there, text="a", progress=False)
    assert results["state"].tolist() == ["attached", "missing", "attached"]
    counts = ledger.counts(run, action="notes on contacts")
    assert (counts["written"], counts["missing"]) == (2, 1)
    ledger.close()


@pytest.mark.usefixtures("sandbox")
def test_outcomes_show_themselves_and_add_up():
    results = frame_of([("contacts", "7", "attached", "9", ""), ("deals", "8", "missing", "", "")])
    done = Attachments("r", "77", results)
    assert done.as_dict()["attached"] == 1
    assert sum(done.counts.values()) == 2
    assert "1 attached, 1 missing" in done._repr_html_()
