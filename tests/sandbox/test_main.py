import json
import signal
import subprocess
import sys

import pytest

from leadscore.sandbox.controlclient import Remote
from leadscore.sandbox.statefile import StateFile

COMMAND = [sys.executable, "-m", "leadscore.sandbox"]


@pytest.fixture
def options(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("size,won\n1,no\n2,yes\n")
    return {"csv": str(path), "outcome": "won"}


def start():
    return subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_it_says_where_it_is_in_one_line_and_ends_with_its_input(options):
    with start() as child:
        child.stdin.write(json.dumps(options) + "\n")
        child.stdin.flush()
        ready = json.loads(child.stdout.readline())
        out, err = child.communicate(timeout=20)
    assert ready.keys() == {"url", "token", "portal_id", "goal", "columns"}
    assert (out, err, child.returncode) == ("", "", 0)


def test_a_mistake_of_the_users_is_one_line_and_no_traceback(options):
    done = subprocess.run(
        COMMAND,
        input=json.dumps(options | {"outcome": "nope"}) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    error = json.loads(done.stdout)["error"]
    assert (error["kind"], "nope" in error["message"]) == ("table", True)
    assert error["hint"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order_and_what_has_a_file_is_saved(options, tmp_path, number):
    state = tmp_path / "portal.zip"
    with start() as child:
        child.stdin.write(json.dumps(options | {"state": str(state)}) + "\n")
        child.stdin.flush()
        ready = json.loads(child.stdout.readline())
        first = state.stat().st_ino
        remote = Remote(ready["url"], ready["token"])
        remote.ask("POST", "/clock", {"stop": True})
        child.send_signal(number)
        child.wait(20)
        assert (child.returncode, child.stderr.read()) == (0, "")
    assert state.stat().st_ino != first
    assert StateFile(state).load()[0].clock.stopped


def test_what_is_killed_loses_what_came_after_the_last_save(options, tmp_path):
    state = tmp_path / "portal.zip"
    with start() as child:
        child.stdin.write(json.dumps(options | {"state": str(state)}) + "\n")
        child.stdin.flush()
        ready = json.loads(child.stdout.readline())
        remote = Remote(ready["url"], ready["token"])
        remote.ask("POST", "/save")
        remote.ask("POST", "/clock", {"stop": True})
        child.kill()
        child.wait(20)
    assert not StateFile(state).load()[0].clock.stopped
