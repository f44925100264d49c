"""The kinds of values that a notebook's parameters take, and texts read as such."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from leadscore.errors import UsageError
from leadscore.visibletext import visible

__all__ = ["Kind", "fit", "kind_of", "parse"]

_WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NONE = frozenset(("none", "null", ""))
_TRUTH = {"true": True, "false": False}
_EXPECTED = {
    "bool": "true or false",
    "int": "a whole number, such as 100",
    "float": "a number, such as 0.5",
    "str": "a text",
    "date": "a date, such as 2026-01-31",
    "list": "a list, such as a,b or [1, 2]",
    "dict": 'a JSON object, such as {"a": 1}',
    "any": "a number, true, false or a text",
}
_ANNOTATED = {
    "bool": "bool",
    "int": "int",
    "float": "float",
    "str": "str",
    "date": "date",
    "list": "list",
    "dict": "dict",
    "Sequence": "list",
    "tuple": "list",
}


@dataclass(frozen=True)
class Kind:
    """What values a parameter takes.

    Attributes
    ----------
    name : str
        bool, int, float, str, date, list, dict or any.
    nothing : bool
        None is one of them.
    items : Kind, optional
        What a list's items are; None: any.
    """

    name: str
    nothing: bool = False
    items: Kind | None = None

    @property
    def expected(self) -> str:
        """The same in words."""
        return _EXPECTED[self.name] + (", or none" if self.nothing else "")


def kind_of(default: Any, annotation: str = "", *, plain: bool = True) -> Kind:
    """Return the kind of a default; an annotation, where there is one, says more.

    Parameters
    ----------
    default : object
    annotation : str
        As it stands in the cell.
    plain : bool
        False: the default is computed, and not known.

    Examples
    --------
    >>> kind_of(100).expected
    'a whole number, such as 100'
    >>> kind_of(None, "int | None")
    Kind(name='int', nothing=True, items=None)
    """
    words = re.findall(r"[A-Za-z]+", annotation)
    nothing = (plain and default is None) or "None" in words or "Optional" in words
    named = [_ANNOTATED[word] for word in words if word in _ANNOTATED]
    if named:
        items = Kind(named[1]) if named[0] == "list" and len(named) > 1 else None
        return Kind(named[0], nothing, items)
    if not plain or default is None or words:
        return Kind("any", nothing=True)
    return Kind(_name_of(default), nothing, _items_of(default))


def _name_of(value: Any) -> str:
    if isinstance(value, str):
        return "date" if _is_date(value) else "str"
    if isinstance(value, list | tuple):
        return "list"
    found = type(value).__name__
    return found if found in _EXPECTED else "any"


def _is_date(text: str) -> bool:
    try:
        return bool(re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and bool(_iso(text))
    except ValueError:
        return False


def _iso(text: str) -> str:
    return datetime.fromisoformat(text).isoformat()


def _items_of(default: Any) -> Kind | None:
    kinds = {_name_of(one) for one in default} if isinstance(default, list | tuple) else set()
    return Kind(kinds.pop()) if len(kinds) == 1 else None


# from text ---------------------------------------------------------------------------------------


def parse(name: str, text: str, kind: Kind) -> Any:
    """Read a text as a value of a kind.

    Raises
    ------
    UsageError
        It is none; the message says what was expected.

    Examples
    --------
    >>> parse("write", "True", Kind("bool")), parse("who", "007", Kind("str"))
    (True, '007')
    """
    if kind.nothing and text.strip().lower() in _NONE:
        return None
    try:
        return fit(name, _read(text, kind), kind)
    except ValueError:
        raise _misfit(name, text, kind) from None


def _read(text: str, kind: Kind) -> Any:
    if kind.name in ("str", "date"):
        return text
    if kind.name == "bool":
        return _truth(text)
    if kind.name in ("int", "float"):
        return _number(text, whole=kind.name == "int")
    if kind.name == "any":
        return _guess(text)
    if kind.name == "list" and not text.lstrip().startswith("["):
        return [_item(one.strip(), kind.items) for one in text.split(",") if one.strip()]
    return json.loads(text)


def _item(text: str, kind: Kind | None) -> Any:
    return _read(text, kind or Kind("any"))


def _truth(text: str) -> bool:
    if text.strip().lower() not in _TRUTH:
        raise ValueError(text)
    return _TRUTH[text.strip().lower()]


def _number(text: str, *, whole: bool) -> int | float:
    if _WHOLE.fullmatch(text.strip()):
        return int(text)
    if whole or not _NUMBER.fullmatch(text.strip()):
        raise ValueError(text)
    return float(text)


def _guess(text: str) -> Any:
    """Read a text where the default tells nothing; what looks like neither stays a text."""
    for read in (_truth, lambda one: _number(one, whole=False)):
        try:
            return read(text)
        except ValueError:
            continue
    return text


# values ------------------------------------------------------------------------------------------


def fit(name: str, value: Any, kind: Kind) -> Any:
    """Return a value as plain as a notebook can take it, if it is of a kind.

    Dates become texts, NumPy's and pandas' scalars plain ones, tuples lists; a whole number will
    do for a number.

    Raises
    ------
    UsageError
        It is of another kind, not finite, or nothing that can be written down.

    Examples
    --------
    >>> from datetime import date
    >>> fit("since", date(2026, 1, 31), Kind("date")), fit("rate", 1, Kind("float"))
    ('2026-01-31', 1.0)
    """
    given = _plain(value)
    if given is None and kind.nothing:
        return None
    if not _fits(given, kind):
        raise _misfit(name, value, kind)
    if kind.name == "float":
        return float(given)
    if kind.name == "list" and kind.items is not None:
        return [fit(name, one, kind.items) for one in given]
    return given


def _plain(value: Any) -> Any:
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "__fspath__"):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _fits(value: Any, kind: Kind) -> bool:
    if isinstance(value, float) and not math.isfinite(value):
        return False
    if isinstance(value, bool):
        return kind.name in ("bool", "any")
    if kind.name == "date":
        return isinstance(value, str) and _is_date(value)
    if kind.name == "any":
        return isinstance(value, str | int | float) or _is_json(value)
    types: Any = {"bool": bool, "int": int, "float": (int, float), "str": str}
    types |= {"list": list, "dict": dict}
    return isinstance(value, types[kind.name]) and _is_json(value)


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _misfit(name: str, value: Any, kind: Kind) -> UsageError:
    shown = visible(value if isinstance(value, str) else repr(value), limit=60)
    also = ""
    if isinstance(value, bool) and kind.name in ("str", "any"):
        also = " In YAML, yes, no, on and off are true and false: put it in quotes."
    return UsageError(
        f"The parameter {name!r} cannot be {shown!r}.",
        hint=f"Give {kind.expected}.{also}",
    )
