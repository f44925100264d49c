"""A kernel is interrupted before it is ended, and what became of it is known."""

from __future__ import annotations

import pytest
from tinybooks import book

from leadscore.notebookkernel import Execution, execute

LONG = "import time\nfor _ in range(600):\n    time.sleep(0.1)"
DEAF = "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    time.sleep(60)"


def _run(*sources, parameters=None, given=None, **how):
    run = Execution(**how)
    execute(book(*sources, parameters=parameters), given or {}, run, bar=False)
    return run


def _text(run):
    outputs = [o for cell in run.notebook.cells for o in cell.get("outputs", [])]
    return "".join(o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in outputs)


def test_parameters_and_surroundings_reach_the_cells_and_each_cell_is_kept(capfd):
    kept = []
    run = _run(
        "", "import os\nprint(x, os.environ['LEADSCORE_WORKSPACE'])",
        parameters="x: int = 1  # a = b", given={"x": 5}, keep=kept.append,
        environment={"LEADSCORE_WORKSPACE": "here"}, name="a.ipynb",
    )  # fmt: skip
    assert run.ended_well
    assert _text(run) == "5 here\n"
    assert len(kept) >= 6
    assert run.notebook.metadata.papermill["input_path"] == "a.ipynb"
    assert capfd.readouterr().err == ""


def test_a_cell_that_takes_too_long_is_interrupted():
    run = _run("#! ## A", LONG, "print('never')", cell_timeout=1.0)
    assert (run.stopped, run.error.ename, _text(run)) == ("cell_timeout", "KeyboardInterrupt", "")
    assert run.dead is None


def test_a_kernel_that_does_not_listen_is_killed_in_the_end():
    run = _run(DEAF, cell_timeout=1.0, grace=1.0)
    assert (run.stopped, run.dead) == ("cell_timeout", -9)


def test_a_kernel_that_dies_is_told_from_one_that_fails():
    run = _run("import os\nos.kill(os.getpid(), 9)")
    assert (run.ended_well, run.dead, run.stopped) == (False, -9, "")


def test_an_error_of_ours_is_told_whole():
    run = _run("from leadscore.errors import GuardError\nraise GuardError('No.', guards=['a'])")
    assert run.told == {
        "kind": "guard", "message": "No.", "hint": "", "guards": ["a"], "exit_code": 4,
    }  # fmt: skip
    assert not run.ended_well


def test_whoever_was_told_to_stop_begins_no_cell():
    run = Execution()
    run.told_to_stop(15, None)
    execute(book("print('never')"), {}, run, bar=False)
    assert (run.stopped, _text(run)) == ("signal", "")


@pytest.mark.parametrize(("times", "urgent"), [(1, False), (2, True)])
def test_who_asks_twice_does_not_want_to_wait(times, urgent):
    run = Execution()
    for _ in range(times):
        run.told_to_stop(2, None)
    assert run.is_urgent is urgent
