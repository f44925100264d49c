"""What a property takes: every value is a string on the wire, and is checked like HubSpot's.

HubSpot API docs, "Properties" (values) and "Error handling" (the 400 body). Stricter than what is
documented, so that a client's carelessness shows: numbers take no exponent, a JSON null is refused
(an empty string clears), and a date takes no time of day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from leadscore.sandbox.moments import wire_date, wire_datetime
from leadscore.sandbox.replies import Refusal, bad_json, invalid

__all__ = ["LONGEST", "checked", "not_valid"]

LONGEST = 65_536
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)\Z", re.ASCII)
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s.,;<>\"]{2,}\Z")
_ID = re.compile(r"\d+\Z", re.ASCII)


class _BadValueError(ValueError):
    """A value that does not fit; the code is HubSpot's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def checked(
    definitions: Mapping[str, dict[str, Any]],
    given: Any,
    current: Mapping[str, str],
    *,
    portal_id: int,
    allowed: Mapping[str, Collection[str]] | None = None,
) -> dict[str, str]:
    """Check the properties of one record that is to be written.

    Parameters
    ----------
    definitions : dict of str to dict
        The object type's definitions.
    given : dict of str to str
        As in the request.
    current : dict of str to str
        The record's values, for multiple checkboxes that are appended to.
    portal_id : int
        Named in the error body.
    allowed : dict of str to collection of str, optional
        The values of properties whose options are kept elsewhere, such as owners.

    Returns
    -------
    dict of str to str
        As HubSpot will keep them; "" clears.

    Raises
    ------
    Refusal
        400, naming every value that does not fit.
    """
    if not isinstance(given, dict):
        raise bad_json("properties must be an object")
    kept, problems = {}, []
    for name, value in given.items():
        try:
            kept[name] = _one(definitions.get(name), name, value, current.get(name, ""))
            _check_elsewhere(kept[name], (allowed or {}).get(name))
        except _BadValueError as bad:
            problems.append(_problem(name, bad, portal_id))
    if problems:
        raise _not_valid(problems)
    return kept


def not_valid(name: str, code: str, message: str, *, portal_id: int) -> Refusal:
    """400: one value does not fit."""
    return _not_valid([_problem(name, _BadValueError(code, message), portal_id)])


def _check_elsewhere(value: str, options: Collection[str] | None) -> None:
    if value and options is not None and value not in options:
        listed = ", ".join(options)
        message = f"{value} was not one of the allowed options: [{listed}]"
        raise _BadValueError("INVALID_OPTION", message)


def _problem(name: str, bad: _BadValueError, portal_id: int) -> dict[str, Any]:
    return {
        "isValid": False,
        "message": str(bad),
        "error": bad.code,
        "name": name,
        "localizedErrorMessage": str(bad),
        "portalId": portal_id,
    }


def _not_valid(problems: list[dict[str, Any]]) -> Refusal:
    errors = [
        {"message": p["message"], "code": p["error"], "context": {"propertyName": [p["name"]]}}
        for p in problems
    ]
    listed = json.dumps(problems, ensure_ascii=False, separators=(",", ":"))
    return invalid(f"Property values were not valid: {listed}", errors=errors)


def _one(definition: dict[str, Any] | None, name: str, value: Any, current: str) -> str:
    if definition is None:
        raise _BadValueError("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if definition["modificationMetadata"]["readOnlyValue"]:
        message = f'"{name}" is a read only property; its value cannot be set.'
        raise _BadValueError("READ_ONLY_VALUE", message)
    text = _text(value)
    if not text:
        return ""
    if definition["type"] == "enumeration":
        return _enumeration(definition, text, current)
    return _email(text) if name == "email" else _CHECKS[definition["type"]](text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    raise _BadValueError("INVALID_VALUE", f"{json.dumps(value)} is not a string.")


def _string(text: str) -> str:
    if len(text) > LONGEST:
        message = f"Value is {len(text)} characters long; at most {LONGEST} are allowed."
        raise _BadValueError("PROPERTY_VALUE_TOO_LONG", message)
    return text


def _number(text: str) -> str:
    if not _NUMBER.match(text):
        raise _BadValueError("INVALID_INTEGER", f"{text} was not a valid number.")
    return text


def _bool(text: str) -> str:
    if text not in {"true", "false"}:
        message = f"{text} was not one of the allowed options: [true, false]"
        raise _BadValueError("INVALID_OPTION", message)
    return text


def _moment(read: Callable[[str], str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        try:
            return read(text)
        except ValueError:
            raise _BadValueError("INVALID_DATE", f"{text} was not a valid date.") from None

    return check


def _email(text: str) -> str:
    if not _EMAIL.match(text.strip()):
        raise _BadValueError("INVALID_EMAIL", f"Email address {text} is invalid")
    return text.strip().lower()


def _enumeration(definition: dict[str, Any], text: str, current: str) -> str:
    if definition["externalOptions"]:
        return _external(text)
    several = definition["fieldType"] == "checkbox"
    chosen = [part for part in text.split(";") if part] if several else [text]
    allowed = [option["value"] for option in definition["options"]]
    for one in chosen:
        if one not in allowed:
            raise _not_an_option(one, definition["options"])
    if not several:
        return text
    # HubSpot API docs, "Properties": a leading semicolon adds to what is there.
    kept = current.split(";") if text.startswith(";") and current else []
    return ";".join(dict.fromkeys([*kept, *chosen]))


def _not_an_option(value: str, options: list[dict[str, Any]]) -> _BadValueError:
    listed = ", ".join(f'label: "{one["label"]}" value: "{one["value"]}"' for one in options)
    message = f"{value} was not one of the allowed options: [{listed}]"
    return _BadValueError("INVALID_OPTION", message)


def _external(text: str) -> str:
    if not _ID.match(text):
        raise _BadValueError("INVALID_OPTION", f"{text} was not one of the allowed options: []")
    return text


_CHECKS: dict[str, Callable[[str], str]] = {
    "string": _string,
    "phone_number": _string,
    "number": _number,
    "bool": _bool,
    "date": _moment(wire_date),
    "datetime": _moment(wire_datetime),
}
