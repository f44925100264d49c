from __future__ import annotations

import nbformat
import pytest
from jupyterlab import missing, running_lab
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "there")]


def test_a_notebook_is_opened_run_and_seen_in_a_browser(tmp_path):
    cells = [new_code_cell("import leadscore as ls\nprint(ls.reaches('customer'))")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "hello.ipynb")
    with running_lab(tmp_path) as lab:
        lab.open("hello.ipynb")
        lab.run_all()
        assert "customer" in lab.output().inner_text()
        assert not lab.errors()
        lab.save()
        picture = lab.screenshot(tmp_path / "hello.png")
        lab.shut_down_kernels()
        assert not lab.kernels()
    assert picture.stat().st_size > 1000
    assert nbformat.read(tmp_path / "hello.ipynb", 4).cells[0].outputs


def test_an_error_in_a_cell_is_seen_as_one(tmp_path):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [new_code_cell("1 / 0")]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "broken.ipynb")
    with running_lab(tmp_path) as lab:
        lab.open("broken.ipynb")
        lab.run_all()
        assert "ZeroDivisionError" in lab.errors()[0]
        lab.shut_down_kernels()
