"""What the commands about runs say to a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["applied", "one", "several", "undone"]

Line = dict[str, Any]
_STATES = ("written", "unchanged", "conflict", "rejected", "missing", "resolved")


def several(line: Line) -> str:
    """Return one run a row."""
    rows = [
        f"{run['started_at'][:19]}  {run['run']}  {run['status']:<11}  {_did(run)}"
        for run in line["runs"]
    ]
    return "\n".join(rows) or "No run is on record in this workspace."


def _did(run: Line) -> str:
    """Return what a run did, in one row; `runs RUN` has the rest."""
    if "notebook" in run["facts"]:
        return _notebook(run["facts"])
    parts = [_shown(run["facts"]["error"])] if run["facts"].get("error") else []
    if "states" in run:
        parts += [_counted(run["states"]), *(_more(run))]
    elif "changed" in run["facts"]:
        parts += _synced(run["facts"])
    elif not parts:
        parts = [_shown(run["facts"])]
    return ", ".join(filter(None, parts))


def _notebook(facts: Line) -> str:
    """Return what a run of a notebook did; the runs that its cells made have rows of their own."""
    error = facts.get("error") or {}
    cell = f"cell {error['cell']}: " if error.get("cell") else ""
    ended = [f"{cell}{error['kind']}"] if error else []
    took = [f"{facts['seconds']:.1f} s"] if "seconds" in facts else []
    return ", ".join([facts["notebook"], *ended, *took])


def _more(run: Line) -> Iterator[str]:
    if run["verified"]:
        yield f"{run['verified']:,} verified"
    if run["unknown"] and "not_arrived" in run["facts"]:
        yield f"{run['unknown']:,} had not arrived: a later plan has them"
    elif run["unknown"]:
        more = ": the same command goes on" if run.get("goes_on") else ""
        yield f"{run['unknown']:,} not known yet{more}"
    for action, states in run["actions"].items():
        yield f"{action}: {_counted(states)}"
    if run["facts"].get("overridden"):
        yield f"passed over {', '.join(run['facts']['overridden'])}"
    if run.get("undone_by"):
        yield f"undone by {run['undone_by']}"


def _counted(states: dict[str, int]) -> str:
    told = [f"{states[state]:,} {state}" for state in _STATES if states.get(state)]
    return ", ".join(told) or "nothing to write"


def _synced(facts: Line) -> list[str]:
    """Return what a sync changed."""
    sums = [
        f"{name} {facts[name]:,} ({changed:,} changed, {facts['removed'].get(name, 0):,} removed)"
        for name, changed in facts["changed"].items()
    ]
    return [*sums, f"{facts['requests']:,} requests, {facts['seconds']:.1f} s", *facts["why"]]


def one(line: Line) -> str:
    """Return all about one run, one name and value a row; below, whoever was not written."""
    facts = dict(line["facts"])
    passed = facts.pop("overridden", None) or {}
    rows = {
        "run": line["run"],
        "status": line["status"],
        "error": _shown(facts.pop("error", None) or {}) or None,
        "started": line["started_at"],
        "finished": line["finished_at"],
        "plan": line["plan"],
        "undoes": facts.pop("undoes", None),
        "undone by": line.get("undone_by"),
    }
    if "states" in line:
        about, kept = facts.get("object_type", "contacts"), ("model", "how", "match")
        facts = {name: facts[name] for name in (*kept, "seconds", "requests") if name in facts}
        rows |= {about: _counted(line["states"]), "verified": line["verified"]}
        rows |= {"not known yet": line["unknown"] or None}
        rows |= {action: _counted(states) for action, states in line["actions"].items()}
    rows |= _of_its_cells(facts.pop("did", None) or {})
    rows |= {f"passed over {guard}": why for guard, why in passed.items()}
    told = {name: value for name, value in {**rows, **facts}.items() if value not in (None, "")}
    width = max(map(len, told))
    lines = [f"{name:<{width}}  {_shown(value)}" for name, value in told.items()]
    return "\n".join([*lines, *_contacts(line.get("contacts"))])


def _of_its_cells(did: Line) -> Line:
    """Return what the runs did that the cells of a notebook made."""
    if not did.get("runs") and not did.get("incomplete"):
        return {}
    return {
        "contacts": _counted(did),
        "its runs": ", ".join(did["runs"]),
        "incomplete": " ".join(did["incomplete"]),
    }


def _contacts(contacts: list[dict[str, str]] | None) -> list[str]:
    if contacts is None:
        return []
    rows = [
        f"{row['contact_id']:<14}{row['action']:<12}{row['state']:<10}{row['reason']}".rstrip()
        for row in contacts
    ]
    return ["", *(rows or ["Every contact holds what was planned, or did before."])]


def applied(line: Line) -> str:
    """Return what an apply did, one name and value a row."""
    rows = {name: value for name, value in line.items() if name != "actions"}
    rows |= {name: _counted(states) for name, states in line.get("actions", {}).items()}
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


def undone(line: Line) -> str:
    """Return what an undo did, one name and value a row, and what it leaves."""
    return f"{applied(line)}\nProperties and lists that the run created stay."


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items() if v is not None)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
