from __future__ import annotations

import csv
import re
import unicodedata
import zipfile
from itertools import dropwhile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import SettingsError, UsageError
from leadscore.exporting import harmless, unmarked, write_csv, write_xlsx

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    "\ufe66" + "1",
    "fine\n=cmd|' /C calc'!A0",
    "fine\r\n@x",
    '=HYPERLINK("http://x","y")',
    "#REF!",
    "\x1b=1",
]
HARMLESS = ["", "5 > 3", "A", "For: Emails opened: 5.", "naïve", "1.25", "a=b", "two\nlines", "'x"]
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
RISKY = st.builds("".join, st.lists(st.sampled_from([*"=+-@\t\r\n a1\u00a0\uff1d\u200b"])))


def _rows(path):
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _unseen(letter):
    return letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf")


def _would_run(cell):
    """What a spreadsheet may take for a formula, by rules of its own kind: every line counts."""
    lines = re.split(r"[\r\n]", cell)
    bare = ["".join(dropwhile(_unseen, line)) for line in lines]
    return any(unicodedata.normalize("NFKC", line)[:1] in {*"=+-@"} for line in bare if line)


@given(st.lists(st.one_of(WORDS, RISKY), min_size=1))
def test_no_cell_of_a_csv_file_runs_and_what_is_harmless_stays(tmp_path_factory, texts):
    path = write_csv(tmp_path_factory.mktemp("csv") / "x.csv", ["text"], [[t] for t in texts])
    found = [row[0] if row else "" for row in _rows(path)[1:]]
    assert not any(map(_would_run, found))
    for text, cell in zip(texts, found, strict=True):
        if not _would_run(text) and not re.search(r"\A[\r\n]|(?:\A|[\r\n])\t", text):
            assert cell == text


@given(st.one_of(WORDS, RISKY))
def test_a_mark_can_be_taken_off_again(text):
    if "'" not in text:
        assert unmarked(harmless(text)) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_what_runs_gets_an_apostrophe(text):
    assert text == "#REF!" or "'" in harmless(text) != text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_does_not_run_stays(text):
    assert harmless(text) == text


def test_headers_are_cells_too_and_numbers_stay_numbers(tmp_path):
    path = write_csv(
        tmp_path / "x.csv", ["=head", "n"], [["-5", "-5"], [None, "-5+cmd"]], numbers=["n"]
    )
    assert _rows(path) == [["'=head", "n"], ["'-5", "-5"], ["", "'-5+cmd"]]


def test_no_cell_of_an_xlsx_file_is_a_formula_and_all_come_back(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    texts = [*HOSTILE, *HARMLESS[1:]]
    path = write_xlsx(tmp_path / "x.xlsx", ["=head"], [[t] for t in texts])
    with zipfile.ZipFile(path) as packed:
        assert not any(b"<f>" in packed.read(name) for name in packed.namelist())
    cells = [row[0] for row in openpyxl.load_workbook(path)["changes"].iter_rows()]
    assert {cell.data_type for cell in cells} == {"s"}
    assert cells[1].quotePrefix
    assert not cells[-1].quotePrefix
    expected = [t.replace("\x1b", "\ufffd") for t in ("=head", *texts)]
    assert [_lines(c.value) for c in cells] == [_lines(t) for t in expected]


def _lines(text):
    """XML has one line end (XML 1.0, section 2.11)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_numbers_are_numbers_in_xlsx_and_ids_are_text(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    row = [["9007199254740993", "81", "0.250000", None]]
    path = write_xlsx(tmp_path / "x.xlsx", ["id", "n", "p", "q"], row, numbers=["n", "p", "q"])
    cells = [c.value for c in list(openpyxl.load_workbook(path)["changes"].iter_rows())[1]]
    assert cells == ["9007199254740993", 81, 0.25, None]


def test_without_openpyxl_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(UsageError, match="needs openpyxl") as caught:
        write_xlsx(tmp_path / "x.xlsx", ["a"], [])
    assert "leadscore[xlsx]" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_for_its_owner_alone_and_there_whole_or_not_at_all(tmp_path):
    path = write_csv(tmp_path / "x.csv", ["a"], [["1"]])
    assert path.stat().st_mode & 0o077 == 0

    def broken():
        yield ["2"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_csv(path, ["a"], broken())
    assert _rows(path) == [["a"], ["1"]]
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(SettingsError, match="cannot be written"):
        write_csv(tmp_path / "no" / "x.csv", ["a"], [])
