from __future__ import annotations

import pyarrow as pa
import pytest
from portals import Hand, truth
from synctasks import task_of

from leadscore.changes import read_changes
from leadscore.departures import (
    carry_out,
    fate,
    look_again,
    look_into_the_bin,
    merged_ids,
    note,
    too_many,
)
from leadscore.fullread import read_all
from leadscore.histories import read_into
from leadscore.hubspot.paths import VERSIONS
from leadscore.syncing import sync


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


@pytest.fixture
def task(portal, store):
    """A sync after its first reading, with history."""
    made = task_of(portal, store)
    read_all(made)
    return made


def _ids(store):
    return set(store.contacts(["id"])["id"])


def test_what_is_to_be_removed_is_on_record_before_it_is_removed(task, portal, sandbox):
    one = next(iter(truth(sandbox, "hs_object_id")))
    Hand(portal).archive(one)
    note(task, [one], [])
    assert one in _ids(task.store)
    assert task.recall("gone")["archived"] == [one]
    assert carry_out(task) == 1
    assert one not in _ids(task.store)
    assert carry_out(task) == 0


def test_a_record_that_is_there_all_the_same_stays(task, sandbox):
    one = next(iter(truth(sandbox, "hs_object_id")))
    assert note(task, [one], []).alive.num_rows == 1
    assert carry_out(task) == 0
    assert one in _ids(task.store)


def test_its_history_goes_too_and_that_of_a_deal_with_the_same_id_stays(task, portal, sandbox):
    one = next(iter(truth(sandbox, "hs_object_id")))
    deal = task.store.arrow("history").slice(0, 1).to_pylist()[0] | {"object": "deals", "id": one}
    task.store.append_new(
        "history",
        pa.Table.from_pylist([deal], schema=task.store.schema("history")),
        keys=["object", "id"],
        among="id",
    )
    Hand(portal).archive(one)
    note(task, [one], [])
    carry_out(task)
    history = task.store.read("history")
    assert set(history.loc[history["id"] == one, "object"]) == {"deals"}


def test_an_archived_record_that_is_restored_is_forgotten_by_the_bin(task, portal, sandbox):
    one = next(iter(truth(sandbox, "hs_object_id")))
    task.record("bin", [one])  # archived once, and restored since
    look_into_the_bin(task)
    assert task.recall("bin") is None
    assert one in _ids(task.store)


def test_one_that_was_deleted_for_good_is_erased_from_older_versions_too(task, portal, sandbox):
    hand = Hand(portal)
    one = next(iter(truth(sandbox, "hs_object_id")))
    hand.edit(one, jobtitle="Zq8 falconer of Ulm")
    read_all(task)
    hand.archive(one)
    note(task, [one], [])
    carry_out(task)
    assert task.recall("bin") == [one]
    sandbox.advance(91 * 86400)
    look_into_the_bin(task)
    for path in task.store.workspace.rglob("*.parquet"):
        assert b"Zq8 falconer" not in path.read_bytes(), path


def test_merged_ids_are_read_from_lists_and_from_text():
    lists = pa.table({"hs_merged_object_ids": pa.array([["1", "2"], None, []])})
    texts = pa.table({"hs_merged_object_ids": pa.array(["1;2", None])})
    assert merged_ids(lists).to_pylist() == merged_ids(texts).to_pylist() == ["1", "2"]
    assert len(merged_ids(pa.table({"id": ["1"]}))) == 0


def test_history_of_a_removed_record_can_be_read_anew(task, portal, sandbox):
    one = next(iter(truth(sandbox, "hs_object_id")))
    task.store.delete_matching("history", pa.table({"object": ["contacts"], "id": [one]}))
    assert read_into(task, pa.array([one])) > 0


def test_everyones_fate_is_looked_up_by_id(task, portal, sandbox):
    hand, ids = Hand(portal), sorted(truth(sandbox, "hs_object_id"), key=int)
    alive, archived, one, other, erased = ids[:5]
    hand.archive(archived)
    hand.merge(one, other)
    hand.erase(erased)
    known = fate(task, ids[:5], [one, other])
    assert known.alive.column("id").to_pylist() == [alive]
    assert (known.archived, known.erased) == ([archived], [erased])
    assert known.merged == sorted([one, other])


def test_a_contact_whose_heir_is_in_no_list_yet_was_merged_not_erased(task, portal, sandbox):
    one, other = list(truth(sandbox, "hs_object_id"))[:2]
    Hand(portal).merge(one, other)
    known = fate(task, [one, other], ())
    assert (known.merged, known.erased) == (sorted([one, other]), [])


def test_with_an_erased_contact_goes_what_it_was_merged_from(task, portal, sandbox):
    one, other, third, stranger = list(truth(sandbox, "hs_object_id"))[:4]
    hand, ids = Hand(portal), [one, other, third, stranger]
    task.store.write("calls", pa.table({"contact_id": ids, "note": list("abcd")}))
    for first, second in ((one, other), (None, third)):
        made = hand.merge(first or made, second)  # noqa: F821 - bound in the first turn
        read_changes(task)
        carry_out(task)
    hand.erase(made)
    read_changes(task)
    carry_out(task)
    assert task.store.read("calls")["contact_id"].tolist() == [stranger]
    assert task.recall("parts") is None


def test_what_an_archived_contact_was_merged_from_goes_when_the_bin_lets_it_go(
    task, portal, sandbox
):
    one, other, stranger = list(truth(sandbox, "hs_object_id"))[:3]
    hand = Hand(portal)
    task.store.write("calls", pa.table({"contact_id": [one, other, stranger]}))
    made = hand.merge(one, other)
    read_changes(task)
    carry_out(task)
    hand.archive(made)
    read_changes(task)
    carry_out(task)
    assert len(task.store.read("calls")) == 3
    sandbox.advance(91 * 86400)
    look_into_the_bin(task)
    assert task.store.read("calls")["contact_id"].tolist() == [stranger]


def _everybody_not_found(sandbox, portal, ids):
    """Answer as a portal that is out of order: it neither lists nor finds these records."""
    hidden = {"action": {"drop_ids": ids}}
    paths = [portal.path("objects", "contacts"), "*/contacts/search", "*/contacts/batch/read*"]
    rules = [{"match": {"path": path}} | hidden for path in paths]
    single = {"match": {"path": portal.path("objects", "contacts") + "/*", "method": "GET"}}
    sandbox.faults([*rules, single | {"action": {"status": 404}}])


@pytest.fixture
def sure(portal, store, sandbox):
    """A sync that has found 61 contacts gone for good, wrongly."""
    sync(portal, store, history=(), progress=False)
    task = task_of(portal, store, history=[])
    ids = sorted(truth(sandbox, "hs_object_id"), key=int)[:61]
    task.record("gone", {"erased": ids})
    return task


def test_so_many_are_erased_only_when_somebody_says_so(sure, portal, sandbox, store):
    assert "61 of the contacts" in too_many(sure)
    _everybody_not_found(sandbox, portal, sure.recall("gone")["erased"])
    look_again(sure)
    assert "61 of the contacts" in too_many(sure)
    assert store.rows("contacts") == 250


def test_those_that_are_there_again_are_not_erased(sure, portal, store):
    assert sync(portal, store, history=(), progress=False).complete
    assert sure.recall("gone") is None or not sure.recall("gone")["erased"]
    assert store.rows("contacts") == 250


def test_a_few_need_nobodys_word(sure):
    sure.record("gone", {"erased": [str(n) for n in range(50)]})
    assert too_many(sure) == ""
