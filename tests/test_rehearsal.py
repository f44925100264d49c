"""The page on rehearsing a write-back, step by step as it stands there."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "rehearsal.md").read_text("utf-8")
STATES = ("written", "unchanged", "conflict", "rejected", "missing", "resolved", "verified")


def _blocks(mark: str) -> list[str]:
    return re.findall(rf"<!-- {mark} -->\n```sh\n(.*?)```", PAGE, re.DOTALL)


def _environment() -> dict[str, str]:
    own = str(Path(sys.executable).parent)
    return os.environ | {"PATH": own + os.pathsep + os.environ["PATH"]}


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("The sandbox did not come up.")


@contextmanager
def _served(port: int) -> Iterator[None]:
    command = "exec " + _blocks("serve")[0].replace("8131", str(port))
    with subprocess.Popen(["bash", "-c", command], env=_environment()) as sandbox:
        try:
            _wait_for(port)
            yield
        finally:
            sandbox.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="bash or curl is not installed"
)
def test_the_page_ends_where_it_says_that_it_ends(tmp_path: Path) -> None:
    port = _free_port()
    script = "set -eu\n" + "\n".join(_blocks("run")).replace("8131", str(port))
    with _served(port):
        done = subprocess.run(
            ["bash", "-c", script],
            env=_environment(),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    said = {state: int(n) for state, n in re.findall(r"^(\w+) +(\d+)$", done.stdout, re.MULTILINE)}
    assert "exit code 3" in done.stdout
    assert (said["rejected"], said["missing"], said["resolved"]) == (1, 1, 100)
    assert sum(said[state] for state in STATES[:-1]) == said["changes"]
    faults, log = re.findall(r"^({.*})$", done.stdout, re.MULTILINE)[-2:]
    assert [fault["fired"] for fault in json.loads(faults)["faults"]] == [1, 2, 1, 1]
    properties = [write["property"] for write in json.loads(log)["writes"]]
    assert properties
    assert len(properties) == len(set(properties))
