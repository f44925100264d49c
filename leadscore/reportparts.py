"""What the report says of the model's making: what it learnt from, what it costs, what to type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.ruleset import Rules
    from leadscore.ruleterms import Condition

__all__ = ["baseline_words", "baselines_table", "learnt_from", "named", "points_table"]

_COLUMNS = ("value", "low", "high", "difference", "difference_low", "difference_high")


def named(items: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what was left out with the names that are shown instead of the properties' own.

    Examples
    --------
    >>> named([{"property": "n", "why": "a clock"}], {"n": "Visits"})
    [{'property': 'Visits', 'why': 'a clock'}]
    """
    return [{**e, "property": labels.get(str(e["property"]), e["property"])} for e in items]


def baselines_table(found: pd.DataFrame | None) -> list[dict[str, str]]:
    """Return one row per ranking: its ROC AUC, the lift of its best tenth, and the model's lead.

    Parameters
    ----------
    found : DataFrame or None
        As `leadscore.compare_baselines` gives it.

    Returns
    -------
    list of dict
        ranking, auc, interval, lift, lead (of the model, in ROC AUC); best first.
    """
    if found is None:
        return []
    auc = found[found["metric"] == "roc_auc"].sort_values("value", ascending=False, kind="stable")
    lifts = found[found["metric"] == "lift_top_decile"].set_index("ranking")["value"]
    rows = []
    for ranking, *figures in auc[["ranking", *_COLUMNS]].itertuples(index=False):
        value, low, high, lead, least, most = figures
        ahead = f"{_signed(lead)} ({_signed(least)} to {_signed(most)})"
        rows.append(
            {
                "ranking": str(ranking),
                "auc": f"{value:.3f}",
                "interval": f"{low:.3f} to {high:.3f}",
                "lift": f"{lifts[ranking]:.2f}" if ranking in lifts else "",
                "lead": "" if ranking == "model" else ahead,
            }
        )
    return rows


def _signed(value: float) -> str:
    """Write a difference; one that rounds to nothing has no sign."""
    return f"{round(value, 3) + 0.0:+.3f}"


def baseline_words(found: pd.DataFrame | None) -> list[str]:
    """Return what the comparison comes to: what being explainable costs, and what is better.

    Examples
    --------
    >>> rows = pd.DataFrame()
    >>> rows.attrs = {"beaten_by": ["recency alone"], "absent": {"point rules": "none given"}}
    >>> baseline_words(rows)[0]
    'Attention: better than the model by more than chance: recency alone.'
    """
    if found is None:
        return []
    beaten = " and ".join(visible(name, limit=60) for name in found.attrs.get("beaten_by", ()))
    said = [f"Attention: better than the model by more than chance: {beaten}."]
    absent = [f"{name} ({why})" for name, why in found.attrs.get("absent", {}).items()]
    return [
        *(said if beaten else []),
        *([found.attrs["cost"]] if found.attrs.get("cost") else []),
        *([f"Not compared: {', '.join(absent)}."] if absent else []),
    ]


def learnt_from(data: pd.DataFrame | None) -> dict[str, Any]:
    """Return in words which snapshots the model learnt from, and who was left out of them.

    Parameters
    ----------
    data : DataFrame or None
        The training frame.

    Returns
    -------
    dict
        ``sentences`` (list of str) and ``left_out`` (dict of str to int: contacts by reason).
    """
    if data is None:
        return {"sentences": [], "left_out": {}}
    known = int(data["outcome"].notna().sum())
    contacts = int(data["contact_id"].nunique())
    said = [
        f"{known:,} snapshots with a known outcome, of {contacts:,} contacts in all, were there to"
        " learn from and to test on."
    ]
    said += [_times(data.attrs["snapshots"])] if data.attrs.get("snapshots") else []
    if young := int(data.attrs.get("immature", 0)):
        said.append(
            f"{young:,} more snapshots are too young: whether the goal follows within its time is"
            " not known yet, so nothing was learnt from them."
        )
    return {"sentences": said, "left_out": dict(data.attrs.get("left_out", {}))}


def _times(snapshots: Mapping[str, Any]) -> str:
    ages = [f"{age:g}" for age in snapshots.get("ages", ())]
    when = []
    if ages:
        days = " and ".join(part for part in (", ".join(ages[:-1]), ages[-1]) if part)
        when.append(f"{days} day{'' if ages == ['1'] else 's'} after it came in")
    if snapshots.get("month_starts"):
        when.append(f"at the start of each month ({snapshots.get('time_zone', 'UTC')})")
    return f"A snapshot is what was known of a contact {' and '.join(when)}."


def points_table(rules: Rules | None, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return point rules property by property, those that can give most first.

    Parameters
    ----------
    rules : Rules or None
        As `leadscore.rules.from_model` gives them.
    labels : mapping
        Names to show instead of the properties' own.

    Returns
    -------
    list of dict
        ``group``, ``property`` and ``levels``: a list of ``points`` (int) and ``when`` (words).
    """
    if rules is None:
        return []
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for group in rules.groups:
        for rule in group.rules:
            what = _what(rule.conditions[0], labels)
            level = {"points": round(rule.points), "when": _when(rule.conditions)}
            found.setdefault((group.name, what), []).append(level)
    rows = [{"group": g, "property": what, "levels": each} for (g, what), each in found.items()]
    return sorted(rows, key=lambda row: (row["group"], -max(v["points"] for v in row["levels"])))


def _what(condition: Condition, labels: Mapping[str, str]) -> str:
    name = visible(labels.get(condition.name, condition.name), limit=80)
    return f"{name}{_window(condition)}"


def _window(condition: Condition) -> str:
    return "" if condition.in_last is None else f", last {condition.in_last} days"


def _when(conditions: Sequence[Condition]) -> str:
    """Return the conditions in words without the property, which stands beside them."""
    window = f" in the last {conditions[0].in_last} days"
    parts = [str(c).removeprefix(c.name).removeprefix(window).strip() for c in conditions]
    return visible(" and ".join(parts).replace(" and is ", " and "), limit=300)
