"""What the audit excludes: on public tables, on simulated tables with and without leaks.

Protocol. Public tables: all rows, no hint but which column tells the time and which the outcome;
`known` is what is known to be a leak (bank: the length of the call, which is known at its end and
is 0 if there was none; shoppers: the average value of pages, which is computed from purchases).
Synthetic tables: `--seeds` tables of each family and size; what is not named leak must stay. The
simulated market: today's values of all properties, without those that are on the list of what
HubSpot writes at the goal. Columns of tables are renamed at random, so that no name can help.
Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from leadscore.auditing import audit
from leadscore.datasets import fetch_table
from leadscore.sandbox.world import simulate
from leadscore.snapshotfacts import KEYS
from leadscore.tables import outcome, read_table, times

START = pd.Timestamp("2025-01-01", tz="UTC")
NOW = "2026-11-01"
PUBLIC: dict[str, dict[str, Any]] = {
    "bank-additional-full": {"positive": "y", "order": True, "known": ["duration"]},
    "online-shoppers-intention": {"positive": "Revenue", "date": "Month", "known": ["PageValues"]},
}
# Effects of the strong properties in log-odds per standard deviation, of the six weak ones, and how
# much the strong ones have in common.
HONEST: dict[str, dict[str, Any]] = {
    "no signal": {"strong": (), "weak": 0.0},
    "weak signals": {"strong": ()},
    "one strong": {"strong": (1.0,)},
    "one very strong": {"strong": (1.5,)},
    "one strong, nothing else": {"strong": (1.2,), "weak": 0.0},
    "two strong": {"strong": (1.2, 1.2)},
    "two strong, alike": {"strong": (0.7, 0.7), "shared": 0.8},
    "three strong": {"strong": (1.0, 1.0, 1.0)},
}
SIZES = ((800, 0.1), (4000, 0.03), (4000, 0.1), (4000, 0.4))


def honest(n: int, rate: float, seed: int, **options: Any) -> pd.DataFrame:
    """Return a table without a leak: strong, weak and useless properties of every type."""
    settings: dict[str, Any] = {"strong": (), "weak": 0.25, "shared": 0.0} | options
    rng = np.random.default_rng(seed)
    strong = np.array(settings["strong"])
    own, common = rng.normal(size=(n, len(strong))), rng.normal(size=(n, 1))
    traits = np.sqrt(settings["shared"]) * common + np.sqrt(1 - settings["shared"]) * own
    weak = rng.normal(size=(n, 6))
    logit = traits @ strong + weak.sum(axis=1) * settings["weak"]
    won = rng.random(n) < expit(logit + brentq(lambda a: expit(logit + a).mean() - rate, -30, 30))
    columns = [_form(trait, place + seed) for place, trait in enumerate([*traits.T, *weak.T])]
    columns += [rng.normal(size=n) for _ in range(3)]
    columns += [pd.Series(rng.choice(list("abcdefg"), n), dtype="str") for _ in range(3)]
    named = {f"p{place:02d}": column for place, column in enumerate(columns)}
    minutes = pd.to_timedelta(np.arange(n) * 525_600 // n, unit="min")
    frame = pd.DataFrame(
        {
            "contact_id": [f"{i:07d}" for i in range(n)],
            "snapshot_at": START + minutes,
            "outcome": pd.array(won, dtype="boolean"),
            **named,
        }
    )
    frame.attrs = {"goal": "customer", "time_known": True, "horizon_days": 0}
    return frame


def _form(trait: np.ndarray, kind: int) -> Any:
    """Give a trait the form of a property: days, a count, a level, or a number with gaps."""
    levels = np.array(list("abcdefgh"))[np.searchsorted(np.linspace(-1.5, 1.5, 7), trait)]
    forms = (
        -np.exp(trait),
        np.floor(np.exp(trait + 1)),
        pd.Series(levels, dtype="str"),
        np.where(trait > -1, trait, np.nan),
    )
    return forms[kind % 4]


def leaks(won: np.ndarray, frame: pd.DataFrame, seed: int) -> dict[str, dict[str, Any]]:
    """Return the columns of each family of leaks."""
    rng, n = np.random.default_rng(seed + 10_000), len(won)
    noise = rng.normal(size=(4, n))
    told = 2.2 * won + noise[0]
    half, key = rng.random(n) < 0.5, rng.random(n) < 0.5
    filled = rng.random(n) < np.where(won, 0.85, 0.05)
    visits = rng.poisson(np.where(won, 8.0, 2.5))
    other = frame.select_dtypes("float64").iloc[:, -1].to_numpy()
    return {
        "grows until the goal": {"leak": np.exp(5 + noise[0] + 1.7 * won)},
        "mostly zero": {"leak": np.where(filled, rng.gamma(1.5, 20, n), 0.0)},
        "presence": {"leak": np.where(filled, noise[1], np.nan)},
        "a level": {"leak": _level(won & (rng.random(n) < 0.5), rng)},
        "a count that went on": {"leak": visits * 1.0},
        "twins": {"leak": told + 0.1 * noise[1], "leak2": told + 0.1 * noise[2]},
        "triplets": {
            name: told + 0.2 * part
            for name, part in zip(("leak", "leak2", "leak3"), noise[1:], strict=True)
        },
        "a family": {
            "leak": noise[1],
            "leak__30d": np.where(half, told, 0.0),
            "leak__since": np.where(half, 0.0, told),
        },
        "harmless alone": {"leak": won + 2 * other + 0.3 * noise[0]},
        "harmless without another": {
            "key": key * 1.0,
            "leak": (key ^ won ^ (rng.random(n) < 0.02)) * 1.0,
        },
    }


def _level(told: np.ndarray, rng: np.random.Generator) -> pd.Series[str]:
    return pd.Series(np.where(told, "k", rng.choice(list("xyz"), len(told))), dtype="str")


def excluded(frame: pd.DataFrame, seed: int = 0) -> set[str]:
    """Return what the audit excludes where names say nothing."""
    names = sorted(n for n in map(str, frame.columns) if n not in KEYS)
    mixed = [f"c{place:03d}" for place in np.random.default_rng(seed).permutation(len(names))]
    new = dict(zip(names, mixed, strict=True))
    renamed = frame.rename(columns=new)
    families = {new[n]: new[p] for n, p in frame.attrs.get("families", {}).items()}
    types = {new[n]: t for n, t in frame.attrs.get("types", {}).items() if n in new}
    renamed.attrs = frame.attrs | {"families": families, "types": types}
    found = audit(renamed)
    out = set(found.loc[found["verdict"] == "exclude", "property"])
    return {name for name in names if new[name] in out}


def public(name: str) -> dict[str, Any]:
    """Audit a public table."""
    about = PUBLIC[name]
    table = read_table(fetch_table(name))
    date = about.get("date")
    frame = table.frame.drop(columns=[about["positive"], *([date] if date else [])]).assign(
        contact_id=[f"{place:07d}" for place in range(len(table.frame))],
        snapshot_at=times(table, date=date, order=about.get("order", False)),
        outcome=outcome(table, about["positive"]).values,
    )
    began = time.process_time()
    found = excluded(frame)
    return {
        "excluded": sorted(found),
        "missed": sorted(set(about["known"]) - found),
        "false": sorted(found - set(about["known"])),
        "cpu_s": round(time.process_time() - began, 2),
    }


def synthetic(seeds: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Audit synthetic tables; count properties over all sizes and seeds."""
    for name, options in HONEST.items():
        false = [
            len(excluded(honest(n, rate, seed, **options), seed))
            for n, rate in SIZES
            for seed in range(seeds)
        ]
        yield name, {"tables": len(false), "tables_with_a_false_exclusion": sum(map(bool, false))}
    families = leaks(np.arange(100) % 2 == 0, honest(100, 0.5, 0), 0)
    for name in families:
        yield name, _leaky(name, seeds)


def _leaky(name: str, seeds: int) -> dict[str, int]:
    hit = wanted = false = 0
    for n, rate in SIZES:
        for seed in range(seeds):
            frame = honest(n, rate, seed, strong=(0.8,))
            columns = leaks(frame["outcome"].to_numpy(bool), frame, seed)[name]
            planted = {p for p in columns if p.startswith("leak") and "__" not in p}
            made = frame.assign(**columns)
            made.attrs = frame.attrs | {"families": {c: "leak" for c in columns if "__" in c}}
            found = excluded(made, seed)
            # Without the key the leak is no riddle's answer any more: either will do.
            guilty = {"leak", "key"} if "key" in columns else planted
            hit += min(len(found & guilty), len(planted))
            wanted += len(planted)
            false += len(found - guilty)
    return {"leaks": wanted, "found": hit, "false_exclusions": false}


def market(*, leak: str | None, signal: bool, contacts: int) -> list[str]:
    """Audit today's values of the simulated market, and say what was excluded by the data alone."""
    world = simulate(contacts=contacts, seed=0, now=NOW, leak=leak, signal=signal)
    frame = world.contacts.reset_index(names="contact_id").rename(
        columns={"createdate": "snapshot_at"}
    )
    won = frame["lifecyclestage"] == "customer"
    frame = frame.assign(outcome=pd.array(won, dtype="boolean"))
    # What HubSpot writes at the goal is on a list; what is asked here is what the data tell.
    listed = audit(_goal(frame))
    by_name = listed["check"].isin(["the goal itself", "written after the outcome"])
    left = frame.drop(columns=listed.loc[by_name, "property"].unique().tolist())
    found = audit(_goal(left))
    reasons = found[(found["verdict"] == "exclude") & (found["check"] != "nothing to learn")]
    return [f"{row.property}: {row.check}" for row in reasons.itertuples()]


def _goal(frame: pd.DataFrame) -> pd.DataFrame:
    goal = {"property": "lifecyclestage", "value": "customer", "within_days": None}
    frame.attrs = {"goal": goal, "time_known": True, "horizon_days": None}
    return frame


def main() -> None:
    """Print what was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=10)
    asked.add_argument("--contacts", type=int, default=10_000)
    given = asked.parse_args()
    print(
        json.dumps(
            {
                "public": {name: public(name) for name in PUBLIC},
                "synthetic": dict(synthetic(given.seeds)),
                "market_today": {
                    "plain": market(leak=None, signal=True, contacts=given.contacts),
                    "leak": market(
                        leak="account_review_score", signal=True, contacts=given.contacts
                    ),
                    "no signal": market(leak=None, signal=False, contacts=given.contacts),
                },
            }
        )
    )


if __name__ == "__main__":
    main()
