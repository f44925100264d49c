from __future__ import annotations

import pyarrow as pa
import pytest
from portals import truth
from synctasks import task_of

from leadscore import reconciling
from leadscore.hubspot.paths import VERSIONS
from leadscore.reconciling import differences


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


@pytest.fixture
def task(portal, store):
    """A sync that has read nothing yet."""
    return task_of(portal, store, history=[])


def _ids(sandbox):
    return sorted(truth(sandbox, "hs_object_id"), key=int)


def test_a_reading_that_is_right_costs_one_search(task, sandbox, portal):
    before = portal.requests
    found = differences(task, pa.array(_ids(sandbox)))
    assert (found.surplus, found.unseen, found.explained) == ([], [], True)
    assert portal.requests - before == 1


@pytest.mark.parametrize("sandbox", [{"contacts": 900}], indirect=True)
def test_what_was_not_read_and_what_left_is_found_one_by_one(task, sandbox):
    ids = _ids(sandbox)
    missed, stranger = {ids[500], ids[501], ids[899]}, "7"
    found = differences(task, pa.array([*(set(ids) - missed), stranger]))
    assert set(found.unseen) == missed
    assert found.surplus == [stranger]
    assert found.explained


@pytest.mark.parametrize("sandbox", [{"contacts": 900}], indirect=True)
def test_the_searches_are_of_the_differences_and_not_of_the_portal(task, sandbox, portal):
    before = portal.requests
    ids = _ids(sandbox)
    differences(task, pa.array([*ids, str(int(ids[-1]) + 7)]))
    assert portal.requests - before < 12


@pytest.mark.parametrize("sandbox", [{"contacts": 900}], indirect=True)
def test_more_differences_than_searches_are_not_explained(task, sandbox, monkeypatch):
    monkeypatch.setattr(reconciling, "_SEARCHES", 3)
    found = differences(task, pa.array(_ids(sandbox)[::2]))
    assert not found.explained


def test_a_portal_without_records_is_no_difference_to_none(task, sandbox):
    found = differences(task, pa.array([], pa.string()))
    assert len(found.unseen) == 0 or found.explained


def test_ids_that_are_no_numbers_are_only_counted(task, sandbox):
    odd = pa.array([f"x{n}" for n in range(250)])
    assert differences(task, odd).explained
    assert not differences(task, odd.slice(1)).explained
