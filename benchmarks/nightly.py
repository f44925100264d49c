"""Nights of `05_nightly` on one simulated portal: the first, the same again, and a day later.

The second night is as of the same time as the first, the third as of a day later, with nothing
changed in the portal but what the first night wrote.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

import leadscore as ls

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from nights import idle_writes, move_portal, set_time  # noqa: E402 - found beside the tests

NOTEBOOK = ROOT / "notebooks" / "05_nightly.ipynb"


def night(folder: Path, at: pd.Timestamp, contacts: int) -> dict[str, Any]:
    """Run one night as of a time, and return its figures."""
    os.environ |= set_time(folder / "ipython", at)
    given = {"contacts": contacts, "write": True}
    done = ls.run_notebook(NOTEBOOK, given, workspace=folder / "crm", timeout="30m")
    size = done.output.stat().st_size
    cells = json.loads(done.output.read_text())["cells"]
    took = {f"{n}": round(cell["metadata"]["papermill"]["duration"] or 0, 1)
            for n, cell in enumerate(cells) if cell["cell_type"] == "code"}  # fmt: skip
    slow = {name: seconds for name, seconds in took.items() if seconds >= 1}
    return {
        "seconds": done.seconds,
        "written": done.did["written"],
        "verified": done.did["verified"],
        "bytes": size,
        "seconds_by_cell": slow,
        "runs": done.did["runs"],
    }


def main() -> int:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000)
    contacts = parser.parse_args().contacts
    first_time = pd.Timestamp.now("UTC").floor("s")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = night(folder, first_time, contacts)
        again = night(folder, first_time, contacts)
        move_portal(folder / "crm", 86_400, contacts=contacts, seed=0)
        later = night(folder, first_time + pd.Timedelta("1D"), contacts)
        with ls.open_store(folder / "crm") as store:
            idle = [c for run in later["runs"] for c in idle_writes(store, run)]
    line = {"contacts": contacts, "first": first, "again": again, "a_day_later": later}
    print(json.dumps({**line, "a_day_later_below_the_thresholds": len(idle)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
