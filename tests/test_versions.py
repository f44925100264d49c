"""Versions: by number or by moment, and an older one that is not there says which are."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from leadscore.errors import DataError
from leadscore.versions import version_at, versions_of


@pytest.fixture
def delta(tmp_path: Path) -> DeltaTable:
    for number in range(3):
        write_deltalake(tmp_path / "t", pa.table({"n": [number] * (number + 1)}), mode="append")
    return DeltaTable(tmp_path / "t")


def test_versions_come_oldest_first_with_times_and_rows(delta: DeltaTable) -> None:
    frame = versions_of(delta)
    assert [str(kind) for kind in frame.dtypes] == [
        "Int64",
        "datetime64[us, UTC]",
        "str",
        "Int64",
        "Int64",
    ]
    assert frame["version"].tolist() == [0, 1, 2]
    assert frame["at"].is_monotonic_increasing
    assert frame["operation"].tolist() == ["WRITE"] * 3
    assert frame["rows_added"].tolist() == [1, 2, 3]


def test_deleted_rows_are_counted(delta: DeltaTable) -> None:
    delta.delete("n = 2")
    assert versions_of(delta)["rows_removed"].tolist()[-1] == 3


def test_a_moment_means_the_newest_version_that_was_there(delta: DeltaTable) -> None:
    times = versions_of(delta)["at"]
    later = times.iloc[-1] + timedelta(days=1)
    for moment in (later, str(later), later.tz_localize(None), later.tz_convert("Asia/Tokyo")):
        assert version_at(delta, moment, table="t") == 2
    at_first = times.iloc[0]
    expected = int((times <= at_first).sum()) - 1
    assert version_at(delta, at_first, table="t") == expected
    assert version_at(delta, datetime.now(UTC), table="t") == 2


@pytest.mark.parametrize("as_of", [3, -1, "1999-01-01", pd.Timestamp("1999-01-01", tz="UTC")])
def test_a_version_that_is_not_there_says_which_are(delta: DeltaTable, as_of: object) -> None:
    with pytest.raises(DataError, match=r"t have no version .* versions 0 to 2, since 20\d\d-"):
        version_at(delta, as_of, table="t")  # type: ignore[arg-type]


@pytest.mark.parametrize("as_of", ["soon", "", None])
def test_what_is_no_moment_is_refused(delta: DeltaTable, as_of: object) -> None:
    with pytest.raises(DataError, match="is no moment"):
        version_at(delta, as_of, table="t")  # type: ignore[arg-type]


def test_commits_older_than_the_first_checkpoint_do_not_count_when_the_first_is_gone(
    delta: DeltaTable, tmp_path: Path
) -> None:
    delta.create_checkpoint()
    write_deltalake(tmp_path / "t", pa.table({"n": [9]}), mode="append")
    (tmp_path / "t/_delta_log/00000000000000000000.json").unlink()
    newest = DeltaTable(tmp_path / "t")
    assert versions_of(newest)["version"].tolist() == [2, 3]
    newest.load_as_version(version_at(newest, 2, table="t"))
