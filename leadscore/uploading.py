"""A report in HubSpot: in the file manager, and on the record that it is about."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadscore.attaching import attach_notes, remove_notes
from leadscore.errors import (
    AmbiguousError,
    BadReplyError,
    HubSpotError,
    InvalidRequestError,
    SettingsError,
    UsageError,
)
from leadscore.hubspot.files import delete_file, upload_file
from leadscore.hubspot.permissions import require
from leadscore.hubspot.reading import read_values
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Uploaded", "take_back", "upload"]

_KINDS = ("contacts", "companies", "deals")


@dataclass(frozen=True)
class Uploaded:
    """A file in HubSpot's file manager, and the note that it is attached to.

    Attributes
    ----------
    file_id, name, path, url : str
        As HubSpot names them; who follows the URL must be signed in.
    note_id, record : str or None
        The note, and the record that it stands on ("contacts:ID").
    """

    file_id: str
    name: str
    path: str
    url: str
    note_id: str | None = None
    record: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        told = {"file": self.file_id, "path": self.path, "url": self.url}
        return told | ({"note": self.note_id, "record": self.record} if self.note_id else {})


def upload(
    portal: Portal,
    path: str | Path,
    *,
    folder: str = "/leadscore",
    note_on: str | None = None,
) -> Uploaded:
    """Put a report into HubSpot's file manager, and attach it to a note where asked.

    The file is private: only signed-in users of the portal see it. It gets a name that no other
    file has, so that a lost reply can be looked up before anything is sent again. Everything that
    can be wrong is found before anything is sent: the file, the scopes, the record.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``files``, and for a note those of contacts (read, write) and of
        the record's type.
    path : str or Path
        The file: a report that `write_portal`, `write_run` or `write_model` wrote.
    folder : str, default "/leadscore"
        The file manager's folder, made when missing.
    note_on : str, optional
        The record that gets a note with the file: "contacts:ID", "companies:ID" or "deals:ID".

    Returns
    -------
    Uploaded
        Its ids; `take_back` deletes both again.

    Raises
    ------
    SettingsError
        The file cannot be read.
    UsageError
        ``folder`` or ``note_on`` cannot be used, or there is no such record.
    MissingScopesError
        The token lacks a scope; nothing was sent.
    HubSpotError
        HubSpot refuses, or does not answer. If the note fails, the file is deleted again.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> page = Path(tempfile.mkdtemp()) / "page.html"
    >>> _ = page.write_text("<p>Hello</p>")
    >>> with ls.open_sandbox(contacts=5) as sandbox, ls.connect(sandbox) as portal:
    ...     done = ls.report.upload(portal, page)
    ...     ls.report.take_back(portal, done)
    ['file']
    """
    file = _readable(Path(path))
    target = _checked_folder(folder)
    record = None if note_on is None else _record(note_on)
    _check_portal(portal, record)
    made = upload_file(portal, file, folder=target, name=_name(file))
    done = Uploaded(
        str(made["id"]), str(made.get("name")), str(made.get("path")), str(made.get("url"))
    )
    if record is None:
        return done
    try:
        note = _note(portal, done, record, file.name)
    except (AmbiguousError, BadReplyError):
        raise  # the note may be there: the file must stay
    except HubSpotError:
        delete_file(portal, done.file_id)
        raise
    return Uploaded(done.file_id, done.name, done.path, done.url, note, ":".join(record))


def take_back(portal: Portal, uploaded: Uploaded) -> list[str]:
    """Delete an uploaded report's note and file again; return what was still there.

    The note is archived, which can be restored for 90 days. A folder that was made stays, and so
    does whatever somebody has downloaded.
    """
    gone = ["note"] if uploaded.note_id and remove_notes(portal, [uploaded.note_id]) else []
    return [*gone, *(["file"] if delete_file(portal, uploaded.file_id) else [])]


def _readable(path: Path) -> Path:
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise SettingsError(
            f"The file {path} cannot be read: {error.strerror}.", hint="Write the report first."
        ) from None


def _checked_folder(folder: str) -> str:
    if not re.fullmatch(r"(/[\w .-]+)+", folder) or ".." in folder:
        raise UsageError(
            f"{visible(folder)!r} is no folder of the file manager.", hint='Write "/leadscore".'
        )
    return folder


def _record(note_on: str) -> tuple[str, str]:
    kind, _, number = note_on.partition(":")
    if kind not in _KINDS or not (number.isascii() and number.isdigit()):
        raise UsageError(
            f"{visible(note_on)!r} is no record that a note can stand on.",
            hint='Write "contacts:ID", "companies:ID" or "deals:ID".',
        )
    return kind, number


def _check_portal(portal: Portal, record: tuple[str, str] | None) -> None:
    if record is None:
        require(("files",), portal.scopes)
        return
    kind, number = record
    require(("files", "notes"), portal.scopes, objects=(kind,))
    if number not in read_values(portal, kind, [number], ["hs_object_id"]):
        raise UsageError(
            f"The portal has no {kind} with the id {number}.", hint="Nothing was uploaded."
        )


def _name(path: Path) -> str:
    """Return a name that no other file has, of letters that every portal takes."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", path.stem).strip("-")[:80] or "report"
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    ending = re.sub(r"[^a-z0-9]", "", path.suffix.lower()) or "html"
    return f"{stem}-{moment}-{secrets.token_hex(3)}.{ending}"


def _note(portal: Portal, done: Uploaded, record: tuple[str, str], name: str) -> str:
    kind, number = record
    text = f"Report by leadscore: {visible(name, limit=120)}"
    ((made,),) = attach_notes(portal, kind, [number], done.file_id, text=text)
    if made.state == "rejected":
        raise InvalidRequestError(
            f"HubSpot refused the note: {made.reason}", hint="Upload without it."
        )
    if made.state == "unknown":
        raise AmbiguousError(
            "The note was made, but the record does not show it yet.",
            hint=f"Look at {kind} {number}: the file {done.file_id} is attached to it.",
        )
    return made.note
