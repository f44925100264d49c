"""What a submission says about consent, in the words of the form that the person saw.

HubSpot API docs, "Forms", and legacy docs, "Submit data to a form" (``legalConsentOptions``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadscore.errors import UsageError
from leadscore.truths import is_told, read_truth
from leadscore.visibletext import visible

__all__ = ["Consent", "Given"]

#: ``True``, the name of a column of yes and no, or HubSpot's own object.
Given = bool | str | Mapping[str, Any] | None

_NEEDED = "explicit_consent_to_process"
_UNREAD = "neither consents to process nor refuses: it is no yes or no"
_OWN = ("consent", "legitimateInterest")


class Consent:
    """Who consents to what, row by row.

    Parameters
    ----------
    definition : mapping
        The form's.
    given : bool, str, mapping or None
        As `leadscore.forms.submit` takes it.

    Raises
    ------
    UsageError
        The form asks for consent and none is given, or what is given fits nothing.
    """

    def __init__(self, definition: Mapping[str, Any], given: Given) -> None:
        self._options = definition.get("legalConsentOptions") or {}
        own = isinstance(given, Mapping) and bool(set(given) & set(_OWN))
        parts: Mapping[str, Any] = given if isinstance(given, Mapping) else {"process": given}
        self._whole = dict(parts) if own else None
        self._process = parts.get("process")
        self._communications = dict(parts.get("communications") or {})
        if self._whole is None:
            self._check(parts)

    def _check(self, parts: Mapping[str, Any]) -> None:
        if strange := set(parts) - {"process", "communications"}:
            raise UsageError(
                f"consent has no {visible(min(map(str, strange)))!r}.",
                hint='Give {"process": …, "communications": {…}}, or HubSpot\'s own object.',
            )
        if _is_no(self._process):
            raise UsageError(
                "consent says that nobody consents to process, so nothing is submitted.",
                hint="Name the column that says who does, or leave consent out where none is due.",
            )
        if self._needed and self._process is None:
            raise UsageError(
                "The form asks for consent to process, and none is given.",
                hint="Give consent=True, or the column that says who consents: consent=COLUMN.",
            )
        if self._process is not None and not self._text:
            raise UsageError(
                "The form has no text that a person could have consented to.",
                hint='Give HubSpot\'s own object: consent={"consent": {…}}.',
            )
        if strange_ids := set(map(str, self._communications)) - set(self._boxes):
            raise UsageError(
                f"The form asks for no consent to communications {min(strange_ids)}.",
                hint=f"It asks for: {', '.join(self._boxes) or 'none'}.",
            )

    @property
    def _needed(self) -> bool:
        return self._options.get("type") == _NEEDED

    @property
    def _text(self) -> str:
        names = ("consentToProcessCheckboxLabel", "consentToProcessText", "privacyText")
        return next((str(self._options[name]) for name in names if self._options.get(name)), "")

    @property
    def _boxes(self) -> dict[str, str]:
        found = self._options.get("communicationsCheckboxes") or []
        return {str(one.get("subscriptionTypeId")): str(one.get("label") or "") for one in found}

    @property
    def columns(self) -> set[str]:
        """The columns that say who consents to what."""
        named = [self._process, *self._communications.values()]
        return {one for one in named if isinstance(one, str)}

    def of(self, row: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str]:
        """Return ``legalConsentOptions`` for a row, and what is wrong with it."""
        if self._whole is not None:
            return self._whole, ""
        if self._process is None:
            return None, ""
        agreed = _says(self._process, row)
        if not agreed:
            unread = agreed is None and is_told(row.get(self._process))
            return None, _UNREAD if unread else "does not consent to process"
        told = [
            {
                "value": _says(one, row) is True,
                "subscriptionTypeId": int(key),
                "text": self._boxes[str(key)],
            }
            for key, one in self._communications.items()
        ]
        consent = {"consentToProcess": True, "text": self._text, "communications": told}
        return {"consent": consent}, ""


def _is_no(given: Any) -> bool:
    return given is not None and not isinstance(given, str) and read_truth(given) is not True


def _says(source: Any, row: Mapping[str, Any]) -> bool | None:
    return read_truth(row.get(source) if isinstance(source, str) else source)
