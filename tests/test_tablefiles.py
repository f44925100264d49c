"""Files: compression, encoding, delimiter and quoting are found out, never asked for."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore import tablefiles
from leadscore.errors import TableError
from leadscore.tablefiles import read_cells

PLAIN = b"name,y\nAnna,yes\nBo,no\n"


def zipped(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def cells_of(content: bytes, tmp_path: Path, name: str = "leads.csv") -> list[list[str]]:
    path = tmp_path / name
    path.write_bytes(content)
    names, cells = read_cells(path)
    return [names, *map(list, zip(*cells.to_pydict().values(), strict=True))]


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda raw: zipped(("leads.csv", raw)),
}


@pytest.mark.parametrize("name", ["leads.csv.{}", "leads.csv", "leads"])
@pytest.mark.parametrize("packer", PACKERS)
def test_packed_files_are_known_by_their_content(packer: str, name: str, tmp_path: Path) -> None:
    found = cells_of(PACKERS[packer](PLAIN), tmp_path, name.format(packer))
    assert found == [["name", "y"], ["Anna", "yes"], ["Bo", "no"]]


def test_a_plain_file_with_a_packed_name_is_read(tmp_path: Path) -> None:
    assert len(cells_of(PLAIN, tmp_path, "leads.csv.gz")) == 3


@pytest.mark.parametrize("packer", PACKERS)
def test_a_cut_archive_is_refused(packer: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be unpacked"):
        cells_of(PACKERS[packer](PLAIN * 100)[:-20], tmp_path)


@pytest.mark.parametrize("packer", PACKERS)
def test_a_damaged_archive_is_refused(packer: str, tmp_path: Path) -> None:
    packed = PACKERS[packer](bytes(range(32, 127)) * 100)
    with pytest.raises(TableError, match="cannot be unpacked"):
        cells_of(packed[:50] + b"\xff" * 8 + packed[58:], tmp_path)


def test_a_stream_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(PLAIN)
    with pytest.raises(TableError, match="cannot be unpacked: error"):
        cells_of(packed[:10] + b"\xff" * 8 + packed[18:], tmp_path)


def test_an_archive_of_several_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"holds 2 files: 'a\.csv', 'b\.csv'"):
        cells_of(zipped(("a.csv", PLAIN), ("b.csv", PLAIN)), tmp_path)


def test_the_one_table_of_an_archive_is_found(tmp_path: Path) -> None:
    packed = zipped(("a.csv", PLAIN), ("readme.md", b"#"), ("__MACOSX/._a.csv", b"x"))
    assert len(cells_of(packed, tmp_path)) == 3


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError):
        cells_of(zipped(), tmp_path)


def test_an_excel_file_is_named_as_such(tmp_path: Path) -> None:
    packed = zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>"))
    with pytest.raises(TableError, match=r"Excel.*CSV UTF-8"):
        cells_of(packed, tmp_path, "leads.xlsx")


def test_an_archive_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tablefiles, "LARGEST", 1000)
    with pytest.raises(TableError, match="Split it by rows"):
        cells_of(gzip.compress(b"a,b\n" * 1000), tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_found_out(encoding: str, tmp_path: Path) -> None:
    found = cells_of("Größe;€\nMuñoz;1\n".encode(encoding), tmp_path)
    assert found == [["Größe", "€"], ["Muñoz", "1"]]


def test_bytes_that_windows_1252_lacks_are_latin_1(tmp_path: Path) -> None:
    assert cells_of(b"a;b\n\xe9\x81;1\n", tmp_path)[1] == ["é\x81", "1"]


@pytest.mark.parametrize("mark", list(",;\t|"))
def test_delimiters_are_found_out(mark: str, tmp_path: Path) -> None:
    content = mark.join(["a", "b", "c"]) + "\n" + mark.join(["1", '"x, y; z|\t"', "3"]) + "\n"
    assert cells_of(content.encode(), tmp_path) == [["a", "b", "c"], ["1", "x, y; z|\t", "3"]]


def test_decimal_commas_do_not_pass_for_delimiters(tmp_path: Path) -> None:
    assert cells_of(b"a;b\n1,5;2,5\n2,5;3,5\n", tmp_path)[1] == ["1,5", "2,5"]


def test_excels_sep_line_is_obeyed_and_left_out(tmp_path: Path) -> None:
    assert cells_of(b"sep=|\r\na,b|c\r\n1|2\r\n", tmp_path) == [["a,b", "c"], ["1", "2"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_any_system_are_read(end: str, tmp_path: Path) -> None:
    content = end.join(["", "a,b", "1,2", "", "3,4", ""])
    assert cells_of(content.encode(), tmp_path) == [["a", "b"], ["1", "2"], ["3", "4"]]


def test_single_quotes_are_known_from_the_header(tmp_path: Path) -> None:
    assert cells_of(b"'a','b'\n'1, 2','it''s'\n", tmp_path)[1] == ["1, 2", "it's"]


def test_line_breaks_within_quotes_belong_to_the_value(tmp_path: Path) -> None:
    content = b'"a\nb",c\n"x\r\ny",2\n'
    assert cells_of(content, tmp_path) == [["a\nb", "c"], ["x\r\ny", "2"]]


def test_an_inch_mark_is_no_quote(tmp_path: Path) -> None:
    assert cells_of(b'size,y\n5" pipe,1\n3,2\n', tmp_path)[1] == ['5" pipe', "1"]


def test_a_long_value_is_kept_whole(tmp_path: Path) -> None:
    long = "x" * 300_000
    assert cells_of(f"a,b\n{long},2\n".encode(), tmp_path)[1] == [long, "2"]


def test_ragged_line_is_found_far_down(tmp_path: Path) -> None:
    content = b"a,b\n" + b"1,2\n" * 5000 + b"1,2,3\n"
    with pytest.raises(TableError, match="3 values instead of 2 in line 5002"):
        cells_of(content, tmp_path)


def test_a_zero_byte_makes_a_file_binary(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is binary"):
        cells_of(b"a,b\n1,2\n" * 100_000 + b"1,\x00\n", tmp_path)


CELL = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8))
def test_what_is_quoted_comes_back_as_it_was(
    rows: list[tuple[str, str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = [",".join('"' + c.replace('"', '""') + '"' for c in row) for row in rows]
    content = "\n".join(['"h1","h2","h3"', *lines]).encode()
    found = cells_of(content, tmp_path_factory.mktemp("quoted"))
    assert found[1:] == [list(row) for row in rows]
