"""HubSpot's official Node client: installed once, and called line by line."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parents[1] / "sandbox" / "node"
OLDEST = 18
PATIENCE = 240
OPTIONS = (
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
)
UNREACHABLE = re.compile(
    r"ECONN\w+|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|\w*TIMED?OUT|ENOTCACHED|E40[134]\b|CERT"
)


# --------------------------------------------------------------------------- installing


def missing() -> str:
    """Return why there is no Node.js to use; empty when there is."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "Node.js with npm is not installed on this machine"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    major = int(version.stdout.strip().lstrip("v").split(".")[0])
    return "" if major >= OLDEST else f"Node.js {major} is too old, the client needs {OLDEST}"


def home_in(cache: Path, source: Path = SOURCE) -> Path:
    """Return where the client is installed, or is to be: elsewhere when a file here changes."""
    inputs = b"".join(path.read_bytes() for path in sorted(source.iterdir()))
    return cache / hashlib.sha256(inputs).hexdigest()[:12]


def install(place: Path, source: Path = SOURCE) -> str:
    """Install the client, or what another folder needs; return why not, empty when it could be."""
    if place.exists():
        return ""
    draft = place.with_name(f"{place.name}-{os.getpid()}")
    shutil.copytree(source, draft, dirs_exist_ok=True)
    npm = [str(shutil.which("npm")), "ci", *OPTIONS]
    done = subprocess.run(npm, cwd=draft, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(draft)
        found = UNREACHABLE.search(done.stderr)
        assert found, done.stderr
        return f"npm cannot fetch what {source.name} needs from its registry ({found[0]})"
    with suppress(OSError):  # another session was faster
        draft.rename(place)
    return ""


def once(shared: Path, work: Callable[[], str]) -> str:
    """Return what the work returns; among the workers of a session the first one does it."""
    answer = shared / "answer"
    try:
        shared.mkdir()
    except FileExistsError:
        return _awaited(answer)
    problem = "installing it failed in another worker"
    try:
        problem = work()
    finally:
        (shared / "draft").write_text(problem)
        (shared / "draft").rename(answer)
    return problem


def _awaited(answer: Path) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer.exists():
            return answer.read_text()
        time.sleep(0.1)
    return f"installing it took another worker more than {PATIENCE} seconds"


# --------------------------------------------------------------------------- calling


class RefusedError(Exception):
    """What the Node client threw."""

    def __init__(self, name: str, code: Any = None, body: Any = None) -> None:
        super().__init__(f"{name} {code}: {body}")
        self.name, self.code, self.body = name, code, body


class Node:
    """The client in a Node process of its own; calling it calls one of its methods."""

    def __init__(self, home: Path, **options: Any) -> None:
        self._process = subprocess.Popen(
            ["node", "calls.mjs"],
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._send(options)

    def __call__(self, call: str, *args: Any) -> Any:
        answer = self._send({"call": call, "args": args})
        if "error" in answer:
            raise RefusedError(**answer["error"])
        return answer["value"]

    def _send(self, line: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout, stderr = self._pipes()
        stdin.write(json.dumps(line) + "\n")
        stdin.flush()
        text = stdout.readline()
        assert text, stderr.read()
        answer: dict[str, Any] = json.loads(text)
        return answer

    def _pipes(self) -> tuple[Any, Any, Any]:
        return self._process.stdin, self._process.stdout, self._process.stderr

    def close(self) -> None:
        """Close its input, upon which it ends by itself."""
        for pipe in self._pipes():
            pipe.close()
        self._process.wait(30)
