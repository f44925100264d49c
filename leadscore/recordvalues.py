"""Values as people have them to strings as HubSpot takes them, by a property's definition.

HubSpot API docs, "Properties": every value is a string; numbers are decimal without separators,
dates ``YYYY-MM-DD``, times ISO 8601, booleans ``true`` and ``false``, several options ``a;b``; an
empty string clears. A leading ``;`` would append to what is there instead of setting it, so it is
refused: a second run would not be the same run.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

import pandas as pd

from leadscore.addresses import domain_of, email_of

__all__ = ["LONGEST", "MisfitError", "converter", "is_missing", "kind_of", "plain"]

LONGEST = 65_536  # characters (HubSpot API docs, "Properties")
_FAR = 10**11  # milliseconds; below, a number may as well be seconds or a year
_MIDNIGHT = time()
Definition = Mapping[str, Any]


class MisfitError(ValueError):
    """A value that a property cannot take; its words say why, without the value."""


def is_missing(value: Any) -> bool:
    """Say whether there is no value: None, NaN, NaT, NA, or nothing but blanks.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing("  "), is_missing(0)
    (True, True, False)
    """
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, list | tuple | set | frozenset):
        return not value
    if hasattr(value, "shape") and value.shape:
        return not value.size
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def kind_of(definition: Definition) -> str:
    """Return how values of a property are compared; see `leadscore.scoreproperties.same`.

    Examples
    --------
    >>> kind_of({"type": "enumeration", "fieldType": "checkbox"}), kind_of({"type": "number"})
    ('options', 'number')
    """
    if definition.get("type") == "enumeration" and definition.get("fieldType") == "checkbox":
        return "options"
    return "address" if definition.get("name") in ("email", "domain") else str(definition["type"])


def converter(definition: Definition, object_type: str = "") -> Callable[[Any], str]:
    """Return the function that turns a value of a property into what is sent.

    It raises `MisfitError` for one that does not fit, and is not asked about missing ones.

    Parameters
    ----------
    definition : mapping
        As HubSpot sends it.
    object_type : str, optional
        Whose it is: a contact's ``email`` is an address, a company's ``domain`` is one.

    Examples
    --------
    >>> to_wire = converter({"name": "seats", "type": "number", "fieldType": "number"})
    >>> to_wire(12.0), to_wire("1e3")
    ('12', '1000')
    >>> from datetime import date
    >>> converter({"name": "since", "type": "date", "fieldType": "date"})(date(2026, 2, 3))
    '2026-02-03'
    """
    own = _OWN.get((object_type, str(definition.get("name"))))
    if own is not None:
        return own
    kind = kind_of(definition)
    if kind in ("options", "enumeration"):
        return _choice(definition, several=kind == "options")
    return _CONVERTERS.get(kind, _text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, numbers.Number) and not isinstance(value, complex):
        return _number(value)
    if isinstance(value, date):
        return _time(value) if isinstance(value, datetime) else value.isoformat()
    if not isinstance(value, str):
        raise MisfitError(f"a {type(value).__name__} is no text")
    if len(value) > LONGEST:
        raise MisfitError(f"longer than {LONGEST:,} characters")
    if "\0" in value or not _is_sound(value):
        raise MisfitError("holds a character that cannot be sent")
    return value


def _is_sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _address(value: Any) -> str:
    return _text(value).strip().lower()


def _email(value: Any) -> str:
    found = email_of(_text(value))
    if found is None:
        raise MisfitError("no e-mail address")
    return found


def _domain(value: Any) -> str:
    found = domain_of(_text(value))
    if found is None:
        raise MisfitError("no domain, such as acme.example")
    return found


def _number(value: Any) -> str:
    if isinstance(value, bool):
        raise MisfitError("true or false is no number")
    try:
        found = Decimal(value.strip() if isinstance(value, str) else str(value))
    except (InvalidOperation, AttributeError):
        raise MisfitError("not a decimal number") from None
    if not found.is_finite() or not math.isfinite(float(found)):
        raise MisfitError("not a finite number")
    text = format(found + 0, "f")  # + 0: no "-0"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _boolean(value: Any) -> str:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower()
    if isinstance(value, bool) or (isinstance(value, numbers.Real) and value in (0, 1)):
        return "true" if value else "false"
    if type(value).__name__ in ("bool_", "bool"):
        return "true" if value else "false"
    raise MisfitError("not true or false")


def _moment(value: Any) -> datetime:
    """Return a time in UTC; one without a zone is UTC already."""
    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value.strip())
        except ValueError:
            raise MisfitError("not a date or time as ISO 8601 writes them") from None
    elif isinstance(value, pd.Timestamp):
        found = value.to_pydatetime(warn=False)
    elif isinstance(value, numbers.Integral) and abs(int(value)) >= _FAR:
        found = datetime.fromtimestamp(int(value) / 1000, UTC)
    if not isinstance(found, date):
        raise MisfitError("not a date or time")
    if not isinstance(found, datetime):
        found = datetime.combine(found, _MIDNIGHT)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _time(value: Any) -> str:
    moment = _moment(value)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z".rjust(24, "0")


def _date(value: Any) -> str:
    moment = _moment(value)
    if moment.time() != _MIDNIGHT:
        raise MisfitError("a time of day in a date")
    return moment.date().isoformat()


_CONVERTERS: dict[str, Callable[[Any], str]] = {
    "address": _address,
    "number": _number,
    "bool": _boolean,
    "date": _date,
    "datetime": _time,
}
_OWN = {("contacts", "email"): _email, ("companies", "domain"): _domain}


def _choice(definition: Definition, *, several: bool) -> Callable[[Any], str]:
    options = [str(one.get("value")) for one in definition.get("options") or []]
    known = frozenset(options)
    labels = {plain(o.get("label")): str(o["value"]) for o in definition["options"] or []}
    labels |= {plain(one): one for one in options}
    free = bool(definition.get("externalOptions")) or not known

    def one(value: Any) -> str:
        text = _text(value)
        if free or text in known:
            return text
        raise MisfitError(_no_option(text.strip(), options, labels))

    def many(value: Any) -> str:
        if isinstance(value, str) and value.startswith(";"):
            raise MisfitError("a leading ; would add to what is there: give the whole list")
        parts = value.split(";") if isinstance(value, str) else value
        parts = parts.tolist() if hasattr(parts, "tolist") else parts
        if not isinstance(parts, list | tuple | set | frozenset):
            parts = [value]
        found = {one(part.strip() if isinstance(part, str) else part) for part in parts}
        return ";".join([*(o for o in options if o in found), *sorted(found - known)])

    return many if several else one


def plain(text: Any) -> str:
    """Return what is left of a name without case, blanks and signs.

    Examples
    --------
    >>> plain("Closed Won") == plain("closedwon")
    True
    """
    return "".join(sign for sign in str(text).casefold() if sign.isalnum())


def _no_option(text: str, options: list[str], labels: Mapping[str, str]) -> str:
    if plain(text) in labels:
        return f"no option; did you mean {labels[plain(text)]}?"
    near = get_close_matches(text, options, n=3, cutoff=0.6) or options[:5]
    return f"no option; there are {', '.join(near)}{', …' if len(options) > len(near) else ''}"
