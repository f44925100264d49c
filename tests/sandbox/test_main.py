import json
import subprocess
import sys

import pytest

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
