"""Erasure: nothing of the person is left in any byte of the workspace, and nobody else is hurt."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from everybyte import where_is

from leadscore.errors import BusyError, DataError, StoreError
from leadscore.hubspot.connection import Portal
from leadscore.planning import plan
from leadscore.store import Store, open_store
from leadscore.syncing import sync
from leadscore.workspace import make_private, replace_file
from leadscore.writeback import apply

NAME, MAIL, ID, OTHER = "Zq8 Forgetme", "zq8@forgetme.example", "31700000077", "31700000078"
MARKERS = (NAME, MAIL, ID, "Zq8 Formerly", "Forgetme club")


def _contacts(visits: int) -> pa.Table:
    return pa.table(
        {
            "id": [ID, OTHER],
            "fullname": [NAME, "Ada Lovelace"],
            "email": [MAIL, "ada@analytical.example"],
            "city": ["Stuttgart", "Stuttgart"],
            "topics": [["Forgetme club"], ["Mathematics"]],
            "visits": [visits, visits],
        }
    )


def _fill(store: Store) -> None:
    """Make a workspace in which the person is everywhere."""
    for visits in (1, 2):
        store.write("contacts", _contacts(visits))
    store.merge("contacts", _contacts(3))
    store.write("companies", pa.table({"id": ["5"], "name": ["Analytical Engines"]}))
    for value in (NAME, "Zq8 Formerly"):
        rows = {"object": ["contacts"] * 2, "id": [ID, OTHER], "value": [value, "Ada"]}
        store.write("history", pa.table(rows), mode="append")
    ends = {"from_object": ["contacts", "companies", "contacts"], "from_id": [ID, "5", OTHER]}
    ends |= {"to_object": ["companies", "contacts", "companies"], "to_id": ["5", ID, "5"]}
    store.write("associations", pa.table(ends))
    misfit = {"object": ["contacts"], "property": ["n"], "id": [ID], "value": [NAME], "why": ["?"]}
    store.write("misfits", pa.table(misfit))
    store.write("scores", pa.table({"contact_id": [ID, OTHER], "score": [1, 99]}))
    _fill_files(store.workspace)
    _fill_ledger(store)


def _fill_files(workspace: Path) -> None:
    for name, data in {
        "report.html": f"<td>{ID}</td>",
        "notebooks/out.ipynb": f'{{"text": "{NAME.upper()}"}}',
        "notebooks/.ipynb_checkpoints/out.ipynb": f'{{"text": "{MAIL}"}}',
        "logs/sync.log": f"read 1\nrejected {ID}: 400\nread 2\n",
        "logs/other.log": f"rejected {OTHER}: 400\n",
        ".draft.html.1.2.tmp": NAME,
        "store/contacts/part-cut.parquet#1": "PAR1 cut short " + NAME,
        "other.html": f"<td>{OTHER}, Stuttgart</td>",
    }.items():
        path = workspace / name
        make_private(path.parent)
        replace_file(path, data.encode())
    rows = pa.table({"contact_id": [ID, OTHER], "reasons": [f"Name is {NAME}", "none"]})
    for name in ("scores/scores-1.parquet", "plans/plan-abc.parquet"):
        _parquet(workspace / name, rows.replace_schema_metadata({"leadscore": "kept"}))
    _parquet(workspace / "plans/plan-other.parquet", rows.slice(1))
    _parquet(workspace / "staging/contacts/1.parquet", _contacts(4))
    _parquet(workspace / "staging/companies/1.parquet", pa.table({"id": ["5"]}))


def _parquet(path: Path, rows: pa.Table) -> None:
    buffer = BytesIO()
    pq.write_table(rows, buffer)
    make_private(path.parent)
    replace_file(path, buffer.getvalue())


def _fill_ledger(store: Store) -> None:
    ledger = store.ledger
    for name in ("abc", "other"):
        ledger.save_plan(name, contacts=2)
    run = ledger.start_run("apply", plan="abc", said=f"hello {NAME}")
    for record, name in ((ID, NAME), (OTHER, "Ada Lovelace")):
        values = {"old": {"leadscore_reasons": f"Name is {name}"}, "new": {}}
        ledger.journal_intent(run, [{"object_id": record, **values}])
    reasons = [(ID, "no"), (OTHER, f"same address as {MAIL}")]
    ledger.journal_outcome(
        run, [{"object_id": i, "state": "rejected", "reason": why} for i, why in reasons]
    )
    ledger.set_checkpoint("position", {"contacts": {"after": ID}})
    ledger.set_checkpoint("rows", {"contacts": 2})


@pytest.fixture
def full(store: Store) -> Store:
    _fill(store)
    assert all(len(where_is(marker, store.workspace)) > 5 for marker in (NAME, MAIL, ID))
    return store


def _left(workspace: Path, *markers: str) -> dict[str, list[str]]:
    return {marker: found for marker in markers if (found := where_is(marker, workspace))}


def test_no_byte_of_any_file_holds_the_person_afterwards(full: Store) -> None:
    full.erase([ID])
    assert _left(full.workspace, *MARKERS) == {}


def test_nobody_else_is_touched(full: Store) -> None:
    full.erase([ID])
    assert full.contacts()["fullname"].tolist() == ["Ada Lovelace"]
    assert full.rows("history") == 2
    assert full.arrow("associations").to_pylist() == [
        {"from_object": "contacts", "from_id": OTHER, "to_object": "companies", "to_id": "5"}
    ]
    assert full.read("scores")["contact_id"].tolist() == [OTHER]
    folder = full.workspace
    assert (folder / "other.html").exists()
    assert (folder / "logs/sync.log").read_text() == "read 1\nread 2\n"
    assert OTHER in (folder / "logs/other.log").read_text()
    kept = pq.read_table(folder / "scores/scores-1.parquet")
    assert kept["contact_id"].to_pylist() == [OTHER]
    assert kept.schema.metadata[b"leadscore"] == b"kept"
    assert pq.read_table(folder / "staging/contacts/1.parquet")["id"].to_pylist() == [OTHER]
    assert pq.read_table(folder / "staging/companies/1.parquet")["id"].to_pylist() == ["5"]
    assert full.ledger.plans()["plan"].tolist() == ["other"]
    assert full.ledger.checkpoint("rows") == {"contacts": 2}
    (run,) = full.ledger.runs()["run"]
    assert full.ledger.journal(run)["object_id"].tolist() == [OTHER]


def test_the_result_names_what_was_done(full: Store) -> None:
    done = full.erase([ID, "404"])
    assert (done.object, done.records) == ("contacts", 2)
    assert done.rows == {
        "associations": 2,
        "contacts": 1,
        "history": 2,
        "misfits": 1,
        "scores": 1,
        "ledger.checkpoints": 1,
        "ledger.journal": 1,
        "ledger.plans": 1,
    }
    assert done.plans == ["abc"]
    assert {"logs/sync.log", "scores/scores-1.parquet"} <= set(done.rewritten)
    assert {"report.html", "plans/plan-abc.parquet"} <= set(done.deleted)
    assert done.as_dict()["plans"] == ["abc"]


def test_ids_that_are_not_there_change_nothing(full: Store) -> None:
    (full.workspace / ".draft.html.1.2.tmp").unlink()
    (full.workspace / "store/contacts/part-cut.parquet#1").unlink()
    before = {path: path.stat().st_mtime_ns for path in full.workspace.rglob("*.parquet")}
    done = full.erase(["404"])
    assert (done.rows, done.rewritten, done.deleted) == ({}, [], [])
    assert {path: path.stat().st_mtime_ns for path in full.workspace.rglob("*.parquet")} == before


def _model(workspace: Path, text: str) -> Path:
    folder = make_private(workspace / "models" / "m1")
    replace_file(folder / "card.json", f'{{"options": ["{text}"]}}'.encode())
    return folder / "card.json"


def test_a_model_that_holds_a_value_is_named_and_deleted_only_when_that_is_asked_for(
    full: Store,
) -> None:
    card = _model(full.workspace, NAME)
    assert full.erase([ID]).models == ["m1"]
    assert card.exists()


def test_models_go_when_that_is_asked_for(full: Store) -> None:
    card = _model(full.workspace, NAME)
    done = full.erase([ID], delete_models=True)
    assert "models/m1/card.json" in done.deleted
    assert not card.exists()
    assert _left(full.workspace, *MARKERS) == {}


def test_a_model_that_knows_nobody_stays(full: Store) -> None:
    card = _model(full.workspace, f"Stuttgart {ID}")
    assert full.erase([ID], delete_models=True).models == []
    assert card.exists()


def test_what_only_scores_say_of_a_person_is_not_their_own(full: Store) -> None:
    full.ledger.set_checkpoint("model", "7e9cb9a9b4")
    rows = pa.table({"contact_id": [ID], "model": ["7e9cb9a9b4"]})
    _parquet(full.workspace / "scores/scores-2.parquet", rows)
    full.erase([ID])
    assert full.ledger.checkpoint("model") == "7e9cb9a9b4"


def test_the_name_of_a_property_that_nobody_else_has_is_not_theirs(store: Store) -> None:
    row = {"object": ["contacts"], "id": [ID], "property": ["favourite_colour"], "value": ["red"]}
    store.write("history", pa.table(row))
    replace_file(store.workspace / "report.html", b"favourite_colour")
    store.erase([ID])
    assert (store.workspace / "report.html").exists()


def test_what_cannot_be_read_goes_only_where_nobody_but_us_writes(store: Store) -> None:
    for name in ("staging/contacts/1.parquet", "store/deals/part.parquet#1", "mine/1.parquet"):
        make_private((store.workspace / name).parent)
        replace_file(store.workspace / name, b"PAR1 cut short")
    done = store.erase([ID])
    assert sorted(done.deleted) == ["staging/contacts/1.parquet", "store/deals/part.parquet#1"]
    assert (store.workspace / "mine/1.parquet").exists()


def test_a_folder_of_somebody_elses_in_the_store_is_rewritten_too(store: Store) -> None:
    _parquet(store.workspace / "store/My Export/1.parquet", _contacts(1))
    assert store.erase([ID]).rewritten == ["store/My Export/1.parquet"]
    assert _left(store.workspace, *MARKERS) == {}
    assert store.check()["name"].tolist() == ["ledger"]


def test_erasing_twice_is_erasing_once(full: Store) -> None:
    full.erase([ID])
    assert full.erase([ID]).rows == {}
    assert len(full.erasures()) == 1


def test_a_company_with_the_number_of_a_contact_is_somebody_else(store: Store) -> None:
    for table in ("contacts", "companies"):
        store.write(table, pa.table({"id": ["7", "8"]}))
    store.write("history", pa.table({"object": ["contacts", "companies"], "id": ["7", "7"]}))
    store.erase("7", object="companies")
    assert sorted(store.contacts()["id"]) == ["7", "8"]
    assert store.companies()["id"].tolist() == ["8"]
    assert store.read("history")["object"].tolist() == ["contacts"]


def test_who_is_in_an_older_version_only_is_erased_from_there(store: Store) -> None:
    store.write("contacts", _contacts(1))
    store.delete("contacts", [ID])
    assert where_is(NAME, store.workspace)
    done = store.erase([ID])
    assert done.rows == {"contacts": 0}
    assert _left(store.workspace, *MARKERS) == {}


def test_an_older_version_that_went_says_since_when_there_are_versions(full: Store) -> None:
    full.erase([ID])
    with pytest.raises(DataError, match=r"no version 0: there are versions (\d) to \1, since 20"):
        full.contacts(as_of=0)
    assert full.contacts(as_of=full.version("contacts"))["id"].tolist() == [OTHER]


def test_a_table_can_be_written_and_read_on_after_an_erasure(full: Store) -> None:
    full.erase([ID])
    version = full.version("contacts")
    full.merge("contacts", pa.table({"id": [OTHER, "9"], "visits": [7, 8]}))
    assert full.version("contacts") == version + 1
    assert sorted(full.contacts()["visits"]) == [7, 8]
    assert full.check()["problem"].eq("").all()


def test_the_log_of_erasures_knows_the_person_by_a_keyed_hash_only(full: Store) -> None:
    full.erase([ID])
    (row,) = full.erasures().to_dict("records")
    assert row["object"] == "contacts"
    assert len(row["person"]) == 64
    assert row["done_at"] >= row["asked_at"]
    assert row["person"] != hashlib.sha256(ID.encode()).hexdigest()


def test_a_workspace_in_use_is_left_alone_by_others(full: Store) -> None:
    with (
        full.lock("sync"),
        open_store(full.workspace) as other,
        pytest.raises(BusyError, match="in use by `sync`"),
    ):
        other.erase([ID])
    assert full.rows("contacts") == 2


def test_a_damaged_table_stops_the_erasure_and_says_so(full: Store) -> None:
    (part, *_) = (full.workspace / "store/misfits").glob("*.parquet")
    part.write_bytes(b"PAR1 garbage")
    with pytest.raises(StoreError, match="'misfits' is damaged"):
        full.erase([ID])
    assert full.erasures()["done_at"].isna().all()


def test_a_reader_whose_files_vanish_is_told_to_read_again(full: Store) -> None:
    stream = full.stream("contacts", ["id"])
    dataset = full._tables.dataset("contacts")
    with open_store(full.workspace) as other:
        other.erase([ID])
    with (
        pytest.raises(StoreError, match=r"was rewritten while it was read: an erasure.*again"),
        full._tables.reading("contacts"),
    ):
        dataset.to_table()
    assert [row["id"] for batch in stream for row in batch.to_pylist()] == [OTHER]


_KILLED = """
import os, signal, sys
from leadscore import deltatables, erasing, erasurelog
from leadscore.store import open_store

def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def later(times, real):
    def call(*args, **options):
        nonlocal times
        times -= 1
        return kill() if times < 0 else real(*args, **options)
    return call

{patch}
open_store({workspace!r}).erase([{person!r}])
"""


@pytest.mark.parametrize(
    "patch",
    [
        "erasing.strip = later(2, erasing.strip)",
        "erasing.rewrite_parquet = later(1, erasing.rewrite_parquet)",
        "erasurelog.forget = kill",
        "deltatables.DeltaTables.delete_matching = "
        "later(3, deltatables.DeltaTables.delete_matching)",
        "deltatables.DeltaTables.forget_versions = kill",
        "deltatables._keep = later(1, deltatables._keep)",
        "erasing.erasurelog.note = later(1, erasurelog.note)",
    ],
)
def test_an_erasure_that_was_killed_finishes_when_done_again(full: Store, patch: str) -> None:
    full.close()
    script = _KILLED.format(patch=patch, workspace=str(full.workspace), person=ID)
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    with open_store(full.workspace) as store:
        assert store.erasures()["done_at"].isna().all()
        store.erase([ID])
        assert store.erasures()["done_at"].notna().all()
        assert store.contacts()["id"].tolist() == [OTHER]
        assert _left(store.workspace, *MARKERS) == {}


@pytest.mark.parametrize("sandbox", [{"contacts": 40}], indirect=True)
def test_a_person_who_was_synced_twice_scored_and_written_is_erased(
    portal: Portal, store: Store
) -> None:
    person, other = (_create(portal, n) for n in (1, 2))
    wanted = ["firstname", "lastname", "email", "hs_object_id"]
    sync(portal, store, properties=wanted, progress=False)
    values = {"email": "second.zq8@forgetme.example"}
    portal.client.crm.contacts.basic_api.update(person, {"properties": values})
    sync(portal, store, properties=wanted, progress=False)
    made = plan(portal, _scores(store, [person, other]), progress=False)
    apply(portal, made, progress=False)
    markers = ("Zq8 first 1", "Forgetme last 1", "zq8@forgetme.example", person)
    assert len(_left(store.workspace, *markers)) == len(markers)
    done = store.erase([person])
    assert done.plans == [made.id]
    assert _left(store.workspace, *markers) == {}
    assert other in set(store.contacts()["id"])


def _create(portal: Portal, number: int) -> str:
    names = {"firstname": f"Zq8 first {number}", "lastname": f"Forgetme last {number}"}
    mail = {"email": f"zq{number * 8}@forgetme.example"}
    made = portal.client.crm.contacts.basic_api.create({"properties": names | mail})
    return str(made.id)


def _scores(store: Store, ids: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame({"contact_id": ids, "probability": [0.1, 0.2], "tier": ["A", "B"]})
    frame = frame.assign(reasons=["Name is Zq8 first 1", "none"], model="hand-made")
    for name in ("score", "fit", "engagement"):
        frame[name] = pd.array([1, 2], dtype="Int64")
    frame.attrs = {"model": "hand-made", "workspace": str(store.workspace), "signal": True}
    return frame
