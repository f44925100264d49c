"""Strict YAML: plain values only, no key twice, and every mistake with its line."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

import yaml

from leadscore.errors import UsageError
from leadscore.visibletext import visible

__all__ = ["Section", "read_yaml"]

_LARGEST = 1_000_000  # characters
_UNITS = {"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7, "month": 30, "months": 30}
_DURATION = re.compile(r"(?:(\d{1,6}(?:\.\d{1,6})?)\s*)?([a-z]*)")


class Section(dict[str, Any]):
    """A mapping of a YAML file that can say on which line each of its keys stands.

    Its methods return the value of a key in the wanted form, or raise a `UsageError` that names
    file and line. Mappings inside it are sections too.
    """

    source: str
    line: int
    lines: dict[str, int]

    def refuse(self, key: str | None, problem: str, hint: str) -> UsageError:
        """Return an error about a key, or about the whole section."""
        line = self.lines.get(key or "", self.line)
        return UsageError(f"{self.source}, line {line}: {problem}.", hint=hint)

    def only(self, known: Collection[str]) -> None:
        """Refuse keys that mean nothing here."""
        for key in self:
            if key not in known:
                near = get_close_matches(key, known, n=3, cutoff=0.5)
                raise self.refuse(
                    key,
                    f"{visible(key, limit=60)!r} means nothing here",
                    f"Did you mean {' or '.join(near)}?" if near else f"Use {', '.join(known)}.",
                )

    def section(self, key: str) -> Section:
        """Return a mapping."""
        if isinstance(self.get(key), Section):
            return self[key]  # type: ignore[no-any-return]
        raise self.refuse(key, f"{key} has no keys and values", "Indent them below it.")

    def entries(self, key: str) -> list[Section]:
        """Return a list of mappings, at least one."""
        found = self.get(key)
        if isinstance(found, list) and found and all(isinstance(one, Section) for one in found):
            return found
        raise self.refuse(
            key, f"{key} is no list of entries", "Begin each with a hyphen, then keys and values."
        )

    def text(self, key: str) -> str:
        """Return a text that says something."""
        if isinstance(self.get(key), str) and self[key].strip():
            return str(self[key])
        raise self.refuse(key, f"{key} is no text", "Give one, in quotes if it looks otherwise.")

    def flag(self, key: str) -> bool:
        """Return true or false."""
        if isinstance(self[key], bool):
            return bool(self[key])
        raise self.refuse(key, f"{key} is not true or false", "Use one of them.")

    def number(self, key: str) -> float:
        """Return a number."""
        return self._number(key, self[key])

    def _number(self, key: str, value: Any) -> float:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15:
            return value
        raise self.refuse(key, f"{key} is no number", "Give one, such as 10 or -2.5.")

    def pair(self, key: str) -> tuple[float, float]:
        """Return the two ends of a range, the lower one first."""
        values = self[key] if isinstance(self[key], list) else []
        ends = [self._number(key, value) for value in values]
        if len(ends) != 2 or ends[0] > ends[1]:
            raise self.refuse(key, f"{key} is no range", "Give the lower and upper end: [5, 20].")
        return ends[0], ends[1]

    def scalar(self, key: str) -> str | float | bool:
        """Return a text, a number, or true or false."""
        return self._scalar(key, self[key])

    def _scalar(self, key: str, value: Any) -> str | float | bool:
        finite = not isinstance(value, float) or math.isfinite(value)
        if isinstance(value, (str, bool, int, float)) and finite:
            return value
        raise self.refuse(
            key, f"{key} is no text, number or truth value", "Put dates and the like in quotes."
        )

    def scalars(self, key: str) -> tuple[str | float, ...]:
        """Return one text or number, or a list of them, as a tuple."""
        values = self[key] if isinstance(self[key], list) else [self[key]]
        found = tuple(self._scalar(key, value) for value in values)
        if not found:
            raise self.refuse(key, f"{key} lists nothing", "Give a value or more.")
        if any(isinstance(value, bool) for value in found):
            raise self.refuse(
                key,
                f"{key} has a word that YAML reads as true or false",
                'Put yes, no, on and off in quotes: "no".',
            )
        return found

    def days(self, key: str) -> float:
        """Return a length of time in days; a month is 30."""
        match = _DURATION.fullmatch(str(self[key]).strip().lower())
        number, unit = match.groups() if match and self[key] is not True else (None, None)
        if (number or unit) and (unit or "d") in _UNITS and float(number or 1) > 0:
            days = float(number or 1) * _UNITS[unit or "d"]
            return int(days) if days.is_integer() else days
        raise self.refuse(
            key, f"{key} is no length of time", "Write days, weeks or months: 30 days."
        )


def read_yaml(text: str, *, source: str) -> Section:
    """Read YAML text whose outermost level is a mapping.

    Parameters
    ----------
    text : str
    source : str
        What errors call it.

    Raises
    ------
    UsageError
        It is no YAML, or too long, or has a key twice or no keys.

    Examples
    --------
    >>> read_yaml("every: 2 weeks", source="rules.yaml").days("every")
    14
    """
    if len(text) > _LARGEST:
        raise UsageError(f"{source} has {len(text):,} characters.", hint="Keep to a million.")
    try:
        found = _read(text, source)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{source}, line {mark.line + 1}" if mark else source
        problem = visible(getattr(error, "problem", None) or "it is no YAML")
        raise UsageError(
            f"{where}: {problem}.", hint="Check indentation, colons and quotes there."
        ) from None
    if not isinstance(found, Section):
        raise UsageError(f"{source} has no keys and values.", hint="See docs/rules.md.")
    return found


def _read(text: str, source: str) -> Any:
    loader = _Loader(text)
    loader.source = source
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which makes sections of mappings and follows no references."""

    source = ""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="references are not read", problem_mark=mark)
        return super().compose_node(parent, index)

    def section(self, node: Any) -> Section:
        found = Section()
        found.source, found.line, found.lines = self.source, node.start_mark.line + 1, {}
        for key_node, value_node in node.value:
            key = str(self.construct_object(key_node, deep=True))
            if key in found:
                raise yaml.MarkedYAMLError(
                    problem=f"{key!r} is there twice", problem_mark=key_node.start_mark
                )
            found.lines[key] = key_node.start_mark.line + 1
            found[key] = self.construct_object(value_node, deep=True)
        return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _Loader.section)
