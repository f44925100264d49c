"""The notebooks as their readers run them: in order, by papermill, and cell by cell by nbval."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat
import pytest
from notebookruns import (
    NOTEBOOKS,
    TAG,
    code_cells,
    dangers,
    make_hostile,
    make_portal,
    outputs_of,
    pages_of,
    papermill,
    parameters_of,
    run,
    small_copy,
)

COMMON = ("sandbox", "workspace", "contacts", "seed")
each = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
_TOKEN = re.compile(r"pat-(na|eu|ap)\d-[0-9a-f]{8}-")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_papermill_runs_all_in_order_on_hostile_names_without_token_error_or_danger(tmp_path):
    make_portal(tmp_path / "crm")
    make_hostile(tmp_path / "crm")
    for notebook in NOTEBOOKS:
        out = papermill(notebook, tmp_path)
        text = out.read_text()
        assert not _TOKEN.search(text), notebook.name
        assert len(text) < 2_000_000, notebook.name
        assert not [o for o in outputs_of(out) if o["output_type"] == "error"], notebook.name
        found = [danger for page in pages_of(out) for danger in dangers(page)]
        assert found == [], notebook.name


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nbval_runs_every_cell_and_compares_the_tagged_ones(tmp_path):
    make_portal(tmp_path / "crm")
    for notebook in NOTEBOOKS:
        copy = small_copy(notebook, tmp_path, "crm")
        done = run(
            ["pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", "--nbval-lax",
             "--nbval-current-env", "--nbval-cell-timeout", "300", copy.name],
            tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, f"{notebook.name}:\n{done.stdout[-3000:]}"
        assert f"{len(code_cells(notebook))} passed" in done.stdout


def test_nbval_compares_a_tagged_cell_and_no_other(tmp_path):
    cells = [nbformat.v4.new_code_cell("print(1)", metadata={"tags": tags}) for tags in ([TAG], [])]
    for cell in cells:
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="2\n")]
        cell.execution_count = 1
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "two.ipynb")
    command = ["pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", "--nbval-lax"]
    done = run([*command, "--nbval-current-env", "two.ipynb"], tmp_path)
    assert "1 failed, 1 passed" in done.stdout, done.stdout[-2000:]


@each
def test_a_notebook_is_about_a_dozen_short_cells_that_only_call(notebook):
    cells = nbformat.read(notebook, 4).cells
    code = code_cells(notebook)
    assert cells[0].cell_type == "markdown"
    assert code[0].metadata.tags == ["parameters"]
    assert len(code) <= 16
    assert all(len(cell.source.splitlines()) <= 10 for cell in code)
    logic = re.compile(r"^\s*(def|class|for|while|if|try|with|lambda)\b", re.MULTILINE)
    assert not [cell.source for cell in code if logic.search(cell.source)]


@each
def test_a_notebook_ends_in_checks_and_keeps_the_outputs_that_nbval_compares_alone(notebook):
    code = code_cells(notebook)
    assert any("assert " in cell.source for cell in code[-2:])
    tagged = [cell for cell in code if TAG in cell.metadata.get("tags", [])]
    others = [cell for cell in code if cell not in tagged]
    assert tagged, "no cell is compared"
    # Without a count nbval takes a cell for one that never ran, and compares nothing.
    assert all(cell.outputs and cell.execution_count for cell in tagged)
    assert not any(cell.outputs or cell.execution_count for cell in others)


@each
def test_nbstripout_as_contributing_has_it_leaves_the_compared_outputs(notebook, tmp_path):
    copy = tmp_path / notebook.name
    copy.write_bytes(notebook.read_bytes())
    guide = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text()
    options = re.search(r"nbstripout (--.*) notebooks", guide)
    assert options, "CONTRIBUTING.md names no nbstripout command"
    assert run(["nbstripout", *options[1].split(), copy.name], tmp_path).returncode == 0
    assert code_cells(copy) == code_cells(notebook)


@each
def test_notebooks_share_a_portal_and_a_workspace_and_write_only_when_asked(notebook):
    own = parameters_of(notebook)
    assert [name for name in own if name in COMMON] == list(COMMON)
    assert own.get("write", "write = False").startswith("write = False")
    first = parameters_of(NOTEBOOKS[0])
    assert [own[name] for name in COMMON] == [first[name] for name in COMMON]
