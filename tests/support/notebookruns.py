"""The notebooks as their readers run them, in order, in one workspace, on a small portal.

As a program it refreshes the outputs that nbval compares: ``python tests/support/notebookruns.py``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat

import leadscore as ls

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
TAG = "nbval-check-output"
# What a test takes instead of the notebooks' own parameters, where they have them.
SMALL = {"contacts": 1500, "write": True, "undo": True, "trees": False}
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://127.0.0.1/")',
    "\x1b[31mred\x1b[0m",
    "\u202egpj.exe",
    "$\\frac{1}{0}$ {{7*7}}",
)


def code_cells(path: Path) -> list[Any]:
    """Return a notebook's code cells."""
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


def parameters_of(path: Path) -> dict[str, str]:
    """Return the names in the parameters cell, and the lines that set them."""
    lines = code_cells(path)[0].source.splitlines()
    return {line.split(" = ")[0]: line for line in lines if " = " in line}


def small_parameters(path: Path, workspace: Path | str, **given: Any) -> dict[str, Any]:
    """Return those parameters that a small run sets."""
    wanted = SMALL | given | {"workspace": str(workspace)}
    return {name: wanted[name] for name in parameters_of(path) if name in wanted}


def small_copy(path: Path, folder: Path, workspace: str, **given: Any) -> Path:
    """Copy a notebook with small parameters in place of its own: nbval can set none."""
    notebook = nbformat.read(path, 4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    for name, value in small_parameters(path, workspace, **given).items():
        cell.source = re.sub(rf"(?m)^{name} = .*$", f"{name} = {value!r}", cell.source)
    target = folder / path.name
    nbformat.write(notebook, target)
    return target


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a module of this Python in a folder."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=os.environ | {"JUPYTER_PLATFORM_DIRS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def papermill(path: Path, folder: Path) -> Path:
    """Run a notebook by papermill, as a user does."""
    given = [part for item in small_parameters(path, "crm").items() for part in ("-p", *item)]
    out = folder / path.name
    command = ["papermill", str(path), str(out), "-k", "python3", "--no-progress-bar"]
    done = run([*command, *map(str, given)], folder)
    assert done.returncode == 0, f"{path.name}:\n{done.stderr[-3000:]}"
    return out


def make_portal(workspace: Path, *, contacts: int = SMALL["contacts"]) -> None:
    """Make the simulated portal beside a workspace: a market in which more convert than usually.

    The world is that of the day, and on some days a small one of the usual rate has no signal.
    """
    workspace.parent.mkdir(parents=True, exist_ok=True)
    state = workspace.with_name(f"{workspace.name}.portal")
    ls.open_sandbox(contacts=contacts, seed=0, world={"base_rate": 0.25}, state=state).close()


def make_hostile(workspace: Path) -> None:
    """Put into the contacts of the small portal what should do nothing where it is shown."""
    portal = ls.open_portal(workspace, sandbox=True, contacts=SMALL["contacts"])
    with portal:
        contacts = portal.client.crm.contacts
        page = contacts.basic_api.get_page(limit=100).results
        inputs = [
            {"id": one.id, "properties": dict.fromkeys(("jobtitle", "company", "firstname"), text)}
            for one, text in zip(page, HOSTILE * 20, strict=False)
        ]
        contacts.batch_api.update({"inputs": inputs})


def outputs_of(path: Path) -> list[Any]:
    """Return a notebook's outputs."""
    return [output for cell in code_cells(path) for output in cell.outputs]


def pages_of(path: Path) -> list[str]:
    """Return the HTML of a notebook's outputs."""
    found = (output.get("data", {}).get("text/html") for output in outputs_of(path))
    return ["".join(page) for page in found if page]


class _Dangers(HTMLParser):
    """Collects what could run, or load, something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "iframe", "object", "embed", "form", "link", "base", "meta"}:
            self.found.append(tag)
        for name, value in attrs:
            loads = name in {"src", "href", "xlink:href", "srcset"}
            if name.startswith("on") or (loads and not _is_inert(value or "")):
                self.found.append(f"{tag} {name}={value}")


def _is_inert(address: str) -> bool:
    return address.startswith(("data:image/", "#", "https://app.hubspot.com/"))


def dangers(page: str) -> list[str]:
    """Return what a page has that could run or load something."""
    parser = _Dangers()
    parser.feed(page)
    parser.close()
    return parser.found


def refresh() -> None:
    """Run the notebooks, and keep the outputs of those cells that nbval compares."""
    with tempfile.TemporaryDirectory() as name:
        make_portal(Path(name) / "crm")
        for path in NOTEBOOKS:
            ran = nbformat.read(papermill(path, Path(name)), 4)
            made = {cell.id: cell for cell in ran.cells}
            kept = nbformat.read(path, 4)
            for cell in kept.cells:
                if TAG in cell.metadata.get("tags", []):
                    cell.outputs = made[cell.id].outputs
                    cell.execution_count = made[cell.id].execution_count
            nbformat.write(kept, path)


if __name__ == "__main__":
    refresh()
