from __future__ import annotations

import pytest

from leadscore.finding import find
from leadscore.pairing import associate
from leadscore.pairinput import PairRow
from leadscore.pairplanning import plan_pairs

ENDS = ("contacts", "companies")


@pytest.fixture
def pair(portal):
    return find(portal, "contacts")["id"][0], find(portal, "companies")["id"].iloc[-1]


def planned(portal, rows, tmp_path, how="associate"):
    return plan_pairs(portal, ENDS, rows, how=how, workspace=tmp_path, progress=False)


def test_two_labels_of_one_pair_are_one_change_and_two_rows(portal, pair, tmp_path):
    key = ":".join(pair)
    plan = planned(portal, [PairRow(key, ""), PairRow(key, "Primary")], tmp_path)
    (change,) = plan.of("associations")
    assert set(change.new) == {"HUBSPOT_DEFINED 279", "HUBSPOT_DEFINED 1"}
    assert plan.counts["associate"] == 2


def test_planning_reads_and_nothing_else(portal, pair, tmp_path, sandbox):
    planned(portal, [PairRow(":".join(pair), "")], tmp_path)
    assert not sandbox.writes()
    last = {one["path"].rpartition("/")[2] for one in sandbox.requests()[-2:]}
    assert last == {"labels", "read"}


def test_ending_takes_off_every_type_and_a_label_that_is_not_there_is_no_change(
    portal, pair, tmp_path
):
    associate(portal, *ENDS, pair, workspace=tmp_path, progress=False)
    key = ":".join(pair)
    (change,) = planned(portal, [PairRow(key, "")], tmp_path, "dissociate").of("associations")
    assert "HUBSPOT_DEFINED 279" in change.new
    assert set(change.new.values()) == {""}
    left = planned(portal, [PairRow(key, "Primary")], tmp_path, "dissociate")
    assert left.results[["state", "reason"]].values.tolist() == [
        ["unchanged", "They are associated, without this label."]
    ]
    nobody = planned(portal, [PairRow(f"{pair[0]}:404", "Primary")], tmp_path, "dissociate")
    assert list(nobody.results["reason"]) == ["They are not associated."]


@pytest.mark.parametrize(
    ("ends", "label"), [(ENDS, "Primary"), (ENDS[::-1], "Contact with Primary Company")]
)
def test_a_record_has_one_primary_company_and_the_last_row_names_it(portal, tmp_path, ends, label):
    contacts, companies = (find(portal, kind, limit=3)["id"].tolist() for kind in ENDS)
    pairs = [(contacts[0], one) for one in (companies[0], companies[1], companies[2])]
    pairs += [(contacts[1], companies[0]), pairs[1]]
    keys = [":".join(pair if ends == ENDS else pair[::-1]) for pair in pairs]
    rows = [PairRow(key, label) for key in keys]
    plan = plan_pairs(portal, ends, rows, how="associate", workspace=tmp_path, progress=False)
    states, reasons = list(plan.results["state"]), list(plan.results["reason"])
    assert [states[n] == "duplicate" for n in range(5)] == [True, False, True, False, True]
    assert f"a later row names {companies[1]}." in reasons[0]
    assert keys[0] not in {change.contact for change in plan.of("associations")}


def test_a_plan_says_which_portal_and_which_types_it_is_about(portal, pair, tmp_path):
    plan = planned(portal, [PairRow(":".join(pair), "")], tmp_path)
    assert (plan.portal_id, plan.ends, plan.how) == (portal.id, ENDS, "associate")
