"""Files beside the tables: found wherever they are, and each handled by its kind."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadscore.distinctive import Marks
from leadscore.erasurefiles import loose_files, models_with, rewrite_parquet, strip
from leadscore.recordrows import Records

MARKS = Marks(["31700000077"], ["Zq8 Forgetme"])


def _put(folder: Path, name: str, data: str | bytes = "") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_files_that_may_tell_are_found_and_others_are_not(tmp_path: Path) -> None:
    parquet = {"scores/a.parquet", "store/contacts/part.parquet", "store/contacts/cut.parquet#1"}
    texts = {"report.html", "a/b/c.ipynb", ".ipynb_checkpoints/c.ipynb", "logs/x.log"}
    texts |= {".a.parquet.1.2.tmp"}
    neither = {
        "models/m/card.json",
        "store/contacts/_delta_log/0.json",
        "store/contacts/_delta_log/0.checkpoint.parquet",
        ".git/x.json",
        "notes.tmp",
        "script.py",
        "ledger.sqlite",
        "lock",
    }
    for name in parquet | texts | neither:
        _put(tmp_path, name)
    found = [{str(p.relative_to(tmp_path)) for p in paths} for paths in loose_files(tmp_path)]
    assert found == [parquet, texts]


def test_links_to_folders_elsewhere_are_not_followed(tmp_path: Path) -> None:
    _put(tmp_path, "elsewhere/report.html")
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm/link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert loose_files(tmp_path / "crm") == ([], [])


@pytest.mark.parametrize(
    ("name", "text", "how"),
    [
        ("a.html", "<td>31700000077</td>", "deleted"),
        ("a.json", '{"a": "ZQ8 FORGETME"}', "deleted"),
        ("a.csv", "id\n31700000077\n", "deleted"),
        ("a.html", "<td>317000000771</td>", None),
        (".a.html.1.2.tmp", "nobody", "deleted"),
    ],
)
def test_a_text_goes_when_it_gives_the_person_away(
    tmp_path: Path, name: str, text: str, how: str | None
) -> None:
    path = _put(tmp_path, name, text)
    assert strip(path, MARKS) == how
    assert path.exists() is (how is None)


def test_a_log_loses_only_the_lines(tmp_path: Path) -> None:
    path = _put(tmp_path, "sync.log", "one\nrejected 31700000077\nthree")
    assert strip(path, MARKS) == "rewritten"
    assert path.read_text() == "one\nthree"
    assert path.stat().st_mode & 0o777 == 0o600


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    assert strip(_put(tmp_path, "a.txt", b"\xff\xfe\x00Zq8 Forgetme"), MARKS) == "deleted"


def test_parquet_is_rewritten_with_its_metadata_and_without_the_rows(tmp_path: Path) -> None:
    rows = pa.table({"id": ["7", "8", None], "n": [1, 2, 3]}).replace_schema_metadata({"k": "v"})
    path = tmp_path / "part.parquet"
    pq.write_table(rows, path)
    assert rewrite_parquet(path, Records("contacts", ("7",)), "part.parquet") == "rewritten"
    left = pq.read_table(path)
    assert left["n"].to_pylist() == [2, 3]
    assert left.schema.metadata == {b"k": b"v"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_parquet_that_cannot_be_read_goes(tmp_path: Path) -> None:
    path = _put(tmp_path, "part.parquet", "PAR1 cut short")
    assert rewrite_parquet(path, Records("contacts", ("7",)), "part.parquet") == "deleted"
    assert not path.exists()


def test_models_that_hold_a_value_are_named(tmp_path: Path) -> None:
    _put(tmp_path, "plain/card.json", '{"options": ["lead"]}')
    _put(tmp_path, "carded/card.json", '{"options": ["Zq8 Forgetme"]}')
    array, blob = io.BytesIO(), io.BytesIO()
    np.save(array, np.array(["lead", "Zq8 Forgetme"]))
    with zipfile.ZipFile(blob, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("levels.npy", array.getvalue())
    _put(tmp_path, "fitted/model.skops", blob.getvalue())
    assert models_with(tmp_path, Marks((), ["Zq8 Forgetme"])) == ["carded", "fitted"]
    assert models_with(tmp_path / "none", MARKS) == []
