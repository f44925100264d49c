"""The page on rehearsing a write-back, step by step as it stands there."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from pages import Page

STATES = ("written", "unchanged", "conflict", "rejected", "missing", "resolved")
needs_shell = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="bash or curl is not installed"
)


@pytest.mark.slow
@needs_shell
def test_the_page_ends_where_it_says_that_it_ends(tmp_path: Path) -> None:
    done = Page("rehearsal.md", "8131").run(tmp_path)
    assert done.returncode == 0, done.stderr
    said = _numbers(done.stdout)
    assert "exit code 3" in done.stdout
    assert (said["rejected"], said["missing"], said["resolved"]) == (1, 1, 100)
    assert sum(said[state] for state in STATES) == said["changes"]
    faults, log = re.findall(r"^({.*})$", done.stdout, re.MULTILINE)[-2:]
    assert [fault["fired"] for fault in json.loads(faults)["faults"]] == [1, 2, 1, 1]
    properties = [write["property"] for write in json.loads(log)["writes"]]
    assert properties
    assert len(properties) == len(set(properties))


@pytest.mark.slow
@needs_shell
def test_every_command_of_the_page_for_operators_works(tmp_path: Path) -> None:
    done = Page("operations.md", "8132").run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "exit code 4" in done.stdout
    assert "interrupted" in done.stdout
    runs = re.findall(r"^run +\S+-(apply|undo)-\w+$", done.stdout, re.MULTILINE)
    assert runs == ["apply", "apply", "apply", "undo"]  # applied, shown twice, undone
    said = _numbers(done.stdout)
    assert said["written"] == said["verified"] > 1_000


def _numbers(text: str) -> dict[str, int]:
    found = re.findall(r"^(\w+) +(\d+)$", text, re.MULTILINE)
    return {name: int(number) for name, number in found}
