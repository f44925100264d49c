"""When properties are written: those that come with the goal, or after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from leadscore.findings import Finding

__all__ = ["LATE", "late_findings"]

LATE = 0.5
_WORTH_SAYING = 0.1


def late_findings(
    timing: Mapping[str, Mapping[str, float]], properties: Iterable[str], *, history: bool
) -> Iterator[Finding]:
    """Find what is first seen after the goal, and what changes at the moment of the goal.

    Most of the contacts that converted (`LATE`) having no value before the goal is a reason to
    leave a property out. A change within 24 hours of the goal is one where values are today's;
    where they are those of the snapshot it is advice, because visits and mails come with a purchase
    too.

    Parameters
    ----------
    timing : mapping
        ``attrs["timing"]`` of a training frame: by property, ``first_after_goal`` and ``at_goal``,
        shares of the contacts that converted.
    properties : iterable of str
        The properties to look at.
    history : bool
        Whether values are those of the snapshot.

    Examples
    --------
    >>> late = {"onboarding": {"first_after_goal": 0.8, "at_goal": 0.1}}
    >>> [finding.verdict for finding in late_findings(late, ["onboarding"], history=True)]
    ['exclude']
    """
    for name in properties:
        shares = timing.get(name, {})
        late = float(shares.get("first_after_goal") or 0.0)
        with_goal = float(shares.get("at_goal") or 0.0)
        if late >= _WORTH_SAYING:
            yield _late(name, late)
        if with_goal >= LATE:
            yield _with_goal(name, with_goal, history)


def _late(name: str, share: float) -> Finding:
    evidence = (
        f"{share:.0%} of the contacts that converted had their first value at or after the goal"
        f" (limit {LATE:.0%})"
    )
    verdict = "exclude" if share >= LATE else "advice"
    advice = "Keep it only if the time of its first value is wrong, as after an import."
    return Finding(name, "first seen after the goal", evidence, verdict, advice)


def _with_goal(name: str, share: float, history: bool) -> Finding:
    evidence = f"for {share:.0%} of the contacts that converted it changed within 24 h of the goal"
    verdict = "advice" if history else "exclude"
    advice = (
        "Make sure that nothing fills it backwards in time."
        if history
        else "Keep it only if the value from before the goal is what is stored."
    )
    return Finding(name, "changes at the goal", evidence, verdict, advice)
