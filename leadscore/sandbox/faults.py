"""Rules that make the portal misbehave: which calls they match, when they fire, how often.

A rule is a JSON object; ``docs/faults.md`` describes it. The same rules and seeds go wrong at the
same calls.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from leadscore.errors import UsageError
from leadscore.sandbox.faultactions import Action, read_action, refused

__all__ = ["Faults", "Match", "Rule", "Seen", "read_rule", "read_rules"]

_KEYS = {"match", "times", "probability", "seed", "action"}
_MATCHES = {"method", "path", "nth", "body", "id"}


@dataclass(frozen=True)
class Seen:
    """What a rule sees of a request.

    Examples
    --------
    >>> Seen("PATCH", "/crm/v3/objects/contacts/7", b"").names("7")
    True
    """

    method: str
    path: str
    body: bytes = b""

    def names(self, number: str) -> bool:
        """Return whether a record's id is a part of the path or an id in the body."""
        return number in self.path.split("/") or _holds(self._parsed(), number)

    def _parsed(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def _holds(body: Any, number: str) -> bool:
    """Return whether an id is in a body, however deep: without recursion, which has an end."""
    left: list[tuple[str, Any]] = [("id", body)]
    while left:
        key, value = left.pop()
        if isinstance(value, dict):
            left.extend(value.items())
        elif isinstance(value, list):
            left.extend((key, inner) for inner in value)
        elif key.lower().endswith(_NAMES_AN_ID) and _is(value, number):
            return True
    return False


_NAMES_AN_ID = ("id", "ids", "merge", "inputs")


def _is(value: Any, number: str) -> bool:
    return not isinstance(value, bool) and str(value) == number


@dataclass(frozen=True)
class Match:
    """Which calls a rule is about; everything when nothing is said.

    Parameters
    ----------
    method, path, body, id : str
        The verb; a glob; a part of the body; a record's id in the path or the body.
    nth : tuple of int
        Which of the matching calls, from 1 up; all when empty.
    first : int
        The first of the matching calls.
    """

    method: str = ""
    path: str = ""
    body: str = ""
    id: str = ""
    nth: tuple[int, ...] = ()
    first: int = 1

    def fits(self, seen: Seen) -> bool:
        """Return whether a request is one of those that are counted."""
        return (
            (not self.method or self.method == seen.method)
            and (not self.path or fnmatchcase(seen.path, self.path))
            and (not self.body or self.body.encode() in seen.body)
            and (not self.id or seen.names(self.id))
        )

    def turn(self, count: int) -> bool:
        """Return whether it is the turn of the matching call with a number."""
        return count in self.nth if self.nth else count >= self.first


@dataclass
class Rule:
    """One fault, and how often it matched and fired.

    Parameters
    ----------
    given : dict
        As it was given.
    match : Match
    action : Action
    times : int, optional
        How often it fires at most.
    probability : float
    seed : int
        Of the random numbers that the probability is compared with, one for each matching call.
    """

    given: Mapping[str, Any]
    match: Match
    action: Action
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    matched: int = 0
    fired: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - faults, not secrets

    def due(self, seen: Seen) -> bool:
        """Count a request if it matches, and return whether the fault is due."""
        if not self.match.fits(seen):
            return False
        self.matched += 1
        if not self.match.turn(self.matched):
            return False
        lucky = self.probability >= 1 or self._random.random() < self.probability
        return lucky and (self.times is None or self.fired < self.times)

    def wire(self) -> dict[str, Any]:
        """Return the rule as the control paths show it."""
        return {**self.given, "matched": self.matched, "fired": self.fired}


class Faults:
    """The rules of a portal, in order: the first that is due fires.

    Examples
    --------
    >>> faults = Faults()
    >>> faults.add([{"match": {"nth": 2}, "action": {"status": 500}}])
    >>> [bool(faults.fire(Seen("GET", "/"))) for _ in range(3)]
    [False, True, False]
    """

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, given: Any) -> None:
        """Add rules.

        Raises
        ------
        UsageError
            One of them is no rule; none is added then.
        """
        self.rules.extend(read_rules(given))

    def clear(self) -> None:
        """Forget all rules."""
        self.rules.clear()

    def fire(self, seen: Seen) -> Rule | None:
        """Return the rule that fires at a request, and count it; all rules count what matches."""
        due = [rule for rule in self.rules if rule.due(seen)]
        if not due:
            return None
        due[0].fired += 1
        return due[0]

    def label(self, rule: Rule) -> str:
        """Return what the log calls a fault: its place and what it does."""
        return f"{self.rules.index(rule) + 1}: {', '.join(rule.given['action'])}"

    def wire(self) -> list[dict[str, Any]]:
        """Return the rules as the control paths show them."""
        return [rule.wire() for rule in self.rules]


# --------------------------------------------------------------------------- reading rules


def read_rules(given: Any) -> list[Rule]:
    """Read rules: a list of them, or one.

    Raises
    ------
    UsageError
        One of them is no rule.
    """
    listed = [given] if isinstance(given, Mapping) else given
    if not isinstance(listed, list):
        raise refused("Faults are a list of rules, each a JSON object")
    return [read_rule(one, place=place) for place, one in enumerate(listed, 1)]


def read_rule(given: Any, *, place: int = 1) -> Rule:
    """Read one rule.

    Raises
    ------
    UsageError
        It is none: what is wrong is in the message.

    Examples
    --------
    >>> read_rule({"action": {"delays": 1}})
    Traceback (most recent call last):
    ...
    leadscore.errors.UsageError: Fault 1: there is no action 'delays'. See docs/faults.md.
    """
    try:
        return _rule(given)
    except UsageError as error:
        raise UsageError(f"Fault {place}: {error.message}", hint=error.hint) from None


def _rule(given: Any) -> Rule:
    if not isinstance(given, Mapping):
        raise refused("a rule is a JSON object")
    _only(given, _KEYS, "key of a rule")
    if "action" not in given:
        raise refused("a rule needs an action")
    return Rule(
        given=dict(given),
        match=_match(given.get("match", {})),
        action=read_action(given["action"]),
        times=None if given.get("times") is None else _count(given["times"], "times"),
        probability=_share(given.get("probability", 1.0)),
        seed=_count(given.get("seed", 0), "seed", least=0),
    )


def _match(given: Any) -> Match:
    if not isinstance(given, Mapping):
        raise refused("match is a JSON object")
    _only(given, _MATCHES, "match")
    texts = {key: given[key] for key in ("method", "path", "body", "id") if key in given}
    texts |= {"id": str(texts["id"])} if isinstance(texts.get("id"), int) else {}
    wrong = [key for key, value in texts.items() if not isinstance(value, str) or not value]
    if wrong:
        raise refused(f"match.{wrong[0]} must be text")
    if "method" in texts:
        texts["method"] = texts["method"].upper()
    return Match(**texts, **_turns(given.get("nth")))


def _turns(nth: Any) -> dict[str, Any]:
    if nth is None:
        return {}
    if isinstance(nth, Mapping) and set(nth) == {"from"}:
        return {"first": _count(nth["from"], "match.nth.from")}
    listed = nth if isinstance(nth, list) else [nth]
    if not listed:
        raise refused("match.nth must name at least one call")
    return {"nth": tuple(_count(one, "match.nth") for one in listed)}


def _count(value: Any, name: str, *, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise refused(f"{name} must be a whole number from {least} up, not {value!r}")
    return value


def _share(value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:
        raise refused(f"probability must be from 0 to 1, not {value!r}")
    return float(value)


def _only(given: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise refused(f"there is no {what} {unknown[0]!r}")
