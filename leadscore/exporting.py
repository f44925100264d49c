"""Tables for spreadsheets, CSV and XLSX, in which no cell is a formula.

A text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break is run by spreadsheets
that open a CSV file; an apostrophe before it makes it text (OWASP, "CSV Injection"). Full-width
forms, leading blanks and lines within a cell count as well.
"""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leadscore.errors import SettingsError, UsageError
from leadscore.workspace import private_files, put_in_place

__all__ = ["MOST_ROWS", "harmless", "unmarked", "write_csv", "write_xlsx"]

Row = Sequence[str | None]
MOST_ROWS = 1_048_576  # of an XLSX sheet, the header included
_MOST_LETTERS = 32_767  # of an XLSX cell
_STARTS = frozenset("=+-@")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?\Z", re.ASCII)
_LINE_END = re.compile(r"(\r\n|\r|\n)")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def harmless(text: str) -> str:
    r"""Return a text that no spreadsheet takes for a formula: as it is, or after an apostrophe.

    Examples
    --------
    >>> harmless("=1+1"), harmless(" \uff1d1"), harmless("5 > 3")
    ("'=1+1", "' \uff1d1", '5 > 3')
    """
    if "\n" not in text and "\r" not in text:
        return _marked(text)
    parts = _LINE_END.split(text)
    marked = [part if n % 2 else _marked(part) for n, part in enumerate(parts)]
    return ("'" if text[0] in "\r\n" else "") + "".join(marked)


def _marked(line: str) -> str:
    return f"'{line}" if _is_run(line) else line


def _is_run(line: str) -> bool:
    first = next((letter for letter in line if not _is_blank(letter)), "")
    return line.startswith("\t") or unicodedata.normalize("NFKC", first)[:1] in _STARTS


def _is_blank(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf")


def write_csv(
    path: str | Path, header: Row, rows: Iterable[Row], *, numbers: Collection[str] = ()
) -> Path:
    """Write a table as CSV (UTF-8), for its owner alone; the file is there whole or not at all.

    Parameters
    ----------
    path : path
    header : sequence of str
    rows : iterable of sequence of str or None
    numbers : collection of str
        Columns in which a plain number stays as it is, though it begins with a minus.

    Returns
    -------
    Path

    Raises
    ------
    SettingsError
        The file cannot be written.
    """
    plain = [name in numbers for name in header]
    with _draft(path) as (target, draft), draft.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow([harmless(str(name)) for name in header])
        for row in rows:
            cells = zip(row, plain, strict=True)
            out.writerow([_cell(value, number=number) for value, number in cells])
    return put_in_place(draft, target)


def _cell(value: str | None, *, number: bool) -> str:
    if value is None:
        return ""
    text = value.encode("utf-8", "replace").decode("utf-8")
    return text if number and _NUMBER.match(text) else harmless(text)


def write_xlsx(
    path: str | Path,
    header: Row,
    rows: Iterable[Row],
    *,
    numbers: Collection[str] = (),
    sheet: str = "changes",
) -> Path:
    """Write a table as XLSX, every text forced to be text; needs openpyxl.

    Parameters
    ----------
    path, header, rows
        As for `write_csv`; at most 1,048,575 rows.
    numbers : collection of str
        Columns in which a plain number becomes a number.
    sheet : str

    Returns
    -------
    Path

    Raises
    ------
    UsageError
        openpyxl is not installed, or there are more rows than a sheet holds.
    SettingsError
        The file cannot be written.
    """
    book = _workbook()
    page = book.create_sheet(sheet)
    page.freeze_panes = "A2"
    page.append([_text_cell(page, str(name)) for name in header])
    plain = [name in numbers for name in header]
    for place, row in enumerate(rows, start=2):
        if place > MOST_ROWS:
            raise UsageError(
                f"A sheet holds {MOST_ROWS - 1:,} rows, and there are more.",
                hint="Write CSV, or a part of the plan.",
            )
        page.append([_xlsx_cell(page, *cell) for cell in zip(row, plain, strict=True)])
    with _draft(path) as (target, draft):
        book.save(draft)
    return put_in_place(draft, target)


def _workbook() -> Any:
    try:
        from openpyxl import Workbook
    except ImportError:
        raise UsageError(
            "Writing XLSX needs openpyxl, which is not installed.",
            hint='Run `pip install "leadscore[xlsx]"`, or write CSV.',
        ) from None
    return Workbook(write_only=True)


def _xlsx_cell(page: Any, value: str | None, number: bool) -> Any:
    if value is None:
        return None
    if number and _NUMBER.match(value):
        return float(value) if "." in value else int(value)
    return _text_cell(page, value)


def _text_cell(page: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    sent = text.encode("utf-8", "replace").decode("utf-8")
    cell = WriteOnlyCell(page, value=_NOT_XML.sub("\ufffd", sent)[:_MOST_LETTERS])
    cell.data_type = "s"  # whatever it begins with
    if harmless(sent) != sent:
        cell.quotePrefix = True  # stays text when somebody edits the cell
    return cell


@contextmanager
def _draft(path: str | Path) -> Iterator[tuple[Path, Path]]:
    target = Path(path).expanduser().absolute()
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with private_files():
            yield target, draft
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise SettingsError(
            f"{target} cannot be written: {error.strerror or error}.",
            hint="Check the folder, its permissions and the disk's free space.",
        ) from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def unmarked(text: str) -> str:
    r"""Return a text as it was before `harmless`; one that was not marked stays as it is.

    Examples
    --------
    >>> unmarked("'=1+1"), unmarked("'tis")
    ('=1+1', "'tis")
    """
    if "'" not in text:
        return text
    parts = _LINE_END.split(text[1:] if text[:1] == "'" and text[1:2] in "\r\n" else text)
    return "".join(
        part[1:] if not n % 2 and part.startswith("'") and _is_run(part[1:]) else part
        for n, part in enumerate(parts)
    )
