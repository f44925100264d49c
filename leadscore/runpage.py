"""The page of one run: what an apply or undo did to each contact, and what was passed over."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadscore.errors import DataError, LeadscoreError, UsageError
from leadscore.guards import GUARDS
from leadscore.htmlpages import write_page
from leadscore.pageparts import card, facts_table, rows_table, section
from leadscore.planfile import SCORES
from leadscore.plans import load_plan
from leadscore.reportwords import writeback_rows
from leadscore.runlist import run_line
from leadscore.runrecords import KINDS

if TYPE_CHECKING:
    from leadscore.plans import Plan
    from leadscore.store import Store

__all__ = ["write_run"]

_MOST = 200  # contacts that are listed; `leadscore runs RUN --contacts` has all
_DID = {"apply": "wrote scores to", "undo": "took back the scores of"}
_DID_RECORDS = {"apply": "wrote records to", "undo": "took back records of"}
Line = dict[str, Any]


def write_run(store: Store, run: str | None = None, path: str | Path | None = None) -> Path:
    """Write the page of one run that wrote to the portal.

    Parameters
    ----------
    store : Store
        The workspace whose ledger has the run.
    run : str, optional
        Its id; by default the newest apply or undo.
    path : str or Path, optional
        By default ``reports/run-ID.html`` in the workspace; replaced in one step, mode 0600.

    Returns
    -------
    Path
        A page without scripts that loads nothing: the contacts in each of the six states, who was
        not written and why, guards and what was passed over, model, plan, times. It names contacts
        by id and holds no other data about them.

    Raises
    ------
    DataError
        No run has written yet.
    UsageError
        The run is of a kind that writes nothing (a sync, a training).
    StoreError
        There is no such run.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> ls.report.write_run(ls.open_store(tempfile.mkdtemp()))
    Traceback (most recent call last):
    ...
    leadscore.errors.DataError: No run has written to a portal from this workspace. Apply a plan ...
    """
    line = _line(store, run)
    plan, gone = _plan(store, line)
    context = {
        "title": f"Run {line['run']}",
        "made": datetime.now(UTC),
        **_verdict(store, line),
        "cards": _cards(line),
        "sections": [
            _states(line),
            _unwritten(store, line),
            _guards(line, plan, gone),
            _facts(line, plan),
        ],
    }
    target = store.workspace / "reports" / f"run-{line['run']}.html" if path is None else path
    return write_page(target, "page.html.j2", context)


def _line(store: Store, run: str | None) -> Line:
    if run is None:
        known = store.ledger.runs()
        own = known.loc[known["kind"].isin(KINDS), "run"]
        if own.empty:
            raise DataError(
                "No run has written to a portal from this workspace.", hint="Apply a plan first."
            )
        run = str(own.iloc[-1])
    record = store.ledger.run(run)
    if record["kind"] not in KINDS:
        raise UsageError(
            f"The run {run} is a {record['kind']}, which writes to no portal.",
            hint="`leadscore runs` tells what it did.",
        )
    return run_line(store.ledger, record)


def _plan(store: Store, line: Line) -> tuple[Plan | None, str]:
    """Return the plan of a run, or why it cannot be read any more."""
    file = store.workspace / "plans" / f"plan-{line['plan']}.parquet"
    try:
        return load_plan(file, check=False), ""
    except LeadscoreError:
        return None, "The plan's file is gone, and with it which guards watched."


def _of(line: Line) -> str:
    """Return what was written to."""
    return str(line["facts"].get("object_type", "contacts"))


def _did(line: Line) -> str:
    records = "object_type" in line["facts"]
    return (_DID_RECORDS if records else _DID)[line["kind"]]


def _verdict(store: Store, line: Line) -> Line:
    states, total = line["states"], sum(line["states"].values())
    done, waiting = line["status"] == "done", line["unknown"]
    portal = f"portal {store.ledger.portal_id}" if store.ledger.portal_id else "the portal"
    sentences = [
        f"This {line['kind']} {_did(line)} {portal}; {total:,} {_of(line)}, each in exactly"
        " one of the six states below.",
        f"{line['verified']:,} were read back and hold what was planned.",
    ]
    if waiting:
        more = ": the same command goes on" if line.get("goes_on") else ""
        sentences.append(f"{waiting:,} more were sent and not looked up{more}.")
    if line.get("undone_by"):
        sentences.append(f"It was undone by the run {line['undone_by']}.")
    bad = [f"{states[s]:,} {s}" for s in ("rejected", "conflict", "missing") if states[s]]
    if not done:
        headline = f"The run did not come to its end: {line['status']}."
    elif bad:
        headline = f"Done, but not for everybody: {', '.join(bad)}."
    else:
        headline = "Done: every contact holds what was planned."
    alarm = not done or bool(states["rejected"]) or bool(waiting)
    return {"headline": headline, "sentences": sentences, "alarm": alarm}


def _cards(line: Line) -> list[dict[str, str]]:
    states = line["states"]
    return [
        card(
            "Written", states["written"] + states["resolved"], f"{_of(line)} changed in the portal"
        ),
        card("Read back", line["verified"], f"{_of(line)} that hold what was planned"),
        card("Left alone", states["unchanged"] + states["conflict"], "unchanged, or in conflict"),
        card("Not possible", states["rejected"] + states["missing"], "rejected, or gone"),
    ]


def _states(line: Line) -> Line:
    rows = [(r["state"], r["count"], r["meaning"]) for r in writeback_rows(line["states"])]
    tables = [rows_table(["State", "Contacts", "Meaning"], rows, numbers=[1])]
    if line["actions"]:
        names = list(line["states"])
        after = [[action, *(of[n] for n in names)] for action, of in line["actions"].items()]
        numbers = range(1, len(names) + 1)
        tables.append(rows_table(["After scoring", *names], after, numbers=list(numbers)))
    return section("What became of every contact", tables=tables)


def _unwritten(store: Store, line: Line) -> Line:
    heading = "Who was not written, and why"
    reasons: Counter[tuple[str, str, str]] = Counter()
    for action, _, state, reason in store.ledger.unwritten(line["run"]):
        reasons[action, state or "unknown", reason] += 1
    if not reasons:
        return section(heading, "Nobody: every contact holds what was planned, or did before.")
    why = [(a, s, r or "no reason given", n) for (a, s, r), n in reasons.most_common(30)]
    listed = [
        (contact, action, state or "unknown", reason)
        for action, contact, state, reason in islice(store.ledger.unwritten(line["run"]), _MOST)
    ]
    total = sum(reasons.values())
    note = f"The first {_MOST} of {total:,}; `leadscore runs {line['run']} --contacts` lists all."
    tables = [
        rows_table(["Action", "State", "Why", "Contacts"], why, numbers=[3]),
        rows_table(
            ["Contact", "Action", "State", "Why"], listed, note=note if total > _MOST else ""
        ),
    ]
    return section(heading, tables=tables)


def _guards(line: Line, plan: Plan | None, gone: str) -> Line:
    passed = line["facts"].get("overridden") or {}
    found = [] if plan is None else plan.facts.get("guards", [])
    rows = [
        (g["guard"], g["says"], "passed over" if g["guard"] in passed else _weight(g))
        for g in found
    ]
    named = {g["guard"] for g in found}
    rows += [(g, GUARDS.get(g, ""), "passed over") for g in passed if g not in named]
    tables = [rows_table(["Guard", "What it says", "Then"], rows)]
    over = [(guard, reason) for guard, reason in passed.items()]
    tables += [rows_table(["Passed over", "Reason given"], over)] if over else []
    quiet = "" if rows or gone else "No guard had anything to say."
    return section("Guards", quiet, gone, tables=tables)


def _weight(guard: Line) -> str:
    return "would have stopped it" if guard["blocks"] else "a warning"


def _facts(line: Line, plan: Plan | None) -> Line:
    facts = line["facts"]
    told = {
        "Run": line["run"],
        "Kind": line["kind"],
        "Status": line["status"],
        "Error": facts.get("error"),
        "Started (UTC)": line["started_at"],
        "Finished (UTC)": line["finished_at"],
        "Seconds": facts.get("seconds"),
        "Requests to HubSpot": facts.get("requests"),
        "Plan": line["plan"],
        "Changes planned": None if plan is None else plan.rows.get(SCORES, 0),
        "Model": facts.get("model"),
        "Undoes": facts.get("undoes"),
        "Undone by": line.get("undone_by"),
    }
    return section("About this run", tables=[facts_table(told)])
