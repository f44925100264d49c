"""What stands in a file that is imported: its text, its rows, and cells as values of properties.

HubSpot knowledge base, "Set up your import file": CSV with commas, in UTF-8. Assumed: a mark at
the beginning is passed over, UTF-16 is read when its mark says so, and nothing else is guessed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

__all__ = ["DATE_FORMATS", "BadCell", "cell_reader", "rows_of"]

# HubSpot API docs, "Imports": the order of day, month and year; what stands between is free.
DATE_FORMATS = {"MONTH_DAY_YEAR": "mdy", "DAY_MONTH_YEAR": "dmy", "YEAR_MONTH_DAY": "ymd"}
_DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})\Z", re.ASCII)

Read = Callable[[str], str]


class BadCell(ValueError):  # noqa: N818 - a cell is bad, nothing is raised further
    """A cell that cannot be read."""


def rows_of(content: bytes) -> list[list[str]]:
    r"""Return the rows of a CSV file; empty lines are passed over.

    Raises
    ------
    ValueError
        It is not text, or not CSV.

    Examples
    --------
    >>> rows_of(b'\xef\xbb\xbfName,City\r\n"Ann, B.",K\xc3\xb6ln\r\n')
    [['Name', 'City'], ['Ann, B.', 'Köln']]
    """
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content.decode("utf-16" if wide else "utf-8-sig")
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as problem:
        raise ValueError(str(problem)) from problem


def cell_reader(definition: Mapping[str, Any], date_format: str) -> Read:
    """Return how cells of a property become values: dates by their format, options by label.

    Examples
    --------
    >>> read = cell_reader({"type": "date", "options": []}, "DAY_MONTH_YEAR")
    >>> read("3.12.2026")
    '2026-12-03'
    """
    if definition["type"] in {"date", "datetime"}:
        return _dates(DATE_FORMATS[date_format], whole=definition["type"] == "date")
    if definition["options"]:
        return _options(definition)
    return str.strip


def _dates(order: str, *, whole: bool) -> Read:
    def read(cell: str) -> str:
        match = _DATE.match(cell.strip())
        if match is None:
            return cell.strip()
        parts = dict(zip(order, match.groups(), strict=True))
        if len(parts["y"]) != 4:
            raise BadCell(cell)
        try:
            day = date(int(parts["y"]), int(parts["m"]), int(parts["d"]))
        except ValueError:
            raise BadCell(cell) from None
        return day.isoformat() if whole else f"{day.isoformat()}T00:00:00Z"

    return read


def _options(definition: Mapping[str, Any]) -> Read:
    values = {one["value"] for one in definition["options"]}
    labels = {one["label"].lower(): one["value"] for one in definition["options"]}
    labels |= {value.lower(): value for value in values} if definition["type"] == "bool" else {}

    def one(cell: str) -> str:
        return cell if cell in values else labels.get(cell.lower(), cell)

    if definition.get("fieldType") != "checkbox":
        return lambda cell: one(cell.strip())
    return lambda cell: ";".join(one(part.strip()) for part in cell.split(";"))
