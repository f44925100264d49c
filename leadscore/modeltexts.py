"""What the commands about models say to a person."""

from __future__ import annotations

from typing import Any

from leadscore.texts import evaluation, plain

__all__ = ["checks", "models", "trained"]

Line = dict[str, Any]


def trained(line: Line) -> str:
    """Return how good a model is, and whether it is live now."""
    live = "yes" if line["promoted"] else f"no: {line['why']}"
    return f"{evaluation(line)}\nLive          {live}"


def models(line: Line) -> str:
    """Return one model a row, the live one marked."""
    rows = [
        f"{'*' if one['live'] else ' '} {one['id']}  {str(one['created'])[:16]}"
        f"  {one['goal']}  {_skill(one)}"
        for one in line["models"]
    ]
    return "\n".join(rows) or "There is no model in this workspace: run `leadscore train`."


def _skill(one: Line) -> str:
    if one.get("roc_auc") is None:
        return "not evaluated"
    return f"ROC AUC {one['roc_auc']:.3f}{'' if one['signal'] else ', no usable signal'}"


def checks(line: Line) -> str:
    """Return the facts, then one finding a row with what to do about it.

    Examples
    --------
    >>> print(checks({"alarms": 0, "checks": []}))
    alarms  0
    Nothing to look at.
    """
    facts = {name: value for name, value in line.items() if name != "checks"}
    rows = [_check(one) for one in line["checks"]]
    return "\n".join([plain(facts), *(rows or ["Nothing to look at."])])


def _check(one: Line) -> str:
    named = [str(one[name]) for name in ("property", "check", "verdict") if one.get(name)]
    return f"{' · '.join(named)}  {one.get('advice') or one.get('why') or ''}".rstrip()
