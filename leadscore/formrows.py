"""Rows of a frame -> submissions of a form, each checked before any of them is sent."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from leadscore.addresses import email_of
from leadscore.errors import TableError, UsageError
from leadscore.formconsent import Consent
from leadscore.formfields import Field, as_sent, fields_of, flaw
from leadscore.tablenames import nearest
from leadscore.visibletext import visible

__all__ = ["CONTEXT", "Row", "prepared", "refuse", "table_of"]

#: What a context may hold (HubSpot legacy docs, "Submit data to a form").
CONTEXT = (
    *("hutk", "ipAddress", "pageUri", "pageName", "pageId"),
    *("sfdcCampaignId", "goToWebinarWebinarKey"),
)
_PREFIX = "context."
_HUTK = re.compile(r"[0-9a-f]{32}")
_PAGE = re.compile(r"https?://[^\s/]+", re.IGNORECASE)
_TOLD = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is sent.

    Attributes
    ----------
    label : object
        Of the frame's index.
    body : dict
        Of the request.
    own : str
        What is the row's own, as text: two rows are the same if this is.
    flaws : tuple of str
        What is wrong with it, column by column.
    """

    label: Any
    body: dict[str, Any]
    own: str
    flaws: tuple[str, ...]


def table_of(rows: Any) -> pd.DataFrame:
    """Return one submission, or many, as a frame.

    Raises
    ------
    UsageError
        It is neither a frame nor a dict.
    TableError
        It has no rows, or columns of the same name.
    """
    if isinstance(rows, Mapping):
        return pd.DataFrame([dict(rows)])
    if not isinstance(rows, pd.DataFrame):
        raise UsageError("submit takes a DataFrame, or a dict of one submission.")
    if not len(rows):
        raise TableError("The frame has no rows: there is nothing to submit.")
    if not rows.columns.is_unique:
        twice = str(rows.columns[rows.columns.duplicated()][0])
        raise TableError(f"The frame has the column {visible(twice)!r} twice.", hint="Drop one.")
    return rows


def prepared(
    definition: Mapping[str, Any],
    frame: pd.DataFrame,
    *,
    context: Mapping[str, Any] | None,
    consent: Consent,
    submitted_at: Any,
    now: pd.Timestamp,
) -> list[Row]:
    """Return each row as it is sent, with what is wrong with it.

    Raises
    ------
    TableError
        A column is no field of the form, or a required field has no column.
    UsageError
        The context or ``submitted_at`` cannot be used.
    """
    fields, columns = fields_of(definition), [str(name) for name in frame.columns]
    when = submitted_at if isinstance(submitted_at, str) and submitted_at in columns else None
    asked = [name for name in columns if name not in consent.columns | {when} - {None}]
    keys = [name for name in asked if not name.startswith(_PREFIX)]
    about = [name.removeprefix(_PREFIX) for name in asked if name.startswith(_PREFIX)]
    _check_columns(fields, keys, columns, consent)
    common = _checked_context(context or {}, about)
    at = None if when or submitted_at is None else _checked_moment(submitted_at, now)
    reader = _Reader(fields, keys, about, common, consent, when, at, now)
    values = frame.set_axis(columns, axis="columns")
    records = values.astype(object).to_dict("records")
    return [reader.row(label, one) for label, one in zip(frame.index, records, strict=True)]


@dataclass(frozen=True)
class _Reader:
    fields: Mapping[str, Field]
    keys: Sequence[str]
    about: Sequence[str]
    common: Mapping[str, str]
    consent: Consent
    when: str | None
    at: int | None
    now: pd.Timestamp

    def row(self, label: Any, record: Mapping[Any, Any]) -> Row:
        texts = {key: self._text(key, record[key]) for key in self.keys}
        own = {name: as_sent(record[_PREFIX + name]).strip() for name in self.about}
        context = {**self.common, **{name: text for name, text in own.items() if text}}
        legal, no = self.consent.of(record)
        moment, late = self._moment(record)
        flaws = [
            f"{key!r} {bad}" for key in self.keys if (bad := flaw(self.fields[key], texts[key]))
        ]
        flaws += [f"{_PREFIX + name!r} {bad}" for name, bad in _context_flaws(own)]
        flaws += [f"the person {no}"] if no else []
        flaws += [f"{self.when!r} {late}"] if late else []
        body: dict[str, Any] = {"fields": [self._field(k, t) for k, t in texts.items() if t]}
        body |= {"context": context} if context else {}
        body |= {"legalConsentOptions": legal} if legal else {}
        body |= {"submittedAt": str(moment)} if moment is not None else {}
        said = [body["fields"], own, moment if self.when else None]
        return Row(label, body, json.dumps(said, sort_keys=True), tuple(flaws))

    def _text(self, key: str, value: Any) -> str:
        text = as_sent(value).strip()
        # One person, however the address is written: as where records are written.
        return (email_of(text) or text) if self.fields[key].kind == "email" else text

    def _field(self, key: str, text: str) -> dict[str, str]:
        field = self.fields[key]
        return {"objectTypeId": field.object_type, "name": field.name, "value": text}

    def _moment(self, record: Mapping[Any, Any]) -> tuple[int | None, str]:
        if self.when is None:
            return self.at, ""
        try:
            return _milliseconds(record[self.when], self.now), ""
        except ValueError as error:
            return None, str(error)


def refuse(rows: Sequence[Row]) -> None:
    """Refuse rows that something is wrong with, the first of them by name.

    Raises
    ------
    TableError
    """
    bad = [row for row in rows if row.flaws]
    if not bad:
        return
    told = [f"row {visible(row.label, limit=40)}: {flaw}" for row in bad for flaw in row.flaws]
    more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    raise TableError(
        f"{len(bad):,} of {len(rows):,} rows cannot be submitted: {'; '.join(told[:_TOLD])}{more}.",
        hint='Nothing was sent. Correct them, or pass over them: invalid="skip" (--skip-invalid).',
    )


# --------------------------------------------------------------------------- columns


def _check_columns(
    fields: Mapping[str, Field], keys: Sequence[str], columns: Sequence[str], consent: Consent
) -> None:
    if strange := [key for key in keys if key not in fields]:
        near = nearest(strange[0], fields)
        raise TableError(
            f"The form has no field {visible(strange[0], limit=80)!r}.",
            hint=f"Did you mean {near!r}?" if near else f"Its fields: {', '.join(fields)}.",
        )
    needed = [key for key, one in fields.items() if one.required and not one.depends_on]
    if missing := [key for key in needed if key not in keys]:
        raise TableError(
            f"The form requires {missing[0]!r}, and there is no such column.",
            hint=f"It requires: {', '.join(needed)}.",
        )
    if absent := sorted(consent.columns - set(columns)):
        raise TableError(
            f"There is no column {visible(absent[0], limit=80)!r} that says who consents.",
            hint="Name a column of yes and no, or give consent=True.",
        )


# --------------------------------------------------------------------------- around the fields


def _checked_context(given: Mapping[str, Any], columns: Sequence[str]) -> dict[str, str]:
    if strange := [name for name in [*given, *columns] if name not in CONTEXT]:
        raise UsageError(
            f"A context has no {visible(strange[0], limit=80)!r}.",
            hint=f"It may have: {', '.join(CONTEXT)}.",
        )
    texts = {name: as_sent(value).strip() for name, value in given.items()}
    for name, bad in _context_flaws(texts):
        raise UsageError(f"The context's {name!r} {bad}.")
    return {name: text for name, text in texts.items() if text}


def _context_flaws(context: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in context.items():
        shown = visible(text, limit=60)
        if text and name == "hutk" and not _HUTK.fullmatch(text):
            yield name, "is no tracking cookie: 32 letters and digits of its value are"
        elif text and name == "ipAddress" and not _is_address(text):
            yield name, f"is no IP address: {shown!r}"
        elif text and name == "pageUri" and not _PAGE.match(text):
            yield name, f"is no address of a page: {shown!r}"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _checked_moment(given: Any, now: pd.Timestamp) -> int:
    try:
        found = _milliseconds(given, now)
    except ValueError as error:
        raise UsageError(
            f"submitted_at {error}.", hint="Give a time, or the name of a column of times."
        ) from None
    if found is None:
        raise UsageError("submitted_at is missing.", hint="Leave it out: HubSpot takes the time.")
    return found


def _milliseconds(value: Any, now: pd.Timestamp) -> int | None:
    """Return a moment in milliseconds; one without a zone is in UTC, a number is milliseconds."""
    if value is None or (not pd.api.types.is_list_like(value) and pd.isna(value)) or value == "":
        return None
    number = pd.api.types.is_number(value) or (isinstance(value, str) and value.isdecimal())
    try:
        found = pd.Timestamp(int(value), unit="ms") if number else pd.Timestamp(value)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"is no time: {visible(value, limit=40)!r}") from None
    at = found.tz_localize("UTC") if found.tzinfo is None else found.tz_convert("UTC")
    if at > now:
        raise ValueError("is in the future")
    if at < now - pd.DateOffset(months=1):
        raise ValueError("is more than a month ago, and HubSpot takes no older ones")
    return at.value // 1_000_000 if at.unit == "ns" else int(at.timestamp() * 1000)
