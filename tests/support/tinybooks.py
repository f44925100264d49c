"""Notebooks of a few cells, and one that does everything that it should not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4

TOKEN = "pat-na1-00000000-1111-2222-3333-444444444444"
SCRIPT = "<script>alert(1)</script>"


def book(*sources: str, parameters: str | None = None) -> Any:
    """Return a notebook of code cells, those of markdown begin with ``#! ``."""
    tagged = [v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})] if parameters else []
    return v4.new_notebook(cells=[*tagged, *map(_cell, sources)])


def _cell(source: str) -> Any:
    if source.startswith("#! "):
        return v4.new_markdown_cell(source[3:])
    return v4.new_code_cell(source)


def write(folder: Path, *sources: str, parameters: str | None = None) -> Path:
    """Write such a notebook, and return where."""
    path = folder / "tiny.ipynb"
    nbformat.write(book(*sources, parameters=parameters), path)
    return path


HOSTILE = (
    f"#! ## Look around\n\n{SCRIPT} [away](http://evil.example/x)",
    "import os, sys, pandas as pd, ipywidgets\nfrom IPython.display import HTML, display\n"
    "token = os.environ['HUBSPOT_PRIVATE_APP_TOKEN']\n"
    "print(token, '\\x1b[31m' + token[:9] + '\\x1b[0m' + token[9:], 'A\\u202eB')\n"
    "print(token, file=sys.stderr)",
    f"display(pd.DataFrame({{'name': [{SCRIPT!r}, token, '=cmd()', 'A\\u202eB']}}))\n"
    "display(HTML('<b onclick=x()>bold</b><script>steal()</script><iframe src=http://evil></iframe>"
    "<img src=http://evil/x.png onerror=y()><a href=javascript:z()>a</a>&#8238;'))\n"
    "display(ipywidgets.Text(value=token))",
    "raise ValueError(f'refused: {token}')",
)
