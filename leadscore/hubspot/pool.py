"""The one place that requests leave from: paced, held to a deadline, repeated where that is safe.

`Pool` takes the place of the urllib3 pool underneath every API object of HubSpot's official
client, so that the client's own methods and our raw calls share one connection pool, one pacing,
one retry layer and one deadline. The token is added here, at send time, and nowhere else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

import urllib3
from pydantic import SecretStr

from leadscore.errors import BadReplyError, LimitReachedError, UnreachableError
from leadscore.hubspot.budget import Budget
from leadscore.hubspot.calls import Call, Try, failure, judging, the_judge, try_of
from leadscore.hubspot.hosts import check_base, check_destination, is_open
from leadscore.hubspot.pacestate import File, Memory, share
from leadscore.hubspot.pacing import Bucket, Ticket
from leadscore.hubspot.replies import correlation_id, limit_interval
from leadscore.hubspot.retries import (
    ATTEMPTS,
    LOCKED_WAIT,
    Kind,
    back_off,
    kind_of,
    retry_after,
)
from leadscore.hubspot.waits import Deadline, Waits
from leadscore.hubspot.wire import Answer, TooLargeError, Wire

__all__ = ["TOKEN_HERE", "Pool", "TokenSource"]

DEADLINE: Final = 30.0  # seconds of wall clock for one attempt
CALL_DEADLINE: Final = 300.0  # for a call with all its attempts and waits
# Stands for the token in a body, until the request leaves.
TOKEN_HERE: Final = "the token goes here when the request is sent"  # noqa: S105 - it is none


class TokenSource(Protocol):
    """Where the token comes from, and may come from anew."""

    def get(self) -> SecretStr:
        """Return the token."""

    def renew(self) -> bool:
        """Read the source again; say whether the token is another one now."""


class _Fixed:
    """A token that stays what it is."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def get(self) -> SecretStr:
        return self._token

    def renew(self) -> bool:
        return False


class Pool:
    """What the official client believes to be its urllib3 pool.

    Parameters
    ----------
    token : SecretStr or TokenSource
        Added to each request as it leaves. A source is read anew, once, when HubSpot says 401.
    base_url : str
        The one place that requests, and the token with them, may go to; beside HubSpot's own there
        is its host for forms.
    limit, interval : int, float
        The pace to begin with; replies correct it.
    deadline, call_deadline : float
        Seconds of wall clock for one attempt, and for a call with all its attempts and waits.
    waits : Waits, optional
        Injectable, for tests without waiting.

    Attributes
    ----------
    on_reply : callable or None
        Called once for each request with its method, path, status (0: no whole reply), seconds,
        correlation id and decoded bytes; never with values.
    requests, limited, bytes : int
        Requests sent, 429s among the replies, and decoded bytes received so far.
    time_zone : str
        The portal's time zone, once it is known; its days end at midnight there.
    """

    def __init__(
        self,
        token: SecretStr | TokenSource,
        base_url: str,
        *,
        limit: int = 100,
        interval: float = 10.0,
        deadline: float = DEADLINE,
        call_deadline: float = CALL_DEADLINE,
        waits: Waits | None = None,
    ) -> None:
        self._source = _Fixed(token) if isinstance(token, SecretStr) else token
        self._base_url = check_base(base_url)
        self.deadline, self.call_deadline = deadline, call_deadline
        self.waits = waits = waits or Waits()
        self._wire = Wire()
        self._lock, self._renewing = threading.Lock(), threading.RLock()
        self._run_end = float("inf")
        self.budget = Budget(clock=self._now)
        self.general = Bucket(limit, interval, waits=waits)
        # HubSpot API docs, "Search the CRM": five requests a second per account; "Associate
        # records": 100, 150 or 200 in ten seconds, by subscription.
        self.search = Bucket(5, 1.0, waits=waits)
        self.associations = Bucket(100, 10.0, waits=waits)
        # HubSpot legacy docs, "Submit data to a form": 50 in ten seconds without a token.
        self.forms = Bucket(50, 10.0, waits=waits)
        self._buckets = (self.general, self.search, self.associations, self.forms)
        self._shared: list[File] = []
        self.on_reply: Callable[[str, str, int, float, str, int], None] | None = None
        self.requests = self.limited = self.bytes = 0
        self.time_zone = ""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: Any = None,  # noqa: ARG002 - the client passes it; the deadline is ours
        preload_content: bool = True,  # noqa: ARG002 - a reply is always read to its end
        patience: float = 0.0,
        **options: Any,
    ) -> urllib3.HTTPResponse:
        """Send one request as urllib3 would, and repeat it where that is safe.

        Parameters
        ----------
        patience : float
            Seconds that each attempt may take beyond the pool's deadline: a large body's.

        Returns
        -------
        urllib3.HTTPResponse
            A reply of 2xx that was judged and believed, or HubSpot's refusal.

        Raises
        ------
        SettingsError
            The URL is of another host; nothing was sent.
        UnreachableError
            No complete reply in time. `AmbiguousError` when the request may have been done.
        BadReplyError
            None of the replies could be believed.
        """
        check_destination(url, self._base_url)
        asked = headers or {}
        judge = the_judge(asked, method=method, url=url)
        last = self._now() + self.call_deadline + patience
        end = Deadline(min(last, self._run_end), self._now)
        with judging(None):  # a token source may use this very pool
            return self._insist(Call(method.upper(), url, asked, options, judge, end, patience))

    def _insist(self, call: Call) -> urllib3.HTTPResponse:
        failures, renewed = 0, False
        while True:
            tried = self._try(call)
            failures += tried.kind is not Kind.LIMITED
            if tried.kind is Kind.TOKEN and not renewed and self._renew(tried.token):
                renewed = True
            elif tried.kind is not Kind.LIMITED and not self._wait(call, tried, failures):
                return self._settle(call, tried)

    def _wait(self, call: Call, tried: Try, failures: int) -> bool:
        """Wait and say yes where the same request can do better."""
        safe = call.repeatable or tried.kind in {Kind.LOCKED, Kind.UNSENT}
        hopeless = tried.kind in {Kind.DONE, Kind.TOKEN, Kind.REFUSED}
        if hopeless or not safe or failures >= ATTEMPTS:
            return False
        left = call.deadline.left()
        asked = retry_after(tried.reply.headers, at_most=left) if tried.reply else 0.0
        least = LOCKED_WAIT if tried.kind is Kind.LOCKED else 0.0
        wait = max(asked, least + back_off(failures, self.waits.uniform(0.0, 1.0)))
        if wait >= left or not self.budget.spend(after_timeout=tried.timed_out):
            return False
        self._sleep(wait)
        return True

    def _settle(self, call: Call, tried: Try) -> urllib3.HTTPResponse:
        """Return the last reply if it is HubSpot's own word, else say what is wrong."""
        if tried.error is None:
            assert tried.reply is not None
            return tried.reply
        raise failure(call, tried) from None

    def _try(self, call: Call) -> Try:
        """Send once, when the pace allows it."""
        self._refuse_when_over(call)
        token, bucket = self._source.get(), self._bucket(call)
        ticket = self._ticket(call, bucket)
        began, told = self._now(), None
        try:
            answer = self._send(call, token)
            told = answer.headers
        except (urllib3.exceptions.HTTPError, OSError, TooLargeError) as error:
            self._tell(call, 0, self._now() - began)
            return try_of(error)
        finally:
            # Replies of search state nothing about its limit (API docs, "Search the CRM"), those
            # of the open endpoint for forms nothing that is documented.
            bucket.back(ticket, None if bucket in (self.search, self.forms) else told)
        self._note(call, answer, self._now() - began)
        kind = kind_of(answer.status, answer.body)
        if kind is Kind.LIMITED:
            self._give_way(call, bucket, answer)
        return self._judged(call, kind, _reply(answer, token), token)

    def _ticket(self, call: Call, bucket: Bucket) -> Ticket:
        ticket = bucket.take(at_most=call.deadline.left())
        if ticket is None:
            raise LimitReachedError(
                f"{call.method} {call.path} was not sent: the portal's limit left no room for it "
                "in the time that it had.",
                hint="Run the same command again later; nothing is lost.",
            )
        self._count(requests=1)
        return ticket

    def _give_way(self, call: Call, bucket: Bucket, answer: Answer) -> None:
        """Hold back every call of the limits that a 429 speaks of."""
        interval = limit_interval(answer.body) or min(bucket.interval, 10.0)
        wait = interval * self.waits.uniform(0.5, 1.0)
        asked = retry_after(answer.headers, at_most=call.deadline.left())
        ten_secondly = bucket is self.search and interval > 1
        spoken_of = (bucket, self.general) if ten_secondly else (bucket,)
        for each in spoken_of:
            each.pause(max(wait, asked))

    def _judged(self, call: Call, kind: Kind, reply: urllib3.HTTPResponse, token: SecretStr) -> Try:
        if kind is Kind.DONE:
            try:
                call.judge(reply)
            except BadReplyError as error:
                return Try(Kind.LOST, reply, error)
            self.budget.earn()
        return Try(kind, reply, token=token)

    def _send(self, call: Call, token: SecretStr) -> Answer:
        """Exchange; no frame of an error keeps the token."""
        last = self._now() + self.deadline + call.patience
        deadline = Deadline(min(last, call.deadline.at), self._now)
        try:
            return self._exchange(call, token.get_secret_value(), deadline)
        except BaseException as error:  # noqa: BLE001 - raised again, at once
            error.__context__ = None
            raise error.with_traceback(None) from None

    def _exchange(self, call: Call, token: str, deadline: Deadline) -> Answer:
        options, known = call.options, not is_open(call.url)
        if isinstance(body := options.get("body"), str):
            said = body.replace(TOKEN_HERE, token) if known else body
            options = options | {"body": said.encode()}
        headers = {**call.headers, "Accept-Encoding": "gzip"}
        if known:
            headers["Authorization"] = f"Bearer {token}"
        return self._wire.exchange(
            call.method, call.url, headers=headers, deadline=deadline, **options
        )

    def _refuse_when_over(self, call: Call) -> None:
        if self.budget.resting:
            raise UnreachableError(
                f"{call.method} {call.path} was not sent: too many calls failed just now.",
                hint="Run the same command again in some minutes; nothing is lost.",
            )
        if call.deadline.left() <= 0:
            raise UnreachableError(
                f"{call.method} {call.path} was not done in the time that it had.",
                hint="Run the same command again; nothing is lost.",
            )

    def _renew(self, used: SecretStr | None) -> bool:
        """Read the token anew, unless another thread has just done so."""
        with self._renewing:
            return self._source.get() != used or self._source.renew()

    def _bucket(self, call: Call) -> Bucket:
        """Return the bucket of the limit that HubSpot counts a call under."""
        path = call.path
        if is_open(call.url):
            return self.forms
        if path.endswith("/search") and "/objects/" in path:
            return self.search
        linking = "/associations/" in path and "/limits/" not in path
        return self.associations if linking else self.general

    def share(self, folder: Path) -> None:
        """Keep to the portal's limits together with all processes that share a folder.

        Parameters
        ----------
        folder : Path
            A workspace's. Its file ``pace`` is made, readable for its owner alone. On Windows
            each process goes on pacing itself.
        """
        self._unshare()
        self._shared = share(folder, len(self._buckets)) or []
        for bucket, state in zip(self._buckets, self._shared, strict=False):
            bucket.keep_in(state)

    def _unshare(self) -> None:
        for bucket, state in zip(self._buckets, self._shared, strict=False):
            bucket.keep_in(Memory())
            state.close()
        self._shared = []

    def _note(self, call: Call, answer: Answer, seconds: float) -> None:
        size = len(answer.body)
        self._count(bytes=size, limited=int(answer.status == 429))
        self._tell(call, answer.status, seconds, correlation_id(answer.headers), size)

    def _tell(
        self, call: Call, status: int, seconds: float, known: str = "", size: int = 0
    ) -> None:
        if self.on_reply:
            self.on_reply(call.method, call.path, status, seconds, known, size)

    def _count(self, **more: int) -> None:
        with self._lock:
            for name, number in more.items():
                setattr(self, name, getattr(self, name) + number)

    @contextmanager
    def until(self, moment: float) -> Iterator[None]:
        """Hold everything inside to one more deadline, whatever thread it is in.

        Parameters
        ----------
        moment : float
            On the pool's clock: ``pool.waits.clock() + 3600`` is an hour from now.
        """
        before, self._run_end = self._run_end, min(moment, self._run_end)
        try:
            yield
        finally:
            self._run_end = before

    def back_off(self, attempt: int) -> None:
        """Wait before something is looked at once more: full jitter, doubled each time."""
        self._sleep(back_off(attempt, self.waits.uniform(0.0, 1.0)))

    def _now(self) -> float:
        return self.waits.clock()

    def _sleep(self, seconds: float) -> None:
        self.waits.sleep(seconds)

    def close(self) -> None:
        """Close the connections, and share nothing any more."""
        self._wire.close()
        self._unshare()

    def __reduce__(self) -> NoReturn:
        raise TypeError("A pool holds a token and open connections; it cannot be pickled.")


def _reply(answer: Answer, token: SecretStr) -> urllib3.HTTPResponse:
    body = answer.body
    if not 200 <= answer.status <= 299:
        text = body.decode("utf-8", "replace")  # the client decodes errors strictly
        body = text.replace(token.get_secret_value(), "[token]").encode()
    gone = {"content-encoding", "content-length", "transfer-encoding"}
    return urllib3.HTTPResponse(
        body or BytesIO(),
        headers={k: v for k, v in answer.headers.items() if k.lower() not in gone},
        status=answer.status,
        reason=answer.reason,
    )
