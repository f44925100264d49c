"""A file that is kept in step: rewritten whole, other rows and columns kept."""

from __future__ import annotations

import pandas as pd
import pytest

from leadscore.errors import TableError, UsageError
from leadscore.filetargets import FileTarget

DEFINED = {"phone": {"type": "string"}, "seats": {"type": "number"}, "seen": {"type": "datetime"}}
ROW = {"phone": "+4930", "seats": "-4", "seen": "2026-03-01T12:30:00.000Z"}


def _target(path):
    return FileTarget(path, DEFINED, list(DEFINED))


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_what_is_written_is_read_again_as_it_was(tmp_path, name):
    target = _target(tmp_path / name)
    target.write({"7": ROW, "8": dict.fromkeys(DEFINED)})
    assert not (tmp_path / name).exists()  # all or nothing
    target.finish()
    again = _target(tmp_path / name)
    assert again.ids == {"7", "8"}
    row = again.read(["7", "9"])["7"]
    assert (row["phone"], row["seats"], str(row["seen"])[:16]) == (
        "+4930",
        "-4",
        "2026-03-01T12:30",
    )
    again.write({"8": {"seats": "1"}})
    again.delete(["7"])
    again.finish()
    assert _target(tmp_path / name).ids == {"8"}


def test_rows_and_columns_of_others_stay(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,note,seats\n1,=SUM(A1),2\n")
    target = _target(path)
    target.write({"7": ROW})
    target.mark(["1"])
    target.finish()
    frame = pd.read_csv(path, dtype=str)
    assert frame.columns.tolist() == ["id", "phone", "seats", "seen", "note", "archived"]
    assert frame["note"][0] == "'=SUM(A1)"
    assert frame["archived"].tolist()[0] == "true"
    assert frame["phone"][1] == "'+4930"


def test_a_row_that_comes_back_is_no_longer_marked(tmp_path):
    target = _target(tmp_path / "a.csv")
    target.write({"7": ROW})
    target.mark(["7"])
    target.write({"7": {"seats": "1"}})
    assert target.read(["7"])["7"]["archived"] is None


def test_a_file_that_names_no_records_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("email,plan\na@example.com,x\n")
    with pytest.raises(TableError, match=r"'a\.csv' has no column 'id'"):
        _target(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("id,plan\n1,x\n1,y\n")
    with pytest.raises(TableError, match="has an id twice"):
        _target(tmp_path / "b.csv")
    with pytest.raises(UsageError, match="neither a CSV nor a Parquet file"):
        _target(tmp_path / "a.xlsx")
