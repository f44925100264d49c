"""A file of separated values -> columns of text: compression, encoding, delimiter, quoting."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import pyarrow as pa
from pyarrow import csv as arrow_csv

from leadscore.errors import TableError
from leadscore.tablenames import shown

__all__ = ["read_cells"]

DELIMITERS = ",;\t|"
SAMPLE = 256 * 1024
LARGEST = 8 * 2**30
BLOCK = 16 * 2**20
_CHUNK = 16 * 2**20
_BROKEN = (
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)
_SAVE_AS = 'Save it as "CSV UTF-8" and try again.'


def read_cells(path: Path, *, narrow: bool = False) -> tuple[list[str], Any]:
    """Read a file of separated values as text.

    Parameters
    ----------
    path : Path
        Plain or packed (gzip, zip, bzip2, xz), whatever its name says. UTF-8, UTF-16 with a byte
        order mark, or else Windows-1252.
    narrow : bool, default False
        Take a file of one column too: a list of addresses, say.

    Returns
    -------
    names : list of str
        The header as it stands, surrounding spaces dropped.
    cells : pyarrow.Table
        One column of string per name, named by position ("0", "1", …); at least one row.

    Raises
    ------
    TableError
        No such file, a directory, unreadable, empty, binary, header only, or ragged.
    """
    text = _text(_unpacked(path), path)
    dialect, text = _sniff(text, path, narrow=narrow)
    header = _rows(text, dialect, most=1)[0]
    _check_quotes(text, dialect, path)
    cells = _parse(text, dialect, len(header), path)
    if cells.num_rows == 0:
        message = f"{_name(path)} holds a header but no rows."
        raise TableError(message, hint="Export it with its rows.")
    return [name.strip() for name in header], cells


def _name(path: Path) -> str:
    return shown([path.name or path], width=80)


# --------------------------------------------------------------------------- bytes


def _unpacked(path: Path) -> bytes:
    raw = _bytes(path)
    for magic, opener in _PACKED.items():
        if raw.startswith(magic):
            raw = _open_packed(opener, raw, path)
            break
    if not raw.strip():
        raise TableError(
            f"{_name(path)} is empty.", hint="Export it again, with a header and rows."
        )
    return raw


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise TableError(f"{_name(path)} is a directory.", hint="Name one CSV file in it.")
        if not path.is_file():
            where = shown([path.absolute().parent], width=200)
            raise TableError(f"There is no file {_name(path)}.", hint=f"Looked in {where}.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise TableError(
            f"{_name(path)} cannot be read: {_why(error)}.", hint="Check the path."
        ) from None


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


def _open_packed(opener: Callable[[IO[bytes], Path], IO[bytes]], raw: bytes, path: Path) -> bytes:
    try:
        with opener(io.BytesIO(raw), path) as stream:
            return _limited(stream, path)
    except _BROKEN as error:
        message = f"{_name(path)} cannot be unpacked: {_why(error)}."
        raise TableError(message, hint="Unpack it yourself, or download it again.") from None


def _limited(stream: IO[bytes], path: Path) -> bytes:
    chunks, size = [], 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > LARGEST:
            raise TableError(f"{_name(path)} unpacks to more than 8 GiB.", hint="Split it by rows.")
        chunks.append(chunk)
    return b"".join(chunks)


def _member(packed: IO[bytes], path: Path) -> IO[bytes]:
    archive = zipfile.ZipFile(packed)
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    if "[Content_Types].xml" in names:
        raise TableError(f"{_name(path)} is an Excel or Office file.", hint=_SAVE_AS)
    tables = [name for name in names if Path(name).suffix.lower() in {".csv", ".tsv", ".txt"}]
    tables = [name for name in tables if not name.startswith("__MACOSX/")] or names
    if len(tables) != 1:
        raise TableError(
            f"{_name(path)} holds {len(tables)} files: {shown(tables)}.",
            hint="Unpack the one you mean.",
        )
    return archive.open(tables[0])


_PACKED: dict[bytes, Callable[[IO[bytes], Path], Any]] = {
    b"\x1f\x8b": lambda packed, _: gzip.GzipFile(fileobj=packed),
    b"BZh": lambda packed, _: bz2.BZ2File(packed),
    b"\xfd7zXZ\x00": lambda packed, _: lzma.LZMAFile(packed),  # noqa: SIM115 closed by _open_packed
    b"PK\x03\x04": _member,
}


# --------------------------------------------------------------------------- text


def _text(raw: bytes, path: Path) -> str:
    text = _decoded(raw)
    # Text of any language has neither zero bytes nor more than a stray control character.
    odd = re.findall(r"[\x01-\x08\x0e-\x1f\x7f]", text[:SAMPLE])
    if "\0" in text or len(odd) > 1 + len(text[:SAMPLE]) // 1000:
        raise TableError(f"{_name(path)} is binary, not text.", hint=_SAVE_AS)
    unified = text if "\n" in text else text.replace("\r", "\n")
    return unified.strip("\r\n") + "\n"


def _decoded(raw: bytes) -> str:
    marked = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    first = [encoding for mark, encoding in marked.items() if raw.startswith(mark)]
    for encoding in [*first, "utf-8", "cp1252"]:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


# --------------------------------------------------------------------------- delimiter


class Dialect(NamedTuple):
    """How the file parts and quotes its values."""

    delimiter: str
    quote: str = '"'


def _sniff(text: str, path: Path, *, narrow: bool) -> tuple[Dialect, str]:
    # Excel writes and reads a first line "sep=;".
    told = re.match(r'"?sep=([,;\t|])"?\r?\n', text)
    if told:
        return Dialect(told[1]), text[told.end() :]
    quote = "'" if re.match(r"'[^'\n]*'[,;\t|]'", text) else '"'
    fits = {Dialect(mark, quote): _fit(text, Dialect(mark, quote)) for mark in DELIMITERS}
    best = max(fits, key=lambda dialect: fits[dialect])
    if fits[best] <= (0, 0) and not narrow:
        first = shown(text.splitlines()[:1])
        hint = "A table needs the outcome and something to learn from, parted by , ; tab or |."
        raise TableError(f"{_name(path)} has one column only: {first}.", hint=hint)
    return best, text


def _fit(text: str, dialect: Dialect) -> tuple[float, int]:
    """Return the share of rows as wide as the header, and that width less one."""
    rows = _rows(text[:SAMPLE], dialect, most=500)
    width = len(rows[0]) if rows else 0
    if width < 2:
        return 0, 0
    # The last row of a sample may be cut.
    body = rows[1:-1] if len(text) > SAMPLE else rows[1:]
    widths = Counter(len(row) for row in body if row)
    share = widths[width] / max(1, widths.total())
    return (share if body else 1), width - 1


def _reader(text: str, dialect: Dialect, *, strict: bool = False) -> Any:
    lines = io.StringIO(text, newline="")
    return csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=strict)


def _rows(text: str, dialect: Dialect, *, most: int) -> list[list[str]]:
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(islice(_reader(text, dialect), most))
    return rows


# --------------------------------------------------------------------------- cells

_LOOK = "Look for a missing quote or a stray delimiter there, or export the table again."


def _check_quotes(text: str, dialect: Dialect, path: Path) -> None:
    """Refuse a quote that is never closed: it would swallow the rows after it."""
    if text.count(dialect.quote) % 2 == 0:
        return
    reader, last = _reader(text, dialect, strict=True), 0
    try:
        for _ in reader:
            last = reader.line_num
    except csv.Error as error:
        if "end of data" in str(error):
            message = f"{_name(path)} has a quote in line {last + 1} that is never closed."
            raise TableError(message, hint=_LOOK) from None


def _parse(text: str, dialect: Dialect, width: int, path: Path) -> Any:
    names = [str(place) for place in range(width)]
    read = arrow_csv.ReadOptions(column_names=names, skip_rows_after_names=1, block_size=BLOCK)
    parse = arrow_csv.ParseOptions(
        delimiter=dialect.delimiter, quote_char=dialect.quote, newlines_in_values=True
    )
    types = dict.fromkeys(names, pa.string())
    convert = arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=False)
    try:
        return arrow_csv.read_csv(
            pa.py_buffer(text.encode()),
            read_options=read,
            parse_options=parse,
            convert_options=convert,
        )
    except pa.ArrowInvalid:
        raise _ragged(text, dialect, width, path) from None


def _ragged(text: str, dialect: Dialect, width: int, path: Path) -> TableError:
    reader = _reader(text, dialect)
    try:
        for row in reader:
            if row and len(row) != width:
                count = f"{len(row)} values instead of {width}"
                message = f"{_name(path)} has {count} in line {reader.line_num}."
                return TableError(message, hint=_LOOK)
    except csv.Error:
        return TableError(f"{_name(path)} breaks off near line {reader.line_num}.", hint=_LOOK)
    return TableError(f"{_name(path)} is not a table that can be read.", hint=_LOOK)
