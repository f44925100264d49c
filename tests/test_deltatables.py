"""A folder of Delta tables: each change is one commit, of the rows that it is about."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
