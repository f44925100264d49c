from __future__ import annotations

import pytest

from leadscore.errors import DataError, UsageError
from leadscore.steps import newest_model, newest_scores, property_names
from leadscore.syncing import sync


def test_a_property_goes_by_its_name_or_by_its_label(portal, store):
    sync(portal, store, progress=False)
    label = store.properties("contacts").set_index("name").loc["jobtitle", "label"]
    assert property_names(store, ["jobtitle", label]) == ["jobtitle", "jobtitle"]


def test_a_property_that_is_not_there_suggests_the_nearest(portal, store):
    sync(portal, store, progress=False)
    with pytest.raises(UsageError, match="jobtitle"):
        property_names(store, ["jobtitel"])


def test_what_was_not_made_yet_says_which_command_makes_it(store):
    with pytest.raises(DataError, match="leadscore train"):
        newest_model(store)
    with pytest.raises(DataError, match="leadscore score"):
        newest_scores(store)
