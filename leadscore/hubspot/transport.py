"""One call: pace, send, deadline, retry, validate the reply, translate the error.

`Pool` takes the place of the urllib3 pool underneath every API object of HubSpot's official
client, so that the client's own methods and our raw calls share one connection pool, one pacing,
one retry layer and one deadline. The token is added here, at send time, and nowhere else.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any, Final, TypeVar

import urllib3
from pydantic import SecretStr

from leadscore.errors import BadReplyError, SettingsError, UnreachableError
from leadscore.hubspot.pacing import Bucket
from leadscore.hubspot.replies import believe, is_daily, json_object, translate

__all__ = ["Pool", "Transport"]

Result = TypeVar("Result")

DEADLINE: Final = 30.0  # seconds of wall clock for one attempt
ATTEMPTS: Final = 5
BACKOFF_CAP: Final = 20.0
MAX_BODY: Final = 256 * 2**20  # bytes after decoding; a page of 100 contacts is about 0.5 MB
_TRANSIENT: Final = frozenset({423, 500, 502, 503, 504, 521, 522, 523, 524})
LIMITED: Final = 30  # waits for the ten-second limit in one call
# These read. A write whose reply was lost is not repeated: somebody may have edited in between.
_REPEATABLE: Final = ("/search", "/batch/read")
# Stands for the token in a body, until the request leaves.
TOKEN_HERE: Final = "the token goes here when the request is sent"  # noqa: S105 - it is none


class Pool:
    """What the official client believes to be its urllib3 pool.

    Parameters
    ----------
    token : SecretStr
        Added to each request as it leaves.
    base_url : str
        The one place that requests, and the token with them, may go to.
    limit, interval : int, float
        The pace to begin with; replies correct it.
    clock, sleep, uniform : callable, optional
        Injectable, for tests without waiting.
    """

    def __init__(
        self,
        token: SecretStr,
        base_url: str,
        *,
        limit: int = 100,
        interval: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._token, self._base_url = token, base_url
        self._clock, self._sleep, self._uniform = clock, sleep, uniform
        self._http = urllib3.PoolManager(maxsize=16, retries=False, cert_reqs="CERT_REQUIRED")
        self.general = Bucket(limit, interval, clock=clock, sleep=sleep)
        # HubSpot API docs, "Search the CRM": five requests a second per account.
        self.search = Bucket(5, 1.0, clock=clock, sleep=sleep)
        self.requests = 0

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: Any = None,  # noqa: ARG002 - the client passes it; the deadline is ours
        preload_content: bool = True,  # noqa: ARG002 - a reply is always read to its end
        **options: Any,
    ) -> urllib3.HTTPResponse:
        """Send one request as urllib3 would, and repeat it where that is safe."""
        if not url.startswith(f"{self._base_url}/"):
            raise SettingsError(
                f"A request was to leave for another host than {self._base_url}.",
                hint="Give the API's path alone.",
            )
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS
            try:
                reply = self._within_the_limit(method, url, headers or {}, options)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                if last or not _repeatable(method, url):
                    raise _unreachable(method, url, error) from None
                self.back_off(attempt)
                continue
            if last or not self._again(method, url, reply, attempt):
                return reply
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _within_the_limit(
        self, method: str, url: str, headers: Mapping[str, str], options: dict[str, Any]
    ) -> urllib3.HTTPResponse:
        """Send, and send again while the portal only says that it is too much just now."""
        for _ in range(LIMITED):
            reply = self._send(method, url, headers, options)
            if reply.status != 429 or is_daily(reply.data):
                return reply
            bucket = self._bucket(url)
            bucket.pause(min(bucket.interval, 10.0) * self._uniform(0.5, 1.0))
        return reply

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], options: dict[str, Any]
    ) -> urllib3.HTTPResponse:
        bucket = self._bucket(url)
        bucket.take()
        self.requests += 1
        end = self._clock() + DEADLINE
        try:
            raw = self._exchange(method, url, headers, options)
        except BaseException as error:  # noqa: BLE001 - raised again, at once
            # The frames below hold the token; a traceback must not.
            error.__context__ = None
            raise error.with_traceback(None) from None
        try:
            body = self._read(raw, end)
        except BaseException:
            raw.close()
            raise
        raw.release_conn()
        if bucket is self.general:
            bucket.learn(raw.headers)
        return self._complete(raw, body)

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], options: dict[str, Any]
    ) -> urllib3.BaseHTTPResponse:
        token = self._token.get_secret_value()
        if isinstance(body := options.get("body"), str):
            options = options | {"body": body.replace(TOKEN_HERE, token)}
        return self._http.request(
            method,
            url,
            headers={**headers, "Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"},
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=10.0, read=DEADLINE),
            **options,
        )

    def _complete(self, raw: urllib3.BaseHTTPResponse, body: bytes) -> urllib3.HTTPResponse:
        if not 200 <= raw.status <= 299:
            text = body.decode("utf-8", "replace")  # the client decodes errors strictly
            body = text.replace(self._token.get_secret_value(), "[token]").encode()
        headers = {
            k: v
            for k, v in raw.headers.items()
            if k.lower() not in {"content-encoding", "content-length", "transfer-encoding"}
        }
        return urllib3.HTTPResponse(
            BytesIO(body),
            headers=headers,
            status=raw.status,
            reason=raw.reason,
            preload_content=True,
        )

    def _read(self, raw: urllib3.BaseHTTPResponse, end: float) -> bytes:
        """Read the body to its end, against the wall clock and a size cap."""
        chunks, size = [], 0
        while chunk := raw.read1(2**20):
            chunks.append(chunk)
            size += len(chunk)
            if self._clock() > end:
                raise urllib3.exceptions.TimeoutError("the reply did not end in time")
            if size > MAX_BODY:
                raise urllib3.exceptions.DecodeError("the reply is larger than any page")
        return b"".join(chunks)

    def _bucket(self, url: str) -> Bucket:
        return self.search if url.partition("?")[0].endswith("/search") else self.general

    def _again(self, method: str, url: str, reply: urllib3.HTTPResponse, attempt: int) -> bool:
        """Wait and say yes where the same request can do better."""
        if reply.status in _TRANSIENT and (reply.status == 423 or _repeatable(method, url)):
            self.back_off(attempt, at_least=2.0 if reply.status == 423 else 0.0)
            return True
        return False

    def back_off(self, attempt: int, *, at_least: float = 0.0) -> None:
        """Full jitter: anywhere between nothing and the doubled wait."""
        self._sleep(at_least + self._uniform(0.0, min(2.0**attempt, BACKOFF_CAP)))

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()


class Transport:
    """Raw calls through the official client's ``ApiClient``, validated before they are believed.

    Parameters
    ----------
    api_client : hubspot.crm.contacts.ApiClient
        One of the official client's, on top of a `Pool`.
    """

    def __init__(self, api_client: Any) -> None:
        self._api_client = api_client

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        expect: tuple[int, ...] = (200,),
    ) -> dict[str, Any]:
        """Send one call and return the JSON object of its reply.

        Returns
        -------
        dict
            The reply; empty for 204.

        Raises
        ------
        HubSpotError
            HubSpot refused, did not answer, or answered something else than it documents.
        """
        return self.fetch(method, path, read=json_object, query=query, body=body, expect=expect)

    def fetch(
        self,
        method: str,
        path: str,
        *,
        read: Callable[[bytes], Result],
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        expect: tuple[int, ...] = (200,),
    ) -> Result:
        """Send one call and return what `read` makes of the bytes of its reply.

        Parameters
        ----------
        read : callable
            Takes the body (empty for 204); raises ValueError where it cannot be believed, and the
            call is sent again where that is safe.

        Raises
        ------
        HubSpotError
            As for `call`.
        """
        repeat = 3 if _repeatable(method, path) else 1
        for attempt in range(1, repeat + 1):
            reply = self._raw(method, path, query, body)
            try:
                return believe(reply, read, method=method, path=path, expect=expect)
            except BadReplyError:
                if attempt == repeat:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _raw(
        self, method: str, path: str, query: Sequence[tuple[str, str]], body: Any
    ) -> urllib3.HTTPResponse:
        from hubspot.crm.contacts.exceptions import ApiException

        try:
            reply: urllib3.HTTPResponse = self._api_client.call_api(
                path,
                method,
                query_params=list(query),
                header_params={"Accept": "application/json"},
                body=body,
                auth_settings=[],
                response_types_map={},
                _return_http_data_only=True,
                _preload_content=False,
            )
        except ApiException as error:
            raise translate(error, method=method, path=path) from None
        return reply


def _repeatable(method: str, url: str) -> bool:
    if method.upper() != "POST":
        return method.upper() in {"GET", "PUT", "DELETE", "PATCH"}
    return url.partition("?")[0].endswith(_REPEATABLE)


def _unreachable(method: str, url: str, error: Exception) -> UnreachableError:
    path = urllib3.util.parse_url(url).path
    return UnreachableError(
        f"{method} {path} got no complete reply ({type(error).__name__}).",
        hint="Check the network, then run the same command again; nothing is lost.",
    )
