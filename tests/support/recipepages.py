"""Run the blocks of a page of docs/recipes from top to bottom, as a reader would paste them."""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "docs" / "recipes"
_BLOCK = re.compile(r"^```(\w+)(?: +(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LOOSE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A fenced block: ``python`` and ``sh`` run, ``text`` is what the block before it prints.

    ``csv webinar.csv`` (a language and a name) is a file that the next blocks find.
    """

    language: str
    name: str
    text: str
    line: int


def pages() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for found in _BLOCK.finditer(text):
        line = text[: found.start()].count("\n") + 2
        yield Block(found[1], found[2] or "", found[3], line)


def run(page: Path) -> None:
    """Run a page in the current folder; what a ``text`` block shows must be what is printed."""
    names: dict[str, Any] = {"__name__": "__main__"}
    said = ""
    for block in blocks(page):
        if block.language == "text":
            same = doctest.OutputChecker().check_output(block.text, said, _LOOSE)
            assert same, f"{page.name}:{block.line}: this is printed instead:\n{said}"
        elif block.name:
            Path(block.name).write_text(block.text, "utf-8")
        else:
            said = _python(page, block, names) if block.language == "python" else _shell(block)


def _python(page: Path, block: Block, names: dict[str, Any]) -> str:
    source = "\n" * (block.line - 1) + block.text
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(source, str(page), "exec"), names)
    return said.getvalue()


def _shell(block: Block) -> str:
    assert block.language == "sh", f"A block in {block.language} neither runs nor is a file."
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", block.text],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"line {block.line}: {done.stdout}{done.stderr}"
    return done.stdout
