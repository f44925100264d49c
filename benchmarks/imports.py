"""Seconds that `import leadscore` adds to `import pandas`, medians of fresh processes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

RUNS = 7
SCRIPTS = {
    "python": "pass",
    "pandas": "import pandas",
    "pandas_and_leadscore": "import pandas, leadscore",
    "leadscore": "import leadscore",
    "help": "import sys; from leadscore.cli import _run; sys.exit(_run(['--help']))",
}


def seconds(script: str) -> float:
    """Return how long a fresh Python takes for a script."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Take turns, so that noise hits all alike."""
    taken: dict[str, list[float]] = {name: [] for name in SCRIPTS}
    for _ in range(RUNS):
        for name, script in SCRIPTS.items():
            taken[name].append(seconds(script))
    median = {name: round(statistics.median(times), 3) for name, times in taken.items()}
    added = round(median["pandas_and_leadscore"] - median["pandas"], 3)
    print(json.dumps({"seconds": median, "leadscore_over_pandas": added, "runs": RUNS}))


if __name__ == "__main__":
    main()
