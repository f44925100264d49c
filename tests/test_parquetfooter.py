"""After a merge, every reader can filter on text."""

from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from leadscore.parquetfooter import read_as_plain_text

ROWS = pa.table(
    {
        "id": pa.array(["1", "2", None], pa.string_view()),
        "tags": pa.array([["a"], [], None], pa.list_(pa.string_view())),
        "at": pa.array([0, 1, None], pa.timestamp("us", "UTC")),
        "n": pa.array([1, None, 3], pa.int64()),
        "on": pa.array([True, False, None]),
    }
)


def test_texts_are_read_as_strings_and_nothing_else_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(ROWS, path)
    size = path.stat().st_size
    assert read_as_plain_text(path)
    read = pq.read_table(path)
    assert read.to_pylist() == ROWS.to_pylist()
    assert [str(kind) for kind in read.schema.types] == [
        "string",
        "list<element: string>",
        "timestamp[us, tz=UTC]",
        "int64",
        "bool",
    ]
    assert path.stat().st_size == size
    found = ds.dataset(path).to_table(filter=ds.field("id").isin(["1", "3"]))
    assert found["id"].to_pylist() == ["1"]
    assert not read_as_plain_text(path)


def test_a_file_without_views_is_left_alone(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["1"]}), tmp_path / "a.parquet")
    before = (tmp_path / "a.parquet").read_bytes()
    assert not read_as_plain_text(tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == before


def test_metadata_that_mentions_the_key_does_not_mislead(tmp_path: Path) -> None:
    schema = ROWS.schema.with_metadata({"note": "ARROW:schema"})
    pq.write_table(ROWS.cast(schema), tmp_path / "a.parquet")
    read_as_plain_text(tmp_path / "a.parquet")
    assert pq.read_schema(tmp_path / "a.parquet").field("id").type == pa.string()
