"""Outputs are kept by day, private, without tokens, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime

import nbformat
import pytest
from tinybooks import TOKEN, book, write

from leadscore.errors import UsageError
from leadscore.notebookfiles import keeper, output_for, read_notebook, sweep
from leadscore.notebookscrub import Scrubber

AT = datetime(2026, 3, 1, 3, 0, 5, tzinfo=UTC)


def _touch(folder, *names):
    for name in names:
        (folder / "notebooks" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "notebooks" / name).touch()


def _left(folder):
    return sorted(p.relative_to(folder / "notebooks").as_posix() for p in folder.rglob("*.*"))


def test_two_runs_of_one_second_have_two_files(tmp_path):
    first = output_for(tmp_path, "n", AT)
    first.touch()
    assert output_for(tmp_path, "n", AT).name == "030005-n.2.ipynb"
    assert first.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_kept_is_private_and_has_no_token_even_one_in_two_places(tmp_path):
    notebook = book(f"x = '{TOKEN}'")
    notebook.metadata.papermill = {"parameters": {"a": TOKEN}}
    keeper(tmp_path / "out.ipynb", Scrubber())(notebook)
    assert TOKEN not in (tmp_path / "out.ipynb").read_text()
    assert (tmp_path / "out.ipynb").stat().st_mode & 0o777 == 0o600
    assert nbformat.read(tmp_path / "out.ipynb", 4).cells[0].source == "x = '[token]'"
    assert notebook.cells[0].source == f"x = '{TOKEN}'"


def test_old_outputs_go_and_the_newest_of_each_notebook_stays(tmp_path):
    _touch(tmp_path, "2025-12-01/030000-a.ipynb", "2025-12-01/030000-a.html",
           "2025-12-02/030000-a.ipynb", "2025-12-02/030000-a.html",
           "2025-12-02/030000-b.ipynb", "2026-02-28/030000-b.ipynb",
           "2026-02-01/030000-b.ipynb", "2025-12-01/mine.ipynb",
           "notes/030000-a.ipynb")  # fmt: skip
    assert sweep(tmp_path, days=60, now=AT) == 3
    assert _left(tmp_path) == [
        "2025-12-01/mine.ipynb",
        "2025-12-02/030000-a.html",
        "2025-12-02/030000-a.ipynb",
        "2026-02-01/030000-b.ipynb",
        "2026-02-28/030000-b.ipynb",
        "notes/030000-a.ipynb",
    ]


def test_a_day_without_files_goes_too(tmp_path):
    _touch(tmp_path, "2025-01-01/030000-a.ipynb", "2026-02-28/030000-a.ipynb")
    sweep(tmp_path, days=60, now=AT)
    assert not (tmp_path / "notebooks" / "2025-01-01").exists()


@pytest.mark.parametrize("text", ["", "{}", "[1]", "not json", '{"nbformat": 4, "cells": 5}'])
def test_what_is_no_notebook_is_told(tmp_path, text):
    (tmp_path / "n.ipynb").write_text(text)
    with pytest.raises(UsageError, match="is no notebook"):
        read_notebook(tmp_path / "n.ipynb")


def test_a_notebook_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_notebook(tmp_path / "n.ipynb")


def test_a_notebook_of_another_language_is_refused(tmp_path):
    path = write(tmp_path, "1")
    notebook = nbformat.read(path, 4)
    notebook.metadata.kernelspec = {"language": "R", "name": "ir", "display_name": "R"}
    nbformat.write(notebook, path)
    with pytest.raises(UsageError, match="is for R"):
        read_notebook(path)
