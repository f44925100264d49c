"""Pages of the documentation that are run as they stand: a sandbox, then the commands."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


@dataclass(frozen=True)
class Page:
    """A page whose blocks marked ``serve`` and ``run`` are to be run; it names its port."""

    name: str
    port: str

    def blocks(self, mark: str) -> list[str]:
        """Return the commands under a mark."""
        text = (DOCS / self.name).read_text("utf-8")
        return re.findall(rf"<!-- {mark} -->\n```sh\n(.*?)```", text, re.DOTALL)

    def run(self, folder: Path) -> subprocess.CompletedProcess[str]:
        """Serve the page's portal and run its commands in a folder, on another port."""
        port = str(_free_port())
        script = "set -eu\n" + "\n".join(self.blocks("run")).replace(self.port, port)
        with _served(self.blocks("serve")[0].replace(self.port, port), int(port)):
            return subprocess.run(
                ["bash", "-c", script],
                env=_environment(),
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )


def _environment() -> dict[str, str]:
    own = str(Path(sys.executable).parent)
    return os.environ | {"PATH": own + os.pathsep + os.environ["PATH"]}


@contextmanager
def _served(command: str, port: int) -> Iterator[None]:
    with subprocess.Popen(["bash", "-c", f"exec {command}"], env=_environment()) as sandbox:
        try:
            _wait_for(port)
            yield
        finally:
            sandbox.terminate()


def _wait_for(port: int) -> None:
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("The sandbox did not come up.")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
