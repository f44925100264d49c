"""The notebooks as their readers run them: by papermill, and cell by cell by nbval."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=os.environ | {"JUPYTER_PLATFORM_DIRS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def _sources(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_papermill_runs_it_to_the_end_and_leaves_no_token(notebook, tmp_path):
    done = _run(
        ["papermill", str(notebook), "out.ipynb", "-k", "python3", "-p", "contacts", "5000",
         "-p", "workspace", "crm", "-p", "write", "True", "--no-progress-bar"],
        tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    text = (tmp_path / "out.ipynb").read_text()
    assert "pat-na1-" not in text
    assert not [o for o in _outputs(tmp_path / "out.ipynb") if o["output_type"] == "error"]


def _outputs(path: Path) -> list[dict]:
    cells = json.loads(path.read_text())["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_nbval_runs_every_cell(notebook, tmp_path):
    shutil.copy(notebook, tmp_path)
    done = _run(
        ["pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", "--nbval-lax",
         "--nbval-current-env", "--nbval-cell-timeout", "120", notebook.name],
        tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{len(_sources(notebook))} passed" in done.stdout


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_holds_short_cells_and_no_output(notebook):
    cells = nbformat.read(notebook, 4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert cells[0].cell_type == "markdown"
    assert code[0].metadata.tags == ["parameters"]
    assert all(len(cell.source.splitlines()) <= 12 for cell in code)
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert not any("def " in cell.source or "class " in cell.source for cell in code)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_nothing_is_written_to_a_portal_unless_asked(notebook):
    assert "write = False" in _sources(notebook)[0]
