"""Reading: as it is, as it was, with labels, and by SQL."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from leadscore.errors import DataError, StoreError
from leadscore.store import Store

DEFINITIONS = pa.table(
    {
        "object": ["contacts", "contacts", "deals"],
        "name": ["stage", "topics", "stage"],
        "type": ["enumeration"] * 3,
        "options": [["lead", "customer"], ["a", "b"], ["won"]],
        "option_labels": [["Lead", "Customer"], ["Topic A", "Topic B"], ["Won"]],
    }
)
CONTACTS = pa.table(
    {"id": ["1", "2"], "stage": ["customer", None], "topics": [["b", "a"], None], "n": [1, 2]}
)


@pytest.fixture
def filled(store: Store) -> Store:
    store.write("properties", DEFINITIONS)
    store.write("contacts", CONTACTS)
    return store


def test_a_table_is_read_as_it_was_by_version_or_moment(filled: Store) -> None:
    filled.merge("contacts", pa.table({"id": ["2", "3"], "stage": ["lead", "lead"], "new": [1, 2]}))
    filled.delete("contacts", ["1"])
    versions = filled.versions("contacts")
    assert versions["version"].tolist() == [0, 1, 2]
    assert versions["operation"].tolist() == ["WRITE", "MERGE", "MERGE"]
    assert versions["rows_removed"].tolist()[-1] == 1
    assert filled.contacts(as_of=0).columns.tolist() == CONTACTS.column_names
    ids = [sorted(filled.contacts(["id"], as_of=version)["id"]) for version in (0, 1, 2)]
    assert ids == [["1", "2"], ["1", "2", "3"], ["2", "3"]]
    moment = versions["at"].iloc[-1] + pd.Timedelta(hours=1)
    assert sorted(filled.read("contacts", as_of=str(moment))["id"]) == ["2", "3"]
    assert filled.arrow("contacts", ["id"], as_of=0).num_rows == 2


@pytest.mark.parametrize("read", ["contacts", "companies", "deals"])
def test_each_object_type_takes_columns_moments_and_labels(filled: Store, read: str) -> None:
    filled.write("companies", CONTACTS)
    filled.write("deals", pa.table({"id": ["1"], "stage": ["won"]}))
    frame = getattr(filled, read)(["stage"], as_of=0, labels=True)
    expected = {"contacts": "Customer", "companies": "customer", "deals": "Won"}
    assert frame["stage"].dropna().tolist() == [expected[read]]


def test_labels_are_the_portals_own(filled: Store) -> None:
    frame = filled.contacts(labels=True).set_index("id").sort_index()
    assert frame["stage"].cat.categories.tolist() == ["Lead", "Customer"]
    assert frame["topics"].tolist() == [["Topic B", "Topic A"], None]
    assert filled.contacts()["stage"].dtype == "str"


def test_labels_without_definitions_say_run_sync(store: Store) -> None:
    store.write("contacts", CONTACTS)
    with pytest.raises(DataError, match=r"holds no properties.*Run sync first"):
        store.contacts(labels=True)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("select n from contacts where id = '3'", [30]),
        ("select n from contacts where id in ('1', '4') order by n", [1, 40]),
        ("select n from contacts where stage > 'k' order by n", [30]),
        ("select count(*) from contacts", [4]),
        ("select n from contacts where list_contains(topics, 'a')", [1]),
        ("select n from contacts where about.plan = 'pro'", [30]),
        ("select max(n) from contacts where seen >= timestamptz '2026-01-01'", [30]),
        ("select n from contacts where \"odd 'name'\" = 'x'", [30]),
    ],
)
def test_sql_filters_whatever_was_written_merged_or_appended(
    filled: Store, query: str, answer: list[int]
) -> None:
    rows = {
        "id": ["3"],
        "stage": ["lead"],
        "n": [30],
        "about": [{"plan": "pro", "seats": 3}],
        "seen": pa.array([pd.Timestamp("2026-02-03", tz="UTC")], pa.timestamp("us", "UTC")),
        "odd 'name'": ["x"],
    }
    filled.merge("contacts", CONTACTS)
    filled.merge("contacts", pa.table(rows))
    filled.delete("contacts", ["2"])
    filled.write("contacts", pa.table({"id": ["4"], "n": [40]}), mode="append")
    filled.write("contacts", pa.table({"id": ["5"], "n": [5]}), mode="append")
    assert filled.sql(query).iloc[:, 0].tolist() == answer


def test_sql_reads_tables_of_many_files(store: Store) -> None:
    for number in range(120):
        store.write("history", pa.table({"id": [str(number)], "n": [number]}), mode="append")
    found = store.sql("select count(*) as n, sum(n) as total from history where id != '7'")
    assert found.to_dict("records") == [{"n": 119, "total": sum(range(120)) - 7}]


def test_a_query_over_a_damaged_table_names_the_table(filled: Store) -> None:
    (part,) = (filled.workspace / "store/contacts").glob("*.parquet")
    part.write_bytes(part.read_bytes()[:-40])
    with pytest.raises(StoreError, match=r"'contacts' is damaged: part-.* not as it was written"):
        filled.sql("select * from contacts")


def test_pyarrow_filters_what_was_merged(filled: Store) -> None:
    filled.merge("contacts", pa.table({"id": ["2", "3"], "n": [2, 3]}))
    stream = filled.stream("contacts", ["n"], where=~pc.field("id").isin(["1"]))
    assert sorted(row["n"] for batch in stream for row in batch.to_pylist()) == [2, 3]


def test_a_text_in_place_of_a_list_of_columns_is_refused(filled: Store) -> None:
    with pytest.raises(DataError, match=r"columns=\['jobtitle'\]"):
        filled.contacts(columns="jobtitle")
