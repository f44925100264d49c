from __future__ import annotations

import nbformat
import pytest
from jupyterlab import missing, running_lab
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "there")]

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
PANELS = [
    "import pandas as pd, leadscore as ls\n"
    "scores = pd.DataFrame({'probability': [0.5, 0.4, 0.3, 0.1], 'tier': 'C'})",
    "ls.widgets.capacity(scores, 2)",
    "ls.widgets.connection()",
]


def _write(folder, name, cells):
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata=KERNEL)
    nbformat.write(notebook, folder / name)
    return notebook


def test_panels_live_by_their_kernel_and_are_static_without_it(tmp_path, sandbox):
    _write(tmp_path, "panels.ipynb", PANELS)
    with running_lab(tmp_path, env={"LEADSCORE_BASE_URL": sandbox.url}) as lab:
        lab.open("panels.ipynb")
        lab.run_all()
        cut, connection = (lab.page.locator(".leadscore-live").nth(n) for n in range(2))
        cut.get_by_text("the best 2 of 4").wait_for()
        statics = lab.page.locator(".leadscore-static")
        assert not any(statics.nth(n).is_visible() for n in range(2))
        handle = cut.locator(".noUi-handle")
        handle.focus()
        lab.page.keyboard.press("End")
        cut.get_by_text("the best 4 of 4").wait_for()
        password = connection.locator("input[type=password]")
        password.fill(sandbox.token)
        password.press("Enter")
        connection.get_by_text(f"Connected to portal {sandbox.portal_id}").wait_for()
        assert password.input_value() == ""
        lab.save()
        lab.shut_down_kernels()
        lab.page.goto("about:blank")
        lab.open("panels.ipynb")
        statics.first.wait_for(state="visible")
        assert "the best 4 of 4" in statics.first.inner_text()
        assert str(sandbox.portal_id) in statics.nth(1).inner_text()
        assert not lab.page.get_by_text("Error displaying widget").locator("visible=true").count()
    saved = (tmp_path / "panels.ipynb").read_text()
    assert "leadscore-static" in saved
    assert sandbox.token not in saved


def test_where_nobody_watches_a_panel_is_static_and_no_widget_is_made(tmp_path):
    notebook = _write(tmp_path, "night.ipynb", PANELS)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    kinds = [set(output.data) for cell in notebook.cells[1:] for output in cell.outputs]
    assert kinds == [{"text/html", "text/plain"}] * 2
    assert "widgets" not in notebook.metadata
