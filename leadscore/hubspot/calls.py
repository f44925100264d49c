"""One call, what a try of it came to, and the error that says so."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import urllib3
from pydantic import SecretStr

from leadscore.errors import AmbiguousError, BadReplyError, HubSpotError, UnreachableError
from leadscore.hubspot.replies import UNCLEAR, check_json, is_repeatable
from leadscore.hubspot.retries import Kind
from leadscore.hubspot.waits import Deadline
from leadscore.hubspot.wire import TooLargeError

__all__ = ["Call", "Judge", "Try", "failure", "judging", "the_judge", "try_of"]

Judge = Callable[[urllib3.HTTPResponse], None]
_judge: ContextVar[Judge | None] = ContextVar("_judge", default=None)


@contextmanager
def judging(judge: Judge | None) -> Iterator[None]:
    """Let a function judge each reply of the calls inside: it raises BadReplyError or returns.

    A reply with a status of 2xx that the judge does not believe is a failure like any other, and
    the call is sent again where that is safe.
    """
    before = _judge.set(judge)
    try:
        yield
    finally:
        _judge.reset(before)


def the_judge(headers: Mapping[str, str], *, method: str, url: str) -> Judge:
    """Return who judges the replies of a call: the one set by `judging`, or `check_json`."""
    return _judge.get() or (lambda reply: check_json(reply, headers, method=method, url=url))


@dataclass(frozen=True)
class Call:
    """One call of whoever uses the pool, of one or more tries."""

    method: str
    url: str
    headers: Mapping[str, str]
    options: dict[str, Any]
    judge: Judge
    deadline: Deadline
    patience: float = 0.0

    @property
    def path(self) -> str:
        """The URL's path, which is all that a message or a log shows of it."""
        return urllib3.util.parse_url(self.url).path or "/"

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent again when nobody knows whether it was done."""
        return is_repeatable(self.method, self.url)


@dataclass(frozen=True)
class Try:
    """What one try came to."""

    kind: Kind
    reply: urllib3.HTTPResponse | None = None
    error: Exception | None = None
    token: SecretStr | None = None

    @property
    def timed_out(self) -> bool:
        """Whether it was given up because of the time."""
        causes = [self.error, *getattr(self.error, "args", ())]  # urllib3 wraps some
        late = (urllib3.exceptions.TimeoutError, TimeoutError)
        return any(isinstance(cause, late) for cause in causes)


def try_of(error: Exception) -> Try:
    """Say what an error while sending or reading comes to."""
    known = urllib3.exceptions
    if _distrusted(error) or isinstance(error, TooLargeError):
        return Try(Kind.REFUSED, error=error)  # and would be again
    unsent = isinstance(error, known.NewConnectionError | known.ConnectTimeoutError)
    return Try(Kind.UNSENT if unsent else Kind.LOST, error=error)


def failure(call: Call, tried: Try) -> HubSpotError:
    """Say what went wrong, and whether the request may have been done all the same."""
    error, what = tried.error, f"{call.method} {call.path}"
    if _distrusted(error):
        return UnreachableError(
            f"{what} was not sent: the server's certificate cannot be trusted ({_reason(error)}).",
            hint="Something between you and HubSpot intercepts the connection; ask who runs it.",
        )
    unclear = tried.kind is not Kind.UNSENT and not call.repeatable
    if isinstance(error, BadReplyError):
        error.hint = UNCLEAR if unclear else error.hint
        return error
    if unclear:
        return AmbiguousError(f"{what} got no complete reply ({_name(error)}).", hint=UNCLEAR)
    if isinstance(error, TooLargeError):
        return BadReplyError(f"{what}: {error}.", hint="Ask for fewer records or properties.")
    there = "the network" if call.url.startswith("https:") else "that the sandbox is running"
    return UnreachableError(
        f"{what} got no complete reply ({_name(error)}).",
        hint=f"Check {there}, then run the same command again; nothing is lost.",
    )


def _distrusted(error: Exception | None) -> bool:
    return isinstance(error, urllib3.exceptions.SSLError) and isinstance(
        error.args[0], ssl.SSLCertVerificationError
    )


def _reason(error: Exception | None) -> str:
    return str(error.args[0].verify_message) if error else ""


def _name(error: Exception | None) -> str:
    return type(error).__name__
