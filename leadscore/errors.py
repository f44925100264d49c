"""Every error that leadscore raises on purpose; each says what to do next.

::

    LeadscoreError                  exit code 1
    ├── UsageError                  an option or argument does not fit
    ├── SettingsError               token, workspace or another setting
    ├── TableError                  a CSV file or DataFrame that cannot be used
    ├── DataError                   the store holds too little, or nothing of the sort
    ├── ModelError                  a model that does not fit the data, or cannot be loaded
    ├── StoreError                  the local copy
    │   └── BusyError               another run holds it (exit code 75)
    ├── PlanError                   a plan that cannot be applied
    │   └── GuardError              a guard blocks the write (exit code 4)
    ├── SandboxError                the portal on this machine
    │   └── SandboxBusyError        another one has its file (exit code 75)
    ├── NotebookError               a notebook did not come to its end (the exit code of its error)
    └── HubSpotError                HubSpot said no, or nothing, or nonsense
        ├── AuthenticationError     401: the token is wrong, expired or revoked
        ├── MissingScopesError      403: the token lacks a scope
        ├── NotFoundError           404
        ├── InvalidRequestError     400, 409, 414 and other refusals
        ├── BadReplyError           a reply that cannot be believed
        ├── UnreachableError        no reply within the deadline
        │   └── AmbiguousError      so nobody knows whether the write was done
        └── LimitReachedError       the daily limit or a portal migration (exit code 75)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

__all__ = [
    "AmbiguousError",
    "AuthenticationError",
    "BadReplyError",
    "BusyError",
    "DataError",
    "GuardError",
    "HubSpotError",
    "InvalidRequestError",
    "LeadscoreError",
    "LimitReachedError",
    "MissingScopesError",
    "ModelError",
    "NotFoundError",
    "NotebookError",
    "PlanError",
    "SandboxBusyError",
    "SandboxError",
    "SettingsError",
    "StoreError",
    "TableError",
    "UnreachableError",
    "UsageError",
]


class LeadscoreError(Exception):
    """The root of all errors that leadscore raises on purpose.

    Parameters
    ----------
    message : str
        One sentence: what was wrong, with what.
    hint : str, optional
        One sentence: what to do next.
    """

    exit_code: int = 1
    kind: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return {"kind": self.kind, "message": self.message, "hint": self.hint}


class UsageError(LeadscoreError):
    """An option or argument does not fit."""

    kind = "usage"


class SettingsError(LeadscoreError):
    """A setting is missing or cannot be used: token, workspace, base URL."""

    kind = "settings"


class TableError(LeadscoreError):
    """A CSV file or DataFrame cannot be used as a table of leads."""

    kind = "table"


class DataError(LeadscoreError):
    """The data at hand cannot answer the question."""

    kind = "data"


class ModelError(LeadscoreError):
    """A model does not fit the data, or its file cannot be loaded."""

    kind = "model"


class StoreError(LeadscoreError):
    """The local copy cannot be read or written."""

    kind = "store"


class BusyError(StoreError):
    """Another run holds the workspace; try again when it has ended."""

    kind = "busy"
    exit_code = 75


class PlanError(LeadscoreError):
    """A plan cannot be applied: edited, expired, or of another portal."""

    kind = "plan"


class GuardError(PlanError):
    """A guard blocks the write.

    Parameters
    ----------
    message, hint : str
        As for `LeadscoreError`.
    guards : list of str
        The names of the guards that block.
    """

    kind = "guard"
    exit_code = 4

    def __init__(self, message: str, *, hint: str = "", guards: list[str] | None = None) -> None:
        super().__init__(message, hint=hint)
        self.guards = list(guards or [])

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON, with the guards' names."""
        return super().as_dict() | {"guards": self.guards}


class SandboxError(LeadscoreError):
    """The portal on this machine cannot start or go on."""

    kind = "sandbox"


class SandboxBusyError(SandboxError):
    """Another sandbox has the file of a portal open; try again when it has ended."""

    kind = "sandbox_busy"
    exit_code = 75


class NotebookError(LeadscoreError):
    """A notebook that was run did not come to its end; what it did is on record.

    Parameters
    ----------
    message, hint : str
        As for `LeadscoreError`.
    told : mapping, optional
        What the command line prints of the error in the cell, ``kind`` and ``guards`` among it.
    exit_code : int
        That of the error in the cell.
    facts : mapping, optional
        The same as of a notebook that came to its end: notebook, status, run, output, counts.
    """

    kind = "notebook"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        told: Mapping[str, Any] | None = None,
        exit_code: int = 1,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.told, self.exit_code, self.facts = dict(told or {}), exit_code, dict(facts or {})

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON: the cell's error, and which run it was."""
        own = {"message": self.message, "hint": self.hint}
        return {**super().as_dict(), **self.told, **own, **self.facts}


class HubSpotError(LeadscoreError):
    """HubSpot refused a call, did not answer, or answered nonsense.

    Parameters
    ----------
    message, hint : str
        As for `LeadscoreError`.
    status : int, optional
        The HTTP status; 0 when there was no reply.
    category, correlation_id : str, optional
        As in HubSpot's error body; quote the id to HubSpot's support.
    """

    kind = "hubspot"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int = 0,
        category: str = "",
        correlation_id: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.category = category
        self.correlation_id = correlation_id


class AuthenticationError(HubSpotError):
    """The token is wrong, expired or revoked (401)."""

    kind = "authentication"


class MissingScopesError(HubSpotError):
    """The token lacks a scope (403)."""

    kind = "missing_scopes"


class NotFoundError(HubSpotError):
    """The portal has no such thing (404)."""

    kind = "not_found"


class InvalidRequestError(HubSpotError):
    """HubSpot refused the request as it stands (400, 409, 414)."""

    kind = "invalid_request"


class BadReplyError(HubSpotError):
    """A reply that is not what HubSpot documents: never read as "no data"."""

    kind = "bad_reply"


class UnreachableError(HubSpotError):
    """No complete reply within the deadline."""

    kind = "unreachable"


class AmbiguousError(UnreachableError):
    """The reply to a write is missing, cut or a server's error: it may have been done or not.

    It was not sent again. Read back what it was to change; send it again only if that is not so.
    (A whole reply to a write that says nothing is a `BadReplyError`, and as unclear.)
    """

    kind = "ambiguous"


class LimitReachedError(HubSpotError):
    """The portal's daily limit is used up, or the portal is being moved: come back later."""

    kind = "limit_reached"
    exit_code = 75
