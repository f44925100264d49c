"""The local copy: what goes in comes out, all of it or none, private, and explained when broken."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore.errors import BusyError, DataError, SettingsError, StoreError
from leadscore.hubspot.connection import Portal
from leadscore.planning import plan
from leadscore.store import Store, open_store
from leadscore.syncing import sync
from leadscore.writeback import apply


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "crm") as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(tmp_path_factory.mktemp("shared") / "crm") as opened:
        yield opened


CONTACTS = pa.table(
    {
        "id": pa.array(["1", "2", "3"]),
        "visits": pa.array([1.5, None, 3.0]),
        "pages": pa.array([1, None, 2**62], pa.int64()),
        "open": pa.array([True, None, False]),
        "topics": pa.array([["a", "b"], None, []], pa.list_(pa.string())),
        "seen": pa.array([0, None, 1], pa.timestamp("us", "UTC")),
        "nothing": pa.array([None, None, None], pa.null()),
    }
)


def test_every_type_comes_back_as_the_pandas_type_promised(store: Store) -> None:
    assert store.write("contacts", CONTACTS) == 3
    frame = store.contacts().set_index("id").sort_index()
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "visits": "float64",
        "pages": "Int64",
        "open": "boolean",
        "topics": "object",
        "seen": "datetime64[us, UTC]",
        "nothing": "str",
    }
    assert frame["topics"].tolist() == [["a", "b"], None, []]
    assert frame["pages"].tolist() == [1, pd.NA, 2**62]
    assert frame["nothing"].isna().all()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.none() | st.text(st.characters(exclude_categories=["Cs"])),
            st.none() | st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))),
        )
    )
)
def test_any_text_and_any_list_of_texts_comes_back_as_it_was(
    shared: Store, rows: list[tuple[str | None, list[str | None] | None]]
) -> None:
    table = pa.table(
        {
            "id": pa.array([str(n) for n in range(len(rows))], pa.string()),
            "text": pa.array([text for text, _ in rows], pa.string()),
            "texts": pa.array([texts for _, texts in rows], pa.list_(pa.string())),
        }
    )
    shared.write("contacts", table)
    back = shared.arrow("contacts").to_pylist()
    assert {r["id"]: (r["text"], r["texts"]) for r in back} == {
        str(n): row for n, row in enumerate(rows)
    }
    frame = shared.contacts().set_index("id")
    assert all(frame["texts"][str(n)] == texts for n, (_, texts) in enumerate(rows))


def test_an_empty_table_keeps_its_columns_and_types(store: Store) -> None:
    assert store.write("deals", CONTACTS.slice(0, 0)) == 0
    frame = store.deals()
    assert len(frame) == 0
    assert str(frame["pages"].dtype) == "Int64"
    assert store.has("deals")


def test_overwriting_replaces_the_columns_and_appending_adds_them(store: Store) -> None:
    store.write("companies", pa.table({"id": ["1"], "old": [1]}))
    store.write("companies", pa.table({"id": ["2"], "size": ["big"]}))
    assert list(store.companies()) == ["id", "size"]
    store.write("companies", pa.table({"id": ["3"], "city": ["Ulm"]}), mode="append")
    frame = store.companies().set_index("id").sort_index()
    assert frame["city"].fillna("-").tolist() == ["-", "Ulm"]
    assert store.version("companies") == 2


def test_batches_readers_and_frames_are_taken_alike(store: Store) -> None:
    batches = CONTACTS.to_batches(max_chunksize=1)
    for data in (
        batches,
        iter(batches),
        CONTACTS.to_reader(),
        CONTACTS.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get),
    ):
        assert store.write("contacts", data) == 3
        assert store.contacts()["pages"].sum() == 2**62 + 1


def test_an_error_in_the_stream_is_raised_as_it_is_and_leaves_the_table_alone(store: Store) -> None:
    store.write("contacts", CONTACTS)

    def broken() -> Iterator[pa.RecordBatch]:
        yield CONTACTS.to_batches()[0]
        raise BusyError("the portal went away")

    with pytest.raises(BusyError, match="the portal went away"):
        store.write("contacts", broken())
    assert store.version("contacts") == 0
    assert len(store.contacts()) == 3


def test_a_first_write_that_fails_leaves_no_table(store: Store) -> None:
    with pytest.raises(StoreError, match="other columns than the first: id, other"):
        store.write("deals", [pa.record_batch({"id": ["1"]}), pa.record_batch({"other": ["1"]})])
    assert not store.has("deals")
    assert store.tables() == []


def test_merging_replaces_known_keys_and_adds_the_others(store: Store) -> None:
    assert store.merge("contacts", pa.table({"id": ["1", "2"], "n": [1, 2]})) == 2
    assert store.merge("contacts", pa.table({"id": ["2", "3"], "n": [20, 30]})) == 2
    assert store.contacts().set_index("id")["n"].sort_index().tolist() == [1, 20, 30]


def test_merging_adds_new_columns(store: Store) -> None:
    store.merge("contacts", pa.table({"id": ["1"], "n": [1]}))
    store.merge("contacts", pa.table({"id": ["2"], "n": [2], "topics": [["x"]]}))
    assert store.contacts().set_index("id")["topics"].sort_index().tolist() == [None, ["x"]]


def test_merging_keeps_what_the_rows_say_nothing_about(store: Store) -> None:
    store.merge("contacts", pa.table({"id": ["1", "2"], "n": [1, 2], "city": ["Ulm", "Bonn"]}))
    store.merge("contacts", pa.table({"id": ["2", "3"], "city": [None, "Jena"]}))
    frame = store.contacts().set_index("id").sort_index()
    assert frame["n"].tolist() == [1, 2, pd.NA]
    assert frame["city"].fillna("-").tolist() == ["Ulm", "-", "Jena"]


def test_three_hundred_new_properties_are_added_at_once(store: Store) -> None:
    store.merge("contacts", pa.table({"id": ["1", "2"]}))
    store.merge("contacts", pa.table({"id": ["2"], **{f"p{n}": [n] for n in range(300)}}))
    frame = store.contacts().set_index("id")
    assert frame.loc["2"].to_dict() == {f"p{n}": n for n in range(300)}
    assert frame.loc["1"].isna().all()


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"id": ["1", "1"]}, "1 rows to merge repeat a 'id'"),
        ({"id": ["1", None]}, "1 rows to merge have no 'id'"),
        ({"other": ["1"]}, "have no column 'id'"),
    ],
)
def test_a_key_that_is_not_one_is_refused(
    store: Store, rows: dict[str, list[str | None]], says: str
) -> None:
    for _ in range(2):
        with pytest.raises(StoreError, match=says):
            store.merge("contacts", pa.table(rows))
        store.write("contacts", pa.table({"id": ["1"]}))
    assert store.version("contacts") == 1


@pytest.mark.parametrize("name", ["../x", "Contacts", "", "a b", "-", "1"])
def test_a_table_name_cannot_leave_the_store(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="is no name for a table"):
        store.write(name, CONTACTS)


def test_statistics_of_values_stay_out_of_the_delta_log(store: Store) -> None:
    row = pa.table({"id": ["secret-id"], "email": ["ada@example.com"]})
    store.write("contacts", row)
    store.merge("contacts", row)
    store.write("contacts", row, mode="append")
    log = (store.workspace / "store" / "contacts" / "_delta_log").glob("*.json")
    assert all(b"example.com" not in path.read_bytes() for path in log)


def test_all_files_and_folders_are_private_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    before = os.umask(0)
    try:
        with open_store(tmp_path / "crm") as store:
            for _ in range(101):  # delta-rs writes a checkpoint every hundred versions
                store.write("history", pa.table({"id": ["1"]}), mode="append")
            store.merge("contacts", CONTACTS)
            store.ledger.start_run("sync")
            with store.lock("sync"):
                found = {p: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "crm").rglob("*")}
    finally:
        assert os.umask(before) == 0, "the umask was not restored"
    assert {p.name for p in found} >= {"ledger.sqlite-wal", "ledger.sqlite-shm", "_last_checkpoint"}
    assert {p for p, mode in found.items() if mode != (0o700 if p.is_dir() else 0o600)} == set()
    assert stat.S_IMODE((tmp_path / "crm").stat().st_mode) == 0o700


@pytest.mark.parametrize("sandbox", [{"contacts": 60}], indirect=True)
def test_every_file_of_a_whole_job_is_private_whatever_the_umask(
    portal: Portal, scores: pd.DataFrame
) -> None:
    import os

    before = os.umask(0)
    try:
        with open_store(scores.attrs["workspace"]) as store:
            sync(portal, store, progress=False)
            apply(portal, plan(portal, scores, progress=False), progress=False)
            store.write("scores", scores[["contact_id", "score"]])
            first, second, *_ = store.contacts()["id"]
            store.delete("contacts", [first])
            store.erase([second])
            store.check()
            found = {p: stat.S_IMODE(p.stat().st_mode) for p in store.workspace.rglob("*")}
    finally:
        assert os.umask(before) == 0, "the umask was not restored"
    assert {p.name for p in found} >= {"lock", "_SHA256SUMS", "_last_checkpoint", "ledger.sqlite"}
    assert {p for p, mode in found.items() if mode != (0o700 if p.is_dir() else 0o600)} == set()


def test_a_table_that_was_never_synced_says_run_sync(store: Store) -> None:
    with pytest.raises(DataError, match=r"holds no deals.*Run sync first"):
        store.deals()


def test_an_unknown_column_names_the_nearest(store: Store) -> None:
    store.write("contacts", CONTACTS)
    with pytest.raises(DataError, match=r"no column 'visit'. The nearest are: visits"):
        store.contacts(["id", "visit"])


def test_columns_come_in_the_order_asked_for(store: Store) -> None:
    store.write("contacts", CONTACTS)
    assert list(store.contacts(["visits", "id"])) == ["visits", "id"]


def test_properties_are_those_of_one_object(store: Store) -> None:
    store.write("properties", pa.table({"object": ["contacts", "deals"], "name": ["a", "b"]}))
    assert store.properties()["name"].tolist() == ["a"]
    assert store.properties("deals")["name"].tolist() == ["b"]


# SQL ---------------------------------------------------------------------------------------------


def test_sql_joins_tables_and_keeps_the_types(store: Store) -> None:
    store.write("contacts", CONTACTS)
    store.write("deals", pa.table({"contact": ["1", "1", "3"], "amount": [1, 2, 4]}))
    found = store.sql(
        "select c.id, sum(d.amount) as total, any_value(c.topics) as topics, any_value(c.seen) as t"
        ", any_value(c.open) as o from Contacts c left join deals d on d.contact = c.id"
        " group by all order by c.id"
    )
    assert [str(kind) for kind in found.dtypes] == [
        "str",
        "Int64",
        "object",
        "datetime64[us, UTC]",
        "boolean",
    ]
    assert found["total"].tolist() == [3, pd.NA, 4]
    assert found["topics"].tolist() == [["a", "b"], None, []]


def test_sql_times_are_utc(store: Store) -> None:
    found = store.sql("select timestamptz '2026-03-29 01:30:00+01:00' as t, date '2024-02-29' as d")
    assert found["t"][0] == pd.Timestamp("2026-03-29 00:30", tz="UTC")
    assert str(found["d"].dtype) == "datetime64[us, UTC]"


@pytest.mark.parametrize(
    "statement",
    [
        "drop table contacts",
        "create table x as select 1",
        "insert into contacts values (1)",
        "copy contacts to 'out.csv'",
        "attach 'other.db'",
        "install httpfs",
        "set enable_external_access = true",
        "pragma version",
        "select 1; select 2",
        "",
    ],
)
def test_a_statement_that_is_no_query_is_one_clear_error(store: Store, statement: str) -> None:
    store.write("contacts", CONTACTS)
    with pytest.raises(StoreError, match=r"is no query|One query is wanted"):
        store.sql(statement)


@pytest.mark.parametrize(
    "source",
    ["'/etc/passwd'", "read_csv('/etc/passwd')", "glob('/*')", "read_text('/etc/passwd')"],
)
def test_sql_reaches_no_file(store: Store, source: str) -> None:
    with pytest.raises(StoreError, match="The query cannot be answered"):
        store.sql(f"select * from {source}")


def test_sql_does_not_read_the_callers_variables(store: Store) -> None:
    frame = pd.DataFrame({"secret": [1]})
    assert len(frame) == 1
    with pytest.raises(StoreError, match="Table with name frame does not exist"):
        store.sql("select * from frame")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("selec 1", "syntax error"),
        ("select nope from contacts", "nope"),
        ("select * from contact", "Table with name contact does not exist"),
    ],
)
def test_a_wrong_query_gives_duckdbs_first_line_and_our_tables(
    store: Store, query: str, says: str
) -> None:
    store.write("contacts", CONTACTS)
    with pytest.raises(StoreError, match=says) as caught:
        store.sql(query)
    assert "\n" not in str(caught.value)
    assert "tables are: contacts" in caught.value.hint


# broken ------------------------------------------------------------------------------------------


def _delta_log(store: Store) -> Path:
    return store.workspace / "store" / "contacts" / "_delta_log" / "00000000000000000000.json"


@pytest.mark.parametrize("junk", [b"", b"{}", b"\x00" * 64, b"garbage"])
def test_a_damaged_delta_log_is_explained(store: Store, junk: bytes) -> None:
    store.write("contacts", CONTACTS)
    _delta_log(store).write_bytes(junk)
    for act in (store.contacts, lambda: store.version("contacts")):
        with pytest.raises(StoreError, match=r"'contacts' is damaged.*then run sync") as caught:
            act()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("harm", ["missing", "cut", "empty", "garbage"])
def test_a_damaged_data_file_is_explained(store: Store, harm: str) -> None:
    store.write("contacts", CONTACTS)
    (data,) = _delta_log(store).parent.parent.glob("*.parquet")
    if harm == "missing":
        data.unlink()
    else:
        whole = data.read_bytes()
        data.write_bytes({"cut": whole[:-30], "empty": b"", "garbage": b"x" * 99}[harm])
    for act in (store.contacts, lambda: store.sql("select * from contacts")):
        with pytest.raises(StoreError, match="'contacts' is damaged"):
            act()


def test_a_damaged_ledger_is_explained(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database, and longer than a header" * 99)
    with pytest.raises(StoreError, match=r"ledger.*cannot be used.*damaged"):
        open_store(tmp_path)


@pytest.mark.parametrize("inside", [False, True])
def test_a_workspace_that_is_a_file_is_refused(tmp_path: Path, inside: bool) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"file is a file, not a folder.*Name a folder"):
        open_store(tmp_path / "file" / "crm" if inside else tmp_path / "file")


def test_a_missing_workspace_is_not_made_when_it_should_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no workspace at .*sync"):
        open_store(tmp_path / "none", create=False)
    assert list(tmp_path.iterdir()) == []


def test_the_default_workspace_is_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCORE_WORKSPACE", str(tmp_path / "ours"))
    with open_store() as store:
        assert store.workspace == tmp_path / "ours"


def test_the_second_holder_learns_who_holds_the_workspace(store: Store) -> None:
    import os

    with (
        store.lock("sync"),
        pytest.raises(BusyError, match=rf"`sync` \(process {os.getpid()}"),
        store.lock("apply"),
    ):
        pass
    with store.lock("apply"):
        holder = json.loads((store.workspace / "lock").read_text())
    assert holder["kind"] == "apply"
