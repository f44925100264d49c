"""A failure says which cell and why, in one sentence, and its code is that of the error inside."""

from __future__ import annotations

import json
import sys

import pytest
from papermill.exceptions import PapermillExecutionError
from tinybooks import TOKEN, book

from leadscore.errors import GuardError
from leadscore.notebookfailures import failure, last_error, where
from leadscore.notebookkernel import Execution
from leadscore.notebookscrub import Scrubber

BOOK = book("#! # All\n\ntext\n\n## Write", "\n# first\nls.apply(portal, plan)", parameters="x = 1")


def _ended(**how):
    return failure("nightly", Execution(notebook=BOOK, cell=BOOK.cells[2], **how), Scrubber())


def _raised(name, value, **more):
    return _ended(error=PapermillExecutionError(2, 2, "", name, value, []), **more)


def test_a_cell_is_told_by_number_heading_and_first_line():
    assert where(BOOK, BOOK.cells[2]) == 'cell 2 ("Write": # first)'
    assert where(BOOK, BOOK.cells[0]) == "cell 1 (x = 1)"


def test_an_error_of_ours_keeps_kind_code_hint_and_guards():
    told = {"kind": "guard", "message": "Nothing is written.", "hint": "Look.", "guards": ["a"],
            "exit_code": 4}  # fmt: skip
    error = _raised("GuardError", "Nothing is written. Look.", told=told)
    assert error.exit_code == 4
    assert error.as_dict() == {
        "kind": "guard",
        "message": 'nightly ended in cell 2 ("Write": # first): Nothing is written.',
        "hint": "Look.",
        "guards": ["a"],
    }


@pytest.mark.parametrize(("name", "code"), [("BusyError", 75), ("GuardError", 4), ("DataError", 1)])
def test_where_the_kernel_cannot_be_asked_the_name_of_the_error_will_do(name, code):
    assert _raised(name, "Something.").exit_code == code


@pytest.mark.parametrize("name", ["ValueError", "annotations", "Any", ""])
def test_any_other_error_is_an_error(name):
    error = _raised(name, "it is\nso and so")
    assert (error.exit_code, error.kind) == (1, "notebook")
    assert "it is." in error.message


@pytest.mark.parametrize(
    ("how", "says", "kind"),
    [
        ({"dead": -9}, "was killed in cell 2", "dead_kernel"),
        ({"dead": 0}, "died in cell 2", "dead_kernel"),
        ({"stopped": "timeout", "timeout": 60.0}, "ran out of its time of 60 s", "stopped"),
        ({"stopped": "cell_timeout", "cell_timeout": 5.0}, "spent more than 5 s", "stopped"),
        ({"stopped": "signal"}, "was told to stop in cell 2", "stopped"),
    ],
)
def test_every_other_end_is_told(how, says, kind):
    error = _ended(**how)
    assert says in error.message
    assert error.as_dict()["kind"] == kind


def test_a_token_and_control_codes_in_an_error_are_not_repeated():
    told = {"message": f"The token {TOKEN}\x1b[31m is no good.", "hint": TOKEN, "kind": "error"}
    error = _raised("LeadscoreError", "", told=told)
    assert "444444444444" not in json.dumps(error.as_dict())
    assert "\x1b" not in error.message


def test_a_kernel_tells_its_last_error_if_it_is_one_of_ours(monkeypatch):
    monkeypatch.setattr(sys, "last_value", GuardError("No.", guards=["a"]), raising=False)
    assert json.loads(last_error()) == {
        "kind": "guard", "message": "No.", "hint": "", "guards": ["a"], "exit_code": 4,
    }  # fmt: skip
    monkeypatch.setattr(sys, "last_value", ValueError("x"), raising=False)
    assert last_error() == "{}"
