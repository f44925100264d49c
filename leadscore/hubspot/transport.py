"""One call: send it through the official client, believe its reply or not, translate its error.

What paces, repeats and ends a call is underneath, in `leadscore.hubspot.pool`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import urllib3

from leadscore.hubspot.calls import judging
from leadscore.hubspot.pool import TOKEN_HERE, Pool
from leadscore.hubspot.replies import believe, json_object, midnight, translate

__all__ = ["TOKEN_HERE", "Pool", "Transport"]

Result = TypeVar("Result")


class _Reading(Generic[Result]):
    """Reads each reply of one call once, and keeps what the believed one says."""

    result: Result

    def __init__(
        self, read: Callable[[bytes], Result], method: str, path: str, expect: tuple[int, ...]
    ) -> None:
        self.read, self.method, self.path, self.expect = read, method, path, expect

    def __call__(self, reply: urllib3.HTTPResponse) -> None:
        self.result = believe(
            reply, self.read, method=self.method, path=self.path, expect=self.expect
        )


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
        AmbiguousError
            The reply of a POST that writes was lost or cannot be believed: it may have been done.
        HubSpotError
            As for `call`.
        """
        reading = _Reading(read, method, path, expect)
        with judging(reading):
            self._send(method, path, query, body)
        return reading.result

    def _send(self, method: str, path: str, query: Sequence[tuple[str, str]], body: Any) -> None:
        from hubspot.crm.contacts.exceptions import ApiException

        try:
            self._api_client.call_api(
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
            zone = self._api_client.rest_client.pool_manager.time_zone
            ends = midnight(zone, error.headers)
            raise translate(error, method=method, path=path, midnight=ends) from None
