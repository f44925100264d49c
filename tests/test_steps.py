from __future__ import annotations

import pandas as pd
import pytest

from leadscore.errors import DataError, UsageError
from leadscore.steps import among, newest_scores, property_names, score_and_keep

KNOWN = {"jobtitle": {"label": "Job Title"}, "seats_needed": {"label": "seats needed"}}


def test_a_property_goes_by_its_name_or_by_its_label():
    assert property_names(KNOWN, ["jobtitle", "Job Title"]) == ["jobtitle", "jobtitle"]


def test_a_tables_own_name_wins_over_hubspots_property_of_that_name():
    known = {"createdate": {"label": "Create date"}, "table_createdate": {"label": "createdate"}}
    assert property_names(known, ["createdate"]) == ["table_createdate"]


def test_a_property_that_is_not_there_suggests_the_nearest():
    with pytest.raises(UsageError, match="jobtitle"):
        property_names(KNOWN, ["jobtitel"])


def test_a_property_without_any_value_may_be_left_out_too():
    assert among(pd.DataFrame({"a": [1]}), ["a", "empty"]) == ["a"]


def test_what_was_not_made_yet_says_which_command_makes_it(store):
    with pytest.raises(DataError, match="leadscore train"):
        score_and_keep(store)
    with pytest.raises(DataError, match="leadscore score"):
        newest_scores(store)
