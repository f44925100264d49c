"""What the commands say to a person, from the same line that they give a machine."""

from __future__ import annotations

import textwrap
from typing import Any

__all__ = ["demo", "doctor", "evaluation", "plain", "sandbox", "sync"]

Line = dict[str, Any]
_PROTOCOLS = {
    "temporal_holdout": "learned from the oldest 70 %, tested on the newest 30 %",
    "rolling": "rolling origin, each tested on what came next",
    "cross_validation": "cross-validation; optimistic, because the time is not known",
}


def plain(line: Line) -> str:
    """Return one name and value a row; of several sentences, one a row."""
    width = max(map(len, line), default=0)
    rows = []
    for name, value in line.items():
        first, *others = _shown(value)
        rows += [f"{name:<{width}}  {first}", *(f"{'':<{width}}  {one}" for one in others)]
    return "\n".join(rows)


def _shown(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [", ".join(f"{k} {v}" for k, v in value.items()) or "none"]
    if isinstance(value, list):
        said = list(map(str, value))
        return said if any(one.endswith(".") for one in said) else [", ".join(said) or "none"]
    return [str(value)]


def evaluation(line: Line) -> str:
    """Return how good a model is, in some rows."""
    return "\n".join(
        [
            f"Contacts      {line['contacts']:,}, of which {line['converted']:,} converted",
            f"Model         {line['model']}, {line['features_used']} properties",
            *_left_out(line["excluded"]),
            f"Protocol      {_PROTOCOLS[line['protocol']]}; {line['test_rows']:,} test rows",
            f"ROC AUC       {line['roc_auc']:.3f} {_interval(line['roc_auc_ci'])}",
            *_oracle(line),
            f"Top 10 %      converts {line['lift_top_decile']:.2f} times as often as the average "
            f"{_interval(line['lift_top_decile_ci'])}",
            f"Calibration   {_calibration(line)}",
            f"Signal        {'yes' if line['signal'] else _NO_SIGNAL}",
        ]
    )


def _calibration(line: Line) -> str:
    if line["brier_skill"] is None:
        return "none: points are no probabilities"
    return f"Brier skill {line['brier_skill']:.3f}, mean error {line['ece']:.3f}"


def _left_out(excluded: list[dict[str, str]]) -> list[str]:
    """Return one row a reason, with the properties that it holds for."""
    reasons: dict[str, list[str]] = {}
    for entry in excluded:
        reasons.setdefault(entry["why"], []).append(entry["property"])
    return [f"Left out      {', '.join(names)}: {why}" for why, names in reasons.items()]


_NO_SIGNAL = "none that can be told from chance: nothing is written unless forced"


def _interval(bounds: list[float]) -> str:
    return f"(95 % interval {bounds[0]:.3f} to {bounds[1]:.3f})"


def _oracle(line: Line) -> list[str]:
    if "oracle_roc_auc" not in line:
        return []
    return [
        f"              {line['oracle_roc_auc']:.3f} is what the simulated world itself reaches"
    ]


def demo(line: Line) -> str:
    """Return the demo's result."""
    written = (
        f"Written       {line['written']:,} contacts, {line['verified']:,} verified by reading "
        f"them back, {line['rejected']:,} rejected"
    )
    stages = "\n".join(f"  {name:<18}{took:8.2f} s" for name, took in line["seconds"].items())
    total = sum(line["seconds"].values())
    return "\n".join(
        [
            evaluation(line),
            written,
            f"Time          {total:.1f} s",
            stages,
            f"Report        {line['report']}",
        ]
    )


def sandbox(line: Line) -> str:
    """Return how to reach the sandbox."""
    return "\n".join(
        [
            "A portal on this machine. It is not HubSpot. Stop it with Ctrl-C.",
            plain(line),
            "",
            "from hubspot import HubSpot",
            f'client = HubSpot(access_token="{line["token"]}", host="{line["url"]}", '
            f'base_url="{line["url"]}")',
            "",
            f"export LEADSCORE_BASE_URL={line['url']} HUBSPOT_PRIVATE_APP_TOKEN={line['token']}",
        ]
    )


_WIDTH = 100
_INDENT = 22
_SUMS = {
    "wrong": "{} wrong",
    "warning": "{} to look at",
    "unknown": "{} that could not be looked at",
}


def doctor(line: Line) -> str:
    """Return a checkup on one screen: a row for each thing, below it what to do about it."""
    rows = [row for check in line["checks"] for row in _check(check)]
    states = [check["state"] for check in line["checks"]]
    sums = [text.format(states.count(s)) for s, text in _SUMS.items() if s in states]
    return "\n".join([*rows, "", f"{', '.join(sums) or 'All is well'}."])


def _check(check: dict[str, str]) -> list[str]:
    head = f"{check['state']:<9}{check['name']:<{_INDENT - 9}}"
    hint = f"→ {check['hint']}" if check["hint"] and check["state"] != "ok" else ""
    said = _wrapped(check["message"]) + _wrapped(hint)
    return [head + said[0], *(" " * _INDENT + more for more in said[1:])]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH - _INDENT, break_long_words=False, break_on_hyphens=False)


def sync(line: Line) -> str:
    """Return what the store holds after a sync, what was new, and what is missing."""
    read = [kind for kind in line["full"] if kind not in line["barred"]]
    kinds = [f"{kind.capitalize():<14}{_told(line, kind)}" for kind in read]
    barred = [f"Not read      {kind}. {_scope(said)}" for kind, said in line["barred"].items()]
    whole = f"Complete      the store holds all {_and(read)} that the portal counts"
    why = [f"Incomplete    {reason}" for reason in line["why"]]
    strange = f"{line['misfits']:,} values that do not fit their property's type are in `misfits`"
    return "\n".join(
        [
            *kinds,
            f"History       {line['history_rows']:,} entries",
            *([f"Set aside     {strange}"] if line["misfits"] else []),
            *barred,
            *(why or [whole]),
            f"Took          {line['requests']:,} requests, {line['seconds']:.1f} s",
        ]
    )


def _scope(said: str) -> str:
    """Return what to do about a scope, which HubSpot's own refusal says already."""
    return said if " " in said else f"Give the token the scope {said}."


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _told(line: Line, kind: str) -> str:
    how = "all read" if line["full"][kind] else "changes read"
    return (
        f"{line[kind]:,} in the store; {how}: {line['changed'][kind]:,} new or changed, "
        f"{line['removed'][kind]:,} removed"
    )
