"""A real JupyterLab in a real browser: what a person would see and press."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
_LATEST = 300_000  # milliseconds that anything may take on a busy machine
_SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


def missing() -> str:
    """Return why no browser can be driven here; empty where one can."""
    if not Path(CHROMIUM).exists():
        return "Chromium is not installed: apt-get install chromium"
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed: pip install -e '.[test]'"
    return ""


@dataclass
class Lab:
    """A JupyterLab: `page` is playwright's, and knows one notebook at a time."""

    page: Any
    url: str
    token: str
    folder: Path
    problems: list[str] = field(default_factory=list)

    def open(self, name: str, *, kernel: bool = True) -> None:
        """Open a notebook, and wait until it can be run."""
        self.page.goto(f"{self.url}/doc/tree/{quote(name)}?token={self.token}&reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=_LATEST)
        self.page.wait_for_function("() => window.jupyterapp !== undefined", timeout=_LATEST)
        if kernel:
            self.wait_idle()

    def run_all(self) -> None:
        """Run all cells, and wait until the last has ended."""
        self.command("notebook:run-all-cells")
        self.wait_idle()

    def run_cell(self, place: int) -> None:
        """Run one code cell, counted from 0."""
        self.page.locator(".jp-CodeCell .cm-content").nth(place).click()
        self.command("notebook:run-cell")
        self.wait_idle()

    def command(self, name: str, **arguments: Any) -> None:
        """Give one of JupyterLab's commands, and wait until it is done."""
        self.page.evaluate(_COMMAND, [name, arguments])
        self.page.wait_for_function("() => window.commandOfTest === 'done'", timeout=_LATEST)

    def wait_idle(self) -> None:
        """Wait until no cell runs and the kernel has nothing to do."""
        self.page.wait_for_function(_IS_READY, timeout=_LATEST)
        self.page.wait_for_function(_NOTHING_RUNS, timeout=_LATEST)

    def save(self) -> None:
        """Save the notebook."""
        self.command("docmanager:save")

    def output(self, place: int = -1) -> Any:
        """Return the output area of a code cell, as a locator; the last by default."""
        areas = self.page.locator(".jp-CodeCell .jp-Cell-outputArea")
        return areas.last if place == -1 else areas.nth(place)

    def errors(self) -> list[str]:
        """Return the errors that cells show."""
        # An error has the same type as what was printed to standard error.
        shown = self.page.locator("[data-mime-type='application/vnd.jupyter.stderr']")
        return [text for text in shown.all_inner_texts() if "Traceback (most recent" in text]

    def kernels(self) -> list[str]:
        """Return the ids of the kernels that run."""
        return [str(one["id"]) for one in json.loads(self._ask("GET", "api/kernels"))]

    def shut_down_kernels(self) -> None:
        """End the sessions, and so the kernels, of all notebooks."""
        for one in json.loads(self._ask("GET", "api/sessions")):
            self._ask("DELETE", f"api/sessions/{one['id']}")

    def screenshot(self, path: Path | str, of: Any = None) -> Path:
        """Save a picture of a locator, or of the window."""
        (self.page if of is None else of).screenshot(path=str(path))
        return Path(path)

    def _ask(self, method: str, path: str) -> str:
        request = urllib.request.Request(
            f"{self.url}/{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            return str(reply.read().decode())


_COMMAND = """([name, given]) => {
    window.commandOfTest = 'given';
    const done = () => { window.commandOfTest = 'done'; };
    window.jupyterapp.commands.execute(name, given).then(done, done);
}"""
_IS_READY = """() => {
    const context = window.jupyterapp.shell.currentWidget?.context?.sessionContext;
    return context?.isReady && context.session?.kernel?.status === 'idle';
}"""
_NOTHING_RUNS = """() => ![...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
    .some(prompt => prompt.textContent.includes('*'))"""


@contextmanager
def running_lab(
    folder: Path, *, env: dict[str, str] | None = None, width: int = 1200, height: int = 1000
) -> Iterator[Lab]:
    """Serve a folder's notebooks on a free port, with settings of nobody, and open a browser.

    Notebooks see this very package, and `env` on top of this process's surroundings.
    """
    token = secrets.token_hex(16)
    with _server(folder, token, env or {}) as url, _page(width, height) as page:
        lab = Lab(page, url, token, folder)
        page.on("pageerror", lambda error: lab.problems.append(str(error)))
        yield lab


@contextmanager
def _server(folder: Path, token: str, env: dict[str, str]) -> Iterator[str]:
    home = folder / ".jupyter-of-a-test"
    _write_settings(home / "settings")
    log = (home / "log").open("w")
    server = subprocess.Popen(
        _command(folder, token),
        cwd=folder,
        env=_surroundings(home) | env,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield _url(server, home / "runtime", home / "log")
    finally:
        _end(server)
        log.close()


def _command(folder: Path, token: str) -> list[str]:
    options = [
        *("--no-browser", "--allow-root", "--expose-app-in-browser"),
        *(f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"),
        *(f"--IdentityProvider.token={token}", "--ServerApp.terminals_enabled=False"),
    ]
    return [sys.executable, "-m", "jupyterlab", *options]


def _surroundings(home: Path) -> dict[str, str]:
    package = str(Path(__file__).parents[2])
    rest = os.environ.get("PYTHONPATH", "")
    return os.environ | {
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": os.pathsep.join(part for part in (package, rest) if part),
    }


def _write_settings(folder: Path) -> None:
    for name, values in _SETTINGS.items():
        target = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(values))


def _url(server: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"JupyterLab ended: {log.read_text()[-2000:]}")
        for info in runtime.glob("jpserver-*.json"):
            port = json.loads(info.read_text() or "{}").get("port")
            if port and _answers(f"http://127.0.0.1:{port}"):
                return f"http://127.0.0.1:{port}"
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab does not answer: {log.read_text()[-2000:]}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api", timeout=5) as reply:
            return bool(reply.status == 200)
    except (URLError, TimeoutError, ConnectionError):
        return False


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and its kernels with it; they are in its process group."""
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@contextmanager
def _page(width: int, height: int) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(_LATEST)
        page.on("dialog", lambda dialog: dialog.accept())
        try:
            yield page
        finally:
            browser.close()
