"""One way to read rows, wherever they are."""

from __future__ import annotations

import gzip

import pandas as pd
import pytest

from leadscore.errors import TableError, UsageError
from leadscore.sources import open_source

TEXTS = {
    "email": "ada@example.com",
    "phone": "+4930123456",
    "zip": "01067",
    "id": "12345678901234567890",
}


def test_every_kind_of_source_gives_the_same_texts(tmp_path):
    frame = pd.DataFrame([TEXTS])
    frame.to_csv(tmp_path / "a.csv", index=False, sep=";")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    frame.to_parquet(tmp_path / "a.parquet")
    for source in (
        TEXTS,
        frame,
        tmp_path / "a.csv",
        str(tmp_path / "a.csv.gz"),
        tmp_path / "a.parquet",
    ):
        assert open_source(source).read().to_pylist() == [TEXTS]


def test_a_list_of_one_column_is_a_table(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("email\nada@example.com\n\nbob@example.com\n")
    assert open_source(path).read()["email"].to_pylist() == ["ada@example.com", "bob@example.com"]


def test_whole_numbers_of_a_parquet_file_stay_whole_beside_missing_ones(tmp_path):
    pd.DataFrame({"id": pd.array([2**60, None], "Int64")}).to_parquet(tmp_path / "a.parquet")
    assert open_source(tmp_path / "a.parquet").read()["id"].to_pylist() == [str(2**60), None]


def test_a_column_without_name_and_values_goes_and_one_with_values_gets_a_name(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("email,,\nada@example.com,x,\n")
    assert open_source(path).read().column_names == ["email", "column_2"]


def test_what_is_no_source_is_told_what_is(tmp_path):
    with pytest.raises(UsageError, match="not from a list"):
        open_source([1])
    with pytest.raises(TableError, match=r"There is no file 'none\.csv'"):
        open_source(tmp_path / "none.csv").read()
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(TableError, match=r"cut\.parquet cannot be read as Parquet"):
        open_source(tmp_path / "cut.parquet").read()
    (tmp_path / "twice.csv").write_text("a,a\n1,2\n")
    with pytest.raises(TableError, match="duplicate column names: 'a'"):
        open_source(tmp_path / "twice.csv").read()
