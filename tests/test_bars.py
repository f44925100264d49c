from __future__ import annotations

import subprocess
import sys

NOTEBOOK = """
import sys, types, warnings
shell = types.SimpleNamespace(config={"IPKernelApp": {}})
sys.modules["IPython"] = types.SimpleNamespace(get_ipython=lambda: shell)
sys.modules["ipywidgets"] = None  # not installed
"""


def _run(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", NOTEBOOK + code]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def test_a_notebook_without_widgets_gets_a_bar_of_text_and_no_warning():
    done = _run("from leadscore.bars import tqdm\nlist(tqdm(range(3), desc='Reading'))")
    assert "Reading: 100%" in done.stderr
    assert "Warning" not in done.stderr


def test_other_warnings_are_as_before():
    done = _run("import leadscore.bars\nwarnings.warn('mind the gap')")
    assert "mind the gap" in done.stderr
