"""Which rows are about a record: ids are unique within one object type only."""

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from leadscore.recordrows import Records, RowKey


def _found(rows: dict[str, list[object]], where: str, object_type: str = "contacts") -> list[int]:
    table = pa.table({**rows, "row": list(range(len(next(iter(rows.values())))))})
    records = Records(object_type, ("7", "x'\""))
    keys = records.keys(table.schema, where)
    condition = records.condition(keys, table.schema)
    found = ds.dataset(table).to_table(filter=condition)["row"].to_pylist()
    rest = ds.dataset(table).to_table(filter=~condition)["row"].to_pylist()
    assert sorted([*found, *rest]) == table["row"].to_pylist(), "a row is found or not, never lost"
    return found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("contacts", [0]),
        ("deals", []),
        ("staging/contacts/1.parquet", [0]),
        ("staging/companies/contacts-1.parquet", [0]),
        ("staging/deals.parquet", []),
        ("misfits", [0]),
        ("export.parquet", [0]),
    ],
)
def test_an_id_belongs_to_the_object_type_that_the_path_names(where: str, found: list[int]) -> None:
    assert _found({"id": ["7", "8", None]}, where) == found


def test_an_object_column_says_whose_id_it_is() -> None:
    rows = {"object": ["contacts", "deals", None, "contacts"], "id": ["7", "7", "7", None]}
    assert _found(rows, "history") == [0]
    assert _found(rows, "history", "deals") == [1]


def test_both_ends_of_an_association_count() -> None:
    rows = {
        "from_object": ["contacts", "companies", "companies"],
        "from_id": ["7", "1", "7"],
        "to_object": ["companies", "contacts", "deals"],
        "to_id": ["1", "7", "2"],
    }
    assert _found(rows, "associations") == [0, 1]


@pytest.mark.parametrize("object_type", ["contacts", "companies", "deals"])
def test_a_column_named_after_the_object_counts(object_type: str) -> None:
    rows = {
        "contact_id": ["7", "1", "1"],
        "company_id": ["1", "7", "1"],
        "deal_id": ["1", "1", "7"],
    }
    expected = ["contacts", "companies", "deals"].index(object_type)
    assert _found(rows, "scores", object_type) == [expected]


def test_ids_kept_as_numbers_are_found_too() -> None:
    assert _found({"id": [7, 8, None]}, "contacts") == [0]
    assert _found({"id": [7.0, 8.5, None]}, "contacts") == [0]


def test_quotes_in_an_id_do_no_harm() -> None:
    assert _found({"id": ["x'\"", "x"]}, "contacts") == [0]


def test_a_table_without_ids_has_no_key() -> None:
    records = Records("contacts", ("7",))
    assert records.keys(pa.schema([("name", pa.string())]), "properties") == []


def test_rows_to_delete_have_the_tables_own_types() -> None:
    schema = pa.schema([("id", pa.int64()), ("object", pa.string())])
    rows = Records("contacts", ("7", "x")).rows(RowKey("id", "object"), schema)
    assert rows.to_pylist() == [{"id": 7, "object": "contacts"}]
