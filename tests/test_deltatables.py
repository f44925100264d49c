"""A folder of Delta tables: each change is one commit, of the rows that it is about."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore.checksums import known_sums
from leadscore.deltatables import DeltaTables
from leadscore.errors import DataError, StoreError


@pytest.fixture
def tables(tmp_path: Path) -> DeltaTables:
    return DeltaTables(tmp_path / "store")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> DeltaTables:
    return DeltaTables(tmp_path_factory.mktemp("shared") / "store")


def _rows(tables: DeltaTables, name: str) -> list[dict[str, object]]:
    return tables.dataset(name).to_table().to_pylist()


def _version(tables: DeltaTables, name: str) -> int:
    return tables.open(name).version()


# deleting ----------------------------------------------------------------------------------------


def test_deleting_takes_the_rows_of_the_ids_and_no_others_in_one_commit(
    tables: DeltaTables,
) -> None:
    tables.write("contacts", pa.table({"id": ["1", "2", "3", "2"]}), mode="overwrite")
    assert tables.delete("contacts", ["2", "9", "2"], column="id") == 2
    assert sorted(str(row["id"]) for row in _rows(tables, "contacts")) == ["1", "3"]
    assert _version(tables, "contacts") == 1


def test_deleting_takes_any_number_of_ids_of_any_text(tables: DeltaTables) -> None:
    ids = ["it's", 'a "quote"', "", "%", "ü", *(str(n) for n in range(20_000))]
    tables.write("contacts", pa.table({"id": [*ids, "kept"]}), mode="overwrite")
    assert tables.delete("contacts", ids, column="id") == len(ids)
    assert _rows(tables, "contacts") == [{"id": "kept"}]


def test_deleting_by_another_column_of_another_type(tables: DeltaTables) -> None:
    tables.write("history", pa.table({"id": ["1", "2"], "n": [1, 2]}), mode="overwrite")
    assert tables.delete("history", ["2"], column="n") == 1
    assert _rows(tables, "history") == [{"id": "1", "n": 1}]


def test_deleting_nothing_makes_no_version(tables: DeltaTables) -> None:
    tables.write("contacts", pa.table({"id": ["1"]}), mode="overwrite")
    assert tables.delete("contacts", [], column="id") == 0
    assert _version(tables, "contacts") == 0


def test_deleting_leaves_no_id_in_the_log(tables: DeltaTables) -> None:
    tables.write("contacts", pa.table({"id": ["marker-77", "2"]}), mode="overwrite")
    tables.delete("contacts", ["marker-77"], column="id")
    logs = tables.path("contacts").rglob("_delta_log/*")
    assert all(b"marker-77" not in path.read_bytes() for path in logs)


def test_deleting_from_what_is_not_there_is_explained(tables: DeltaTables) -> None:
    with pytest.raises(DataError, match="holds no deals"):
        tables.delete("deals", ["1"], column="id")
    tables.write("deals", pa.table({"id": ["1"]}), mode="overwrite")
    with pytest.raises(StoreError, match="have no column 'contact'"):
        tables.delete("deals", ["1"], column="contact")


# appending what is new ---------------------------------------------------------------------------

_ROW = st.tuples(st.sampled_from("ab"), st.none() | st.sampled_from("xy"), st.integers(0, 2))
_KEYS = ["id", "value"]


def _table(rows: list[tuple[str, str | None, int]]) -> pa.Table:
    return pa.table(
        {
            "id": pa.array([row[0] for row in rows], pa.string()),
            "value": pa.array([row[1] for row in rows], pa.string()),
            "n": pa.array([row[2] for row in rows], pa.int64()),
        }
    )


def _expected(*parts: list[tuple[str, str | None, int]]) -> set[tuple[str, str | None, int]]:
    first: dict[tuple[str, str | None], tuple[str, str | None, int]] = {}
    for row in (row for part in parts for row in part):
        first.setdefault(row[:2], row)
    return set(first.values())


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_ROW, max_size=8), st.lists(_ROW, max_size=8))
def test_of_rows_with_equal_keys_only_the_first_is_ever_kept(
    shared: DeltaTables,
    old: list[tuple[str, str | None, int]],
    new: list[tuple[str, str | None, int]],
) -> None:
    shared.write("history", _table([]), mode="overwrite")
    counts = [
        shared.append_new("history", _table(rows), keys=_KEYS, among="id") for rows in (old, new)
    ]
    stored = [tuple(row.values()) for row in _rows(shared, "history")]
    assert len(stored) == len(set(stored)) == sum(counts)
    assert set(stored) == _expected(old, new)


def test_appending_what_is_new_makes_the_table_and_then_one_commit_or_none(
    tables: DeltaTables,
) -> None:
    rows = _table([("a", None, 1), ("b", "x", 2)])
    for expected in (2, 0):
        assert tables.append_new("history", rows, keys=_KEYS, among="id") == expected
        assert _version(tables, "history") == 0
    more = pa.concat_tables([rows, _table([("c", "x", 3)])])
    assert tables.append_new("history", more, keys=_KEYS, among="id") == 1
    assert _version(tables, "history") == 1


def test_an_empty_append_makes_an_empty_table(tables: DeltaTables) -> None:
    assert tables.append_new("history", _table([]), keys=_KEYS, among="id") == 0
    assert tables.has("history")


def test_appending_by_a_column_that_is_missing_is_explained(tables: DeltaTables) -> None:
    with pytest.raises(StoreError, match="history have no column 'at'"):
        tables.append_new("history", _table([]), keys=["id", "at"], among="id")


# types -------------------------------------------------------------------------------------------


def _add(tables: DeltaTables, act: str, rows: object) -> None:
    if act == "append":
        tables.write("contacts", rows, mode="append")
    elif act == "merge":
        tables.merge("contacts", rows, key="id")
    else:
        tables.append_new("contacts", rows, keys=["id"], among="id")


def _batches() -> Iterator[pa.RecordBatch]:
    yield from pa.table({"id": ["2"], "n": ["many"]}).to_batches()


@pytest.mark.parametrize("act", ["append", "merge", "append_new"])
def test_a_property_that_changed_its_type_is_one_clear_error(tables: DeltaTables, act: str) -> None:
    tables.write("contacts", pa.table({"id": ["1"], "n": [1.5]}), mode="overwrite")
    with pytest.raises(
        StoreError,
        match=r"'n' holds double, and string came: the property changed its type. Write .* anew",
    ):
        _add(tables, act, _batches())
    assert _rows(tables, "contacts") == [{"id": "1", "n": 1.5}]


@pytest.mark.parametrize("act", ["append", "merge", "append_new"])
def test_a_column_without_values_or_with_whole_numbers_fits_the_stored_type(
    tables: DeltaTables, act: str
) -> None:
    stored = pa.table({"id": ["1"], "n": [1.5], "on": [True]})
    tables.write("contacts", stored, mode="overwrite")
    rows = pa.table({"id": ["2"], "n": [3], "on": pa.array([None], pa.string())})
    _add(tables, act, rows)
    assert tables.schema("contacts").types == stored.schema.types
    assert {"id": "2", "n": 3.0, "on": None} in _rows(tables, "contacts")


def test_overwriting_may_change_a_columns_type(tables: DeltaTables) -> None:
    tables.write("contacts", pa.table({"id": ["1"], "n": [1.5]}), mode="overwrite")
    tables.write("contacts", pa.table({"id": ["1"], "n": ["many"]}), mode="overwrite")
    assert _rows(tables, "contacts") == [{"id": "1", "n": "many"}]


def test_deleting_what_matches_compares_all_columns(tables: DeltaTables) -> None:
    rows = pa.table({"object": ["contacts", "deals", "contacts"], "id": ["7", "7", "8"]})
    tables.write("history", rows, mode="overwrite")
    assert tables.delete_matching("history", rows.slice(0, 1)) == 1
    assert tables.delete_matching("history", rows.slice(0, 0)) == 0
    left = {(row["object"], row["id"]) for row in _rows(tables, "history")}
    assert left == {("deals", "7"), ("contacts", "8")}


# streams ------------------------------------------------------------------------------------------


def test_a_stream_holds_the_rows_that_are_asked_for_as_of_its_beginning(
    tables: DeltaTables,
) -> None:
    tables.write("contacts", pa.table({"id": ["1", "2"], "n": [1, 2]}), mode="overwrite")
    stream = tables.stream("contacts", ["id"], where=pa.compute.field("n") > 1)
    assert [row for batch in stream for row in batch.to_pylist()] == [{"id": "2"}]


def test_a_table_that_was_never_written_has_no_rows(tables: DeltaTables) -> None:
    assert tables.rows("contacts") == 0
    tables.write("contacts", pa.table({"id": ["1", "2"]}), mode="overwrite")
    assert tables.rows("contacts") == 2


# a full disk --------------------------------------------------------------------------------------

_FULL = """
import os, resource, sys
import pyarrow as pa
from pathlib import Path
from leadscore.deltatables import DeltaTables
from leadscore.errors import StoreError

ids = [str(n) for n in range(20_000)]
rows = pa.table({"id": ids, "value": [str(hash(n)) for n in ids]})
tables = DeltaTables(Path(sys.argv[1]))
tables.write("contacts", rows, mode="overwrite")
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
new = rows.set_column(1, "value", pa.array([str(hash((n, 1))) for n in ids]))
for table, act in [
    ("contacts", lambda: tables.write("contacts", new, mode="overwrite")),
    ("contacts", lambda: tables.write("contacts", new, mode="append")),
    ("contacts", lambda: tables.merge("contacts", new, key="id")),
    ("contacts", lambda: tables.delete("contacts", ["7"], column="id")),
    ("contacts", lambda: tables.append_new("contacts", new, keys=["id", "value"], among="id")),
    ("deals", lambda: tables.write("deals", new, mode="overwrite")),
]:
    try:
        act()
    except StoreError as error:
        assert f"{table!r} could not be written: the disk is full" in str(error), error
        assert "as it was before" in error.hint
    else:
        raise AssertionError("nothing was said")
    assert tables.names() == ["contacts"]
    assert tables.open("contacts").version() == 0
    assert tables.dataset("contacts").to_table().sort_by("id") == rows.sort_by("id")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
tables.write("contacts", new, mode="overwrite")
assert tables.dataset("contacts").to_table().sort_by("id") == new.sort_by("id")
os._exit(0)  # delta-rs has threads that panicked on the full disk, and may abort a normal end
"""


def test_a_full_disk_leaves_every_table_as_it_was_and_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _FULL, str(tmp_path / "store")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# checksums ----------------------------------------------------------------------------------------


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 4
    path.write_bytes(data)


def test_every_file_of_every_change_has_a_checksum(tables: DeltaTables) -> None:
    tables.write("contacts", pa.table({"id": ["1", "2"]}), mode="overwrite")
    tables.merge("contacts", pa.table({"id": ["2", "3"]}), key="id")
    tables.delete("contacts", ["1"], column="id")
    tables.append_new("contacts", pa.table({"id": ["4"]}), keys=["id"], among="id")
    folder = tables.path("contacts")
    files = {p.name for p in folder.glob("*.parquet")} | set(tables.log_files("contacts"))
    assert set(known_sums(folder)) == files
    assert len(files) == 8


@pytest.mark.parametrize("act", ["merge", "delete", "append_new", "forget_versions"])
def test_what_is_damaged_is_never_copied_into_a_new_file(tables: DeltaTables, act: str) -> None:
    rows = pa.table({"id": ["1", "2"], "n": [1.0, 2.0]})
    tables.write("contacts", rows, mode="overwrite")
    (part,) = tables.path("contacts").glob("*.parquet")
    _flip(part)
    act_on = {
        "merge": lambda: tables.merge("contacts", rows.slice(1), key="id"),
        "delete": lambda: tables.delete("contacts", ["2"], column="id"),
        "append_new": lambda: tables.append_new("contacts", rows, keys=["id", "n"], among="id"),
        "forget_versions": lambda: tables.forget_versions("contacts"),
    }[act]
    with pytest.raises(StoreError, match=r"'contacts' is damaged: part-.* is not as it was"):
        act_on()
    assert list(tables.path("contacts").glob("*.parquet")) == [part]


def test_a_log_that_says_something_else_is_not_believed(tables: DeltaTables) -> None:
    tables.write("contacts", pa.table({"id": ["1", "2"]}), mode="overwrite")
    log = tables.path("contacts") / tables.log_files("contacts")[0]
    log.write_bytes(log.read_bytes().replace(rb"\"id\"", rb"\"ix\""))
    with pytest.raises(StoreError, match=r"'contacts' is damaged: _delta_log/0+.json is not as"):
        tables.open("contacts")


def test_what_a_killed_write_left_without_a_checksum_gets_one_when_it_is_read(
    tables: DeltaTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.write("contacts", pa.table({"id": ["1"]}), mode="overwrite")
    with monkeypatch.context() as killed:
        killed.setattr(DeltaTables, "_record", lambda *_: None)
        tables.merge("contacts", pa.table({"id": ["2"]}), key="id")
    stream = tables.stream("contacts", ["id"], where=pa.compute.field("id") == "2")
    assert [row for batch in stream for row in batch.to_pylist()] == [{"id": "2"}]
    assert len(known_sums(tables.path("contacts"))) == 4


# versions -----------------------------------------------------------------------------------------


def test_forgetting_versions_keeps_the_newest_its_number_and_nothing_else(
    tables: DeltaTables,
) -> None:
    for number in range(3):
        tables.write("contacts", pa.table({"id": [str(number)]}), mode="append")
    tables.delete("contacts", ["0"], column="id")
    gone = tables.forget_versions("contacts")
    assert len(gone) == 1
    assert _version(tables, "contacts") == 3
    assert sorted(str(row["id"]) for row in _rows(tables, "contacts")) == ["1", "2"]
    log = sorted(path.name for path in (tables.path("contacts") / "_delta_log").iterdir())
    number = "00000000000000000003"
    assert log == [f"{number}.checkpoint.parquet", f"{number}.json", "_last_checkpoint"]
    files = {p.name for p in tables.path("contacts").glob("*.parquet")}
    assert set(known_sums(tables.path("contacts"))) == files | set(tables.log_files("contacts"))
    assert tables.forget_versions("contacts") == []
    with pytest.raises(DataError, match="no version 2"):
        tables.dataset("contacts", 2)
    tables.write("contacts", pa.table({"id": ["9"]}), mode="append")
    assert _version(tables, "contacts") == 4


def test_versions_that_are_young_enough_are_kept(tables: DeltaTables) -> None:
    for number in (1, 2, 3):
        tables.write("contacts", pa.table({"id": [str(number)]}), mode="overwrite")
    assert tables.forget_old_versions("contacts", older_than=pd.Timedelta("30D")) == []
    assert len(tables.forget_old_versions("contacts", older_than=pd.Timedelta(0))) == 2
    assert _rows(tables, "contacts") == [{"id": "3"}]
    tables.write("contacts", pa.table({"id": ["4"]}), mode="append")
    assert len(_rows(tables, "contacts")) == 2
