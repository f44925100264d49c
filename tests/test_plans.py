from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
import pytest

from leadscore.errors import PlanError
from leadscore.planning import plan
from leadscore.plans import load_plan


def test_a_plan_comes_back_from_its_file_as_it_was(portal, scores):
    made = plan(portal, scores, progress=False)
    again = load_plan(made.path)
    pd.testing.assert_frame_equal(again.changes, made.changes)
    assert again.as_dict() == made.as_dict()
    assert sum(map(len, again.batches())) == len(made.changes)


def test_an_edited_plan_is_refused(portal, scores):
    made = plan(portal, scores, progress=False)
    metadata = pq.read_metadata(made.path).metadata
    table = pq.read_table(made.path).slice(1)
    pq.write_table(table.replace_schema_metadata(metadata), made.path)
    with pytest.raises(PlanError, match="edited"):
        load_plan(made.path)


def test_a_plan_shows_itself_with_nothing_of_a_contact_live(portal, scores):
    scores["reasons"] = "<script>alert(1)</script>"
    assert "<script>" not in plan(portal, scores, progress=False)._repr_html_()
