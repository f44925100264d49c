"""Sizes add up, and a check finds every damaged file and says what to do."""

from pathlib import Path

import pyarrow as pa
import pytest

from leadscore.ledger import Ledger
from leadscore.store import Store


@pytest.fixture
def filled(store: Store) -> Store:
    rows = pa.table({"id": [str(n) for n in range(500)], "n": list(range(500))})
    for _ in range(2):
        store.write("contacts", rows)
    store.merge("contacts", rows.slice(0, 10))
    store.write("deals", rows.slice(0, 3))
    return store


def test_sizes_count_rows_versions_files_and_bytes(filled: Store) -> None:
    sizes = filled.sizes().set_index("table")
    assert sizes.columns.tolist() == ["rows", "versions", "files", "bytes", "old_bytes"]
    assert (sizes.dtypes.astype("str") == "Int64").all()
    assert sizes["rows"].to_dict() == {"contacts": 500, "deals": 3}
    assert sizes["versions"].to_dict() == {"contacts": 3, "deals": 1}
    assert sizes["files"].to_dict() == {"contacts": 1, "deals": 1}
    folder = filled.workspace / "store/contacts"
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert sizes.loc["contacts", "bytes"] + sizes.loc["contacts", "old_bytes"] == total
    assert sizes.loc["contacts", "old_bytes"] > sizes.loc["deals", "old_bytes"] == 0


def test_sizes_of_an_empty_store_have_the_columns(store: Store) -> None:
    assert len(store.sizes()) == 0
    assert "old_bytes" in store.sizes()


def test_an_intact_store_has_no_problem(filled: Store) -> None:
    found = filled.check()
    assert found["name"].tolist() == ["contacts", "deals", "ledger"]
    assert found["problem"].eq("").all()
    assert found["unverified"].eq(0).all()
    assert found.set_index("name").loc["contacts", "files"] == 6


def _harm(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_flipped_bit_in_any_version_is_found(filled: Store, version: int) -> None:
    filled.contacts()
    (file,) = filled._tables.dataset("contacts", version).files
    _harm(filled.workspace / "store/contacts" / file)
    problems = filled.check().set_index("name")["problem"]
    assert "'contacts' is damaged: part-" in problems["contacts"]
    assert "then run sync" in problems["contacts"]
    assert problems["deals"] == problems["ledger"] == ""


def test_a_flipped_bit_in_the_log_is_found(filled: Store) -> None:
    _harm(filled.workspace / "store/contacts/_delta_log/00000000000000000001.json")
    assert "_delta_log/00000000000000000001.json" in filled.check()["problem"][0]


def test_a_table_whose_log_is_gone_is_still_missed(filled: Store) -> None:
    for path in (filled.workspace / "store/contacts/_delta_log").iterdir():
        path.unlink()
    assert "holds no contacts" in filled.check()["problem"][0]


def test_a_damaged_ledger_is_found(filled: Store, tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    ledger = Ledger(path)
    run = ledger.start_run("sync")
    for number in range(500):
        ledger.set_checkpoint(f"checkpoint {number}", "x" * 200)
    assert ledger.run(run)
    ledger.shred()
    ledger.close()
    data = bytearray(path.read_bytes())
    data[4096 * 4 : 4096 * 9] = b"\xff" * 4096 * 5
    path.write_bytes(data)
    filled.ledger.close()
    filled.ledger = Ledger(path)
    problem = filled.check()["problem"].iloc[-1]
    assert "ledger" in problem
    assert "restore a backup" in problem


def test_files_of_another_program_are_counted_as_unverified(filled: Store) -> None:
    (filled.workspace / "store/deals/_SHA256SUMS").unlink()
    found = filled.check().set_index("name")
    assert found.loc["deals", "unverified"] == 2
    assert found.loc["deals", "problem"] == ""
