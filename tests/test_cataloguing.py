from __future__ import annotations

import pyarrow as pa
import pytest

from leadscore.cataloguing import read_catalogue, replace_small
from leadscore.hubspot.paths import VERSIONS


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


def test_owners_and_deal_pipelines_are_in_the_store_without_personal_data(portal, store):
    barred: dict[str, str] = {}
    read_catalogue(portal, store, barred)
    assert barred == {}
    assert "closedwon" in set(store.read("pipelines")["stage"])
    assert store.rows("owners") > 0
    assert not {"email", "first_name", "last_name"} & set(store.read("owners").columns)


def test_what_the_token_may_not_read_is_named_and_the_rest_is_read(portal, store, sandbox):
    sandbox.faults({"match": {"path": "*owners*"}, "action": {"status": 403}})
    barred: dict[str, str] = {}
    read_catalogue(portal, store, barred)
    assert "owners" in barred
    assert store.has("pipelines")


def test_a_small_table_is_written_only_when_it_differs(store):
    rows = pa.table({"id": ["1", "2"], "options": [["a"], None]})
    replace_small(store, "owners", rows)
    replace_small(store, "owners", rows)
    assert store.version("owners") == 0
    replace_small(store, "owners", rows.append_column("team", pa.array(["x", "y"])))
    assert (store.version("owners"), store.rows("owners")) == (1, 2)
