"""Send submissions one by one, each on record before it leaves and after its reply."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

from leadscore.bars import tqdm
from leadscore.errors import AmbiguousError, BadReplyError, HubSpotError
from leadscore.formrows import Row
from leadscore.hubspot.ahead import several
from leadscore.hubspot.formcalls import FieldError, send_submission
from leadscore.submissionrecords import ACTION
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.ledger import Ledger

__all__ = ["Outcome", "send"]

# More would not be faster: the pace allows five to twenty a second.
_WORKERS = 4
_WORDS = {
    "REQUIRED_FIELD": "is required, and is missing",
    "INVALID_EMAIL": "is no e-mail address",
    "BLOCKED_EMAIL": "is an address of a domain that the form does not take",
    "FIELD_NOT_IN_FORM_DEFINITION": "is no field of the form",
    "VALUE_NOT_IN_FIELD_DEFINITION": "is none of the field's options",
    "INVALID_NUMBER": "is no number",
    "NUMBER_OUT_OF_RANGE": "is out of the field's range",
    "INPUT_TOO_LARGE": "is too long",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row.

    Attributes
    ----------
    state : {"submitted", "rejected", "unknown"}
    reason : str
    """

    state: str
    reason: str = ""


def send(
    portal: Portal,
    ledger: Ledger,
    run: str,
    form: str,
    rows: Sequence[tuple[int, str, Row]],
    *,
    secure: bool,
    progress: bool,
) -> Iterator[tuple[int, Outcome]]:
    """Send rows, and yield what became of each, by its place in the frame.

    Parameters
    ----------
    rows : sequence of tuple
        Place in the frame, digest, and the row.

    Raises
    ------
    HubSpotError
        HubSpot takes none of them (a scope is missing, the day's limit is used up): what was not
        sent is on record as not sent.
    """
    sender = _Sender(portal, ledger, run, form, secure, Event())
    with tqdm(
        total=len(rows), unit="row", desc="Submitting", disable=not (progress and rows)
    ) as bar:
        for place, outcome in several(sender, rows, workers=_WORKERS):
            bar.update()
            yield place, outcome


@dataclass(frozen=True)
class _Sender:
    portal: Portal
    ledger: Ledger
    run: str
    form: str
    secure: bool
    stopped: Event

    def __call__(self, one: tuple[int, str, Row]) -> tuple[int, Outcome]:
        place, digest, row = one
        if self.stopped.is_set():
            return place, Outcome("rejected", "was not sent")
        self._intend(digest, place)
        try:
            wrong = send_submission(self.portal, self.form, row.body, secure=self.secure)
        except (AmbiguousError, BadReplyError) as error:
            return place, Outcome("unknown", f"{error.message} It is not sent again unless asked.")
        except HubSpotError as error:
            self.stopped.set()
            self._ended(digest, "rejected", f"not taken: {error.kind}")
            raise
        if wrong:
            self._ended(digest, "rejected", _kinds(wrong))
            return place, Outcome("rejected", "; ".join(map(_readable, wrong)))
        self._ended(digest, "written", "")
        return place, Outcome("submitted")

    def _intend(self, digest: str, place: int) -> None:
        row = {"object_id": digest, "old": {}, "new": {"row": str(place)}}
        self.ledger.journal_intent(self.run, [row], action=ACTION, names=("row",))

    def _ended(self, digest: str, state: str, reason: str) -> None:
        row: Mapping[str, Any] = {"object_id": digest, "state": state, "reason": reason}
        self.ledger.journal_outcome(self.run, [row], action=ACTION)


def _kinds(wrong: Sequence[FieldError]) -> str:
    """Return what is wrong for the ledger: HubSpot's words may quote what is in the row."""
    named: Callable[[FieldError], str] = lambda one: f"{one.kind} {one.field}".strip()  # noqa: E731
    return visible("; ".join(map(named, wrong)))


def _readable(wrong: FieldError) -> str:
    if wrong.field and wrong.kind in _WORDS:
        return f"{visible(wrong.field)!r} {_WORDS[wrong.kind]}"
    return visible(wrong.message) or visible(wrong.kind)
