"""The list of strictness rules: each has a source, and a test that is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "strictness.md"
NAMED = re.compile(r"(test_\w+\.py)::(test_\w+)")


def _rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in cells if row[0] != "Rule"]


@cache
def _tests(name: str) -> set[str]:
    tree = ast.parse((HERE / name).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_list_is_read():
    assert len(_rows()) > 60


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0][:60])
def test_every_rule_has_a_source_and_a_test_that_is_there(row):
    assert len(row) == 3, row
    assert row[1], "no source"
    named = NAMED.findall(row[2])
    assert named, "no test"
    for file, test in named:
        assert (HERE / file).is_file(), file
        assert test in _tests(file), f"{file}::{test}"
