"""What is refused of a form submission, in HubSpot's words for it.

The kinds of errors are those of HubSpot's legacy docs, "Submit data to a form", and of public
code that handles them; the words of REQUIRED_FIELD and INVALID_EMAIL are seen, others assumed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.formdefinitions import Form, fields_of
from leadscore.sandbox.moments import to_ms
from leadscore.sandbox.replies import bad_json, unserved
from leadscore.sandbox.values import LONGEST

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = ["MOST_FIELDS", "OLDEST", "Problem", "fields_in", "problems"]

MOST_FIELDS, OLDEST = 1_000, 31 * 86_400_000
CONTACT = "0-1"
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s.,;<>\"]{2,}\Z")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)\Z", re.ASCII)
_HUTK = re.compile(r"[0-9a-f]{32}\Z")
_PAGE = re.compile(r"https?://[^\s/]+", re.IGNORECASE)

Problem = dict[str, str]
Fields = dict[str, str]


def _problem(kind: str, message: str) -> Problem:
    return {"message": message, "errorType": kind}


def _of_field(kind: str, name: str, message: str) -> Problem:
    return _problem(kind, f"Error in 'fields.{name}'. {message}")


def fields_in(body: Mapping[str, Any]) -> Fields:
    """Return the values that were submitted, by name; the last one of a name counts.

    Raises
    ------
    Refusal
        400: the fields have another shape; 501: they are not a contact's.
    """
    found = body.get("fields")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise bad_json("fields must be a list of objects")
    for one in found:
        if not isinstance(one.get("name"), str):
            raise bad_json("every field needs a name")
        if one.get("objectTypeId", CONTACT) != CONTACT:
            raise unserved("form fields of other objects than contacts")
    return {one["name"]: _text(one.get("value")) for one in found}


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise bad_json("the value of a field must be a string")
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def problems(
    portal: Portal, form: Form, body: Mapping[str, Any], fields: Fields, *, strict: bool
) -> list[Problem]:
    """Return all that is wrong with a submission.

    Parameters
    ----------
    portal : Portal
    form : dict
    body : dict
        As it was sent.
    fields : dict of str to str
        From `fields_in`.
    strict : bool
        Fields must be in the form's definition; with a token any property of contacts will do.
    """
    if len(body["fields"]) > MOST_FIELDS:
        message = f"A submission has at most {MOST_FIELDS} fields."
        return [_problem("MAX_NUMBER_OF_SUBMITTED_VALUES_EXCEEDED", message)]
    if form["configuration"]["recaptchaEnabled"] is True:
        return [_problem("FORM_HAS_RECAPTCHA_ENABLED", "The form has a CAPTCHA.")]
    defined = {one["name"]: one for one in fields_of(form) if one["objectTypeId"] == CONTACT}
    own = portal.collection("contacts").definitions.active
    known = defined.keys() if strict else defined.keys() | own.keys()
    found = [
        _of_field("FIELD_NOT_IN_FORM_DEFINITION", name, "It is not a field of the form")
        for name in fields
        if name not in known
    ]
    if body.get("skipValidation") is not True:
        found += _required(defined, fields)
        found += [
            bad for name, text in fields.items() for bad in _value(defined.get(name), name, text)
        ]
    return [*found, *_about(portal, body), *_consent(form, body.get("legalConsentOptions"))]


# --------------------------------------------------------------------------- values


def _required(defined: Mapping[str, Mapping[str, Any]], fields: Fields) -> Iterator[Problem]:
    for name, field in defined.items():
        if field["required"] is True and not fields.get(name, "").strip():
            yield _of_field("REQUIRED_FIELD", name, f"Required field '{name}' is missing")


def _value(field: Mapping[str, Any] | None, name: str, text: str) -> Iterator[Problem]:
    if not text:
        return
    kind = (field or {}).get("fieldType", "email" if name == "email" else "")
    if len(text) > LONGEST:
        yield _of_field("INPUT_TOO_LARGE", name, f"At most {LONGEST} characters are taken")
    elif kind == "email":
        yield from _email(field or {}, name, text)
    elif kind == "number":
        yield from _number(field or {}, name, text)
    elif field and field.get("options"):
        allowed = {one.get("value") for one in field["options"]}
        if not set(text.split(";") if kind == "multiple_checkboxes" else [text]) <= allowed:
            yield _of_field("VALUE_NOT_IN_FIELD_DEFINITION", name, f"{text} is not an option")


def _email(field: Mapping[str, Any], name: str, text: str) -> Iterator[Problem]:
    blocked = (field.get("validation") or {}).get("blockedEmailDomains") or []
    if not _EMAIL.match(text.strip()):
        yield _of_field("INVALID_EMAIL", name, "Invalid email address")
    elif text.strip().rpartition("@")[2].lower() in blocked:
        yield _of_field("BLOCKED_EMAIL", name, "Email addresses of this domain are not taken")


def _number(field: Mapping[str, Any], name: str, text: str) -> Iterator[Problem]:
    bounds = field.get("validation") or {}
    digits = sum(one.isdigit() for one in text)
    if not _NUMBER.match(text):
        yield _of_field("INVALID_NUMBER", name, f"{text} is not a number")
    elif not _within(digits, bounds.get("minAllowedDigits"), bounds.get("maxAllowedDigits")):
        yield _of_field("NUMBER_OUT_OF_RANGE", name, f"{text} is out of range")


def _within(number: int, low: Any, high: Any) -> bool:
    return (not low or number >= low) and (not high or number <= high)


# --------------------------------------------------------------------------- around them


def _about(portal: Portal, body: Mapping[str, Any]) -> Iterator[Problem]:
    at, context = body.get("submittedAt"), body.get("context") or {}
    if at is not None and not _in_window(at, portal.now_ms):
        message = "submittedAt must be a time of the last month, in milliseconds"
        yield _problem("INVALID_METADATA", f"Error in 'submittedAt'. {message}")
    if not isinstance(context, dict):
        yield _problem("INVALID_METADATA", "Error in 'context'. It must be an object")
        return
    if context.get("hutk") is not None and not _HUTK.match(str(context["hutk"])):
        yield _problem("INVALID_HUTK", "Error in 'context.hutk'. Invalid hutk")
    if context.get("ipAddress") is not None and not _is_address(str(context["ipAddress"])):
        yield _problem("INVALID_IP_ADDRESS", "Error in 'context.ipAddress'. Invalid IP address")
    if context.get("pageUri") and not _PAGE.match(str(context["pageUri"])):
        yield _problem("INVALID_PAGE_URI", "Error in 'context.pageUri'. Invalid page URI")


def _in_window(at: Any, now: int) -> bool:
    try:
        return now - OLDEST <= to_ms(str(at)) <= now
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _consent(form: Form, given: Any) -> Iterator[Problem]:
    needed = form["legalConsentOptions"]["type"] == "explicit_consent_to_process"
    options = given if isinstance(given, dict) else {}
    consent, interest = options.get("consent"), options.get("legitimateInterest")
    if (given is not None and not isinstance(given, dict)) or (consent and interest):
        message = "Error in 'legalConsentOptions'. Give either consent or legitimateInterest"
        yield _problem("INVALID_LEGAL_OPTION_FORMAT", message)
        return
    if isinstance(interest, dict) and not interest.get("legalText", interest.get("text")):
        yield _problem("MISSING_LEGITIMATE_INTEREST_TEXT", "The text of the interest is missing")
    if isinstance(consent, dict):
        yield from _consented(consent)
    elif needed:
        yield _problem("MISSING_PROCESSING_CONSENT", "Consent to process is missing")


def _consented(consent: Mapping[str, Any]) -> Iterator[Problem]:
    if consent.get("consentToProcess") is not True:
        yield _problem("MISSING_PROCESSING_CONSENT", "Consent to process is missing")
    if not consent.get("text"):
        yield _problem("MISSING_PROCESSING_CONSENT_TEXT", "The text of the consent is missing")
    listed = consent.get("communications") or []
    if any(not one.get("text") for one in listed):
        yield _problem("MISSING_COMMUNICATION_CONSENT_TEXT", "The text of a consent is missing")
    ids = [one.get("subscriptionTypeId") for one in listed]
    if len(set(ids)) < len(ids):
        yield _problem("DUPLICATE_SUBSCRIPTION_TYPE_ID", "A subscription type is given twice")
