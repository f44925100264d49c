"""Measure what a person waits for: ``panels.py [CONTACTS]``, in a real JupyterLab in Chromium.

From the key that is pressed to the frame of the browser that has the new figures: kernel, messages
and drawing together. The slider is moved by the arrow key, contacts are searched by id and Enter.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))

PRESSES = 30
_CELLS = (
    f"import sys, tempfile\nsys.path.insert(0, {str(HERE)!r})\nimport widgets as bench\n"
    "import leadscore as ls\nscores = bench.scored({n})\nstore = bench.filled({folder!r}, {n})",
    "ls.widgets.capacity(scores, 500)",
    "ls.widgets.explore(store, scores)",
)
# The clock starts at the key and stops in the first frame in which the figures are others.
_WATCH = """panel => {
    const text = () => [...panel.querySelectorAll('.widget-html')].map(e => e.textContent).join();
    window.took = null;
    window.addEventListener('keydown', () => {
        const began = performance.now(), before = text();
        const look = () => text() === before
            ? requestAnimationFrame(look) : window.took = performance.now() - began;
        requestAnimationFrame(look);
    }, {capture: true, once: true});
}"""


def main(n: int) -> dict[str, Any]:
    """Return the milliseconds of both panels."""
    from jupyterlab import running_lab

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = {"n": n, "folder": f"{name}/crm"}
        cells = [new_code_cell(source.format(**given)) for source in _CELLS]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        nbformat.write(new_notebook(cells=cells, metadata=kernel), folder / "panels.ipynb")
        with running_lab(folder) as lab:
            lab.open("panels.ipynb")
            lab.run_all()
            assert not lab.errors(), lab.errors()
            found = {"contacts": n, "slider_ms": _slider(lab), "search_ms": _search(lab, n)}
            lab.shut_down_kernels()
    return found


def _slider(lab: Any) -> dict[str, float]:
    handle = lab.page.locator(".leadscore-live .noUi-handle")
    panel = lab.page.locator(".leadscore-live").first.element_handle()
    return _milliseconds(lab, panel, lambda _: handle.focus(), "ArrowRight")


def _search(lab: Any, n: int) -> dict[str, float]:
    box = lab.page.locator("input[placeholder*='Enter']")
    panel = lab.page.locator(".leadscore-live").last.element_handle()

    def type_in(turn: int) -> None:
        box.select_text()
        lab.page.keyboard.insert_text(str(n - 7 * turn))

    return _milliseconds(lab, panel, type_in, "Enter")


def _milliseconds(lab: Any, panel: Any, prepare: Any, key: str) -> dict[str, float]:
    took = []
    for turn in range(PRESSES):
        prepare(turn)
        lab.page.evaluate(_WATCH, panel)
        lab.page.keyboard.press(key)
        lab.page.wait_for_function("() => window.took !== null", timeout=20_000)
        took.append(float(lab.page.evaluate("() => window.took")))
        lab.page.wait_for_timeout(300)
    return {"median": round(statistics.median(took), 1), "worst": round(max(took), 1)}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if sys.argv[1:] else 100_000)))
