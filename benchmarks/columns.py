"""CPU of turning raw strings into typed columns: clean records, and a hundredth of them dirty."""

from __future__ import annotations

import argparse
import json
import random
import time

import pyarrow as pa

from leadscore.hubspot.wiretypes import typed_rows

KINDS = {
    "number": 12,
    "datetime": 10,
    "bool": 3,
    "date": 2,
    "string": 6,
    "enumeration": 5,
    "box": 2,
}
DIRTY = ("n/a", "1,234", "soon", " 7 ", "")


def value(kind: str, dice: random.Random) -> str:
    """Return one value as HubSpot would send it."""
    year, month, day = dice.randint(2015, 2025), dice.randint(1, 9), dice.randint(10, 28)
    return {
        "number": repr(dice.randint(0, 99_999) / 4),
        "datetime": f"{year}-0{month}-{day}T0{month}:17:{day}.{dice.randint(100, 999)}Z",
        "bool": dice.choice(("true", "false")),
        "date": f"{year}-0{month}-{day}",
        "string": "some words " * dice.randint(1, 4),
        "enumeration": dice.choice(("NEW", "OPEN", "IN_PROGRESS")),
        "box": dice.choice(("a", "a;b", ";b;c")),
    }[kind]


def main() -> None:
    """Type the same table several times; medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=7)
    asked = parser.parse_args()
    pa.set_cpu_count(1)
    found = {f"{name}_cpu_s": cpu(asked, share) for name, share in (("clean", 0), ("dirty", 0.01))}
    print(json.dumps({"records": asked.records, "properties": sum(KINDS.values())} | found))


def cpu(asked: argparse.Namespace, dirty: float) -> float:
    """Return the median CPU seconds; a quarter of the values are null."""
    dice = random.Random(1)
    columns: dict[str, list[str | None]] = {"id": [str(n) for n in range(asked.records)]}
    defined = {}
    for kind, count in KINDS.items():
        for place in range(count):
            name = f"{kind}{place}"
            box = {"type": "enumeration", "fieldType": "checkbox"}
            defined[name] = box if kind == "box" else {"type": kind}
            columns[name] = [
                None
                if dice.random() < 0.25
                else dice.choice(DIRTY)
                if dice.random() < dirty
                else value(kind, dice)
                for _ in range(asked.records)
            ]
    rows, runs = pa.table(columns), []
    for _ in range(asked.runs):
        began = time.process_time()
        typed_rows(rows, defined)
        runs.append(time.process_time() - began)
    return round(sorted(runs)[len(runs) // 2], 3)


if __name__ == "__main__":
    main()
