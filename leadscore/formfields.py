"""A form's definition: its fields, and what is wrong with a value for one of them.

HubSpot API docs, "Forms". What is checked here HubSpot checks too; here it is before anything is
sent, and with the row's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from leadscore.addresses import is_email
from leadscore.tablenames import nearest
from leadscore.visibletext import visible

__all__ = ["CONTACT", "LONGEST", "Field", "as_sent", "fields_frame", "fields_of", "flaw"]

CONTACT = "0-1"
LONGEST = 65_536  # HubSpot API docs, "Properties": characters of a text
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_SHOWN = 6  # options that a message lists


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    Attributes
    ----------
    key : str
        What a column is called: the property's name, and before it the object type's id where that
        is not the contact's ("0-2/name").
    name, object_type : str
        The property, and the id of its object type.
    label, kind : str
        What people see, and HubSpot's ``fieldType``.
    required, hidden : bool
    options : dict of str to str
        Value to label; empty where anything goes.
    blocked : tuple of str
        Domains of e-mail addresses that the form does not take.
    depends_on : str
        The key of the field whose answer decides whether this one is asked; else empty.
    """

    key: str
    name: str
    object_type: str
    label: str
    kind: str
    required: bool
    hidden: bool
    options: Mapping[str, str]
    blocked: tuple[str, ...]
    depends_on: str


def fields_of(definition: Mapping[str, Any]) -> dict[str, Field]:
    """Return a form's fields by key, those that depend on others behind them."""
    groups = definition.get("fieldGroups") or []
    own = [field for group in groups for field in group.get("fields") or []]
    return {field.key: field for one in own for field in _with_dependents(one, "")}


def _with_dependents(one: Mapping[str, Any], parent: str) -> Iterator[Field]:
    field = _field(one, parent)
    yield field
    for each in one.get("dependentFields") or []:
        if isinstance(each.get("dependentField"), Mapping):
            yield from _with_dependents(each["dependentField"], field.key)


def _field(one: Mapping[str, Any], parent: str) -> Field:
    name, kind = str(one["name"]), str(one.get("objectTypeId") or CONTACT)
    options = one.get("options") or []
    return Field(
        key=name if kind == CONTACT else f"{kind}/{name}",
        name=name,
        object_type=kind,
        label=str(one.get("label") or name),
        kind=str(one.get("fieldType") or ""),
        required=one.get("required") is True,
        hidden=one.get("hidden") is True,
        options={str(each.get("value")): str(each.get("label")) for each in options},
        blocked=tuple((one.get("validation") or {}).get("blockedEmailDomains") or ()),
        depends_on=parent,
    )


def fields_frame(fields: Mapping[str, Field]) -> pd.DataFrame:
    """Return fields as a tidy frame, one row each; see `leadscore.forms.read`."""
    rows = [
        (f.key, f.label, f.kind, f.required, f.hidden, list(f.options), f.object_type, f.depends_on)
        for f in fields.values()
    ]
    names = ["name", "label", "type", "required", "hidden", "options", "objectTypeId", "depends_on"]
    frame = pd.DataFrame(rows, columns=names)
    texts = dict.fromkeys(("name", "label", "type", "objectTypeId", "depends_on"), "str")
    return frame.astype(texts | {"required": "bool", "hidden": "bool"})


# --------------------------------------------------------------------------- values


def as_sent(value: Any) -> str:
    """Return a value as a form takes it; empty for what is missing.

    Examples
    --------
    >>> [as_sent(v) for v in (True, 3.0, None, float("nan"), ["a", "b"], date(2026, 11, 30))]
    ['true', '3', '', '', 'a;b', '2026-11-30']
    """
    if isinstance(value, str):
        return value
    if pd.api.types.is_list_like(value):
        return ";".join(map(as_sent, value))
    if value is None or pd.isna(value):
        return ""
    if pd.api.types.is_bool(value):
        return str(bool(value)).lower()
    if pd.api.types.is_float(value) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return _moment(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _moment(value: datetime) -> str:
    """Return a day where it is midnight without a zone, else the moment in UTC."""
    moment = pd.Timestamp(value)
    if moment.tzinfo is None and moment == moment.normalize():
        return moment.strftime("%Y-%m-%d")
    moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def flaw(field: Field, text: str) -> str:
    """Return what is wrong with a value, as the end of a sentence; empty where nothing is.

    Examples
    --------
    >>> size = Field("size", "size", "0-1", "Size", "dropdown", True, False, {"s": "Small"}, (), "")
    >>> flaw(size, ""), flaw(size, "s")
    ('is required, and is missing', '')
    >>> flaw(size, "Small")
    "has no option 'Small'; that label stands for 's'"
    """
    if not text.strip():
        return "is required, and is missing" if field.required and not field.depends_on else ""
    if len(text) > LONGEST:
        return f"has {len(text):,} characters, and at most {LONGEST:,} are taken"
    if field.kind == "email":
        return _email_flaw(field, text.strip())
    if field.kind == "number" and not _NUMBER.fullmatch(text.strip()):
        return f"is to be a number, and is {visible(text, limit=40)!r}"
    if field.kind == "single_checkbox" and text not in (field.options or ("true", "false")):
        return f"is to be true or false, and is {visible(text, limit=40)!r}"
    return _option_flaw(field, text) if field.options else ""


def _email_flaw(field: Field, text: str) -> str:
    if not is_email(text):
        return f"is no e-mail address: {visible(text, limit=60)!r}"
    domain = text.rpartition("@")[2].lower()
    return f"does not take addresses of {domain}" if domain in field.blocked else ""


def _option_flaw(field: Field, text: str) -> str:
    many = field.kind == "multiple_checkboxes"
    given = text.split(";") if many else [text]
    strange = next((one for one in given if one not in field.options), None)
    if strange is None:
        return ""
    return f"has no option {visible(strange, limit=60)!r}; {_instead(field.options, strange)}"


def _instead(options: Mapping[str, str], strange: str) -> str:
    by_label = {label: value for value, label in options.items()}
    if strange in by_label:
        return f"that label stands for {by_label[strange]!r}"
    if near := nearest(strange, options):
        return f"did you mean {near!r}?"
    return f"there is {_listed(list(options))}"


def _listed(names: Sequence[str]) -> str:
    told = ", ".join(repr(visible(name, limit=40)) for name in names[:_SHOWN])
    return told + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
