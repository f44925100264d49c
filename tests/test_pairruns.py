from __future__ import annotations

import pandas as pd
import pytest

from leadscore.finding import find
from leadscore.pairing import associate
from leadscore.pairruns import OUTCOMES, PairRun


@pytest.fixture
def run(portal, tmp_path):
    contact = find(portal, "contacts")["id"][0]
    companies = find(portal, "companies")["id"].iloc[-2:]
    pairs = pd.DataFrame({"from_id": contact, "to_id": [*companies, "404"]}, index=list("xyz"))
    return associate(portal, "contacts", "companies", pairs, workspace=tmp_path, progress=False)


def test_the_results_are_in_the_order_and_index_of_what_was_given(run):
    assert isinstance(run, PairRun)
    assert list(run.results.index) == ["x", "y", "z"]
    assert list(run.results["state"]) == ["associated", "associated", "rejected"]
    assert run.results["reason"]["z"] == "No company with ID 404 exists"


def test_the_counts_add_up_to_the_rows(run):
    assert list(run.counts) == list(OUTCOMES)
    assert sum(run.counts.values()) == 3
    assert run.as_dict()["verified"] == 2
    assert "associated" in run._repr_html_()
