"""Whether a portal's host can be reached at all, and if not, what stands in the way."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from leadscore.errors import UnreachableError

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["clock_difference", "reach"]


def reach(base_url: str, *, timeout: float = 10.0) -> str:
    """Open a connection to a host, with TLS where the URL has it, and close it again.

    Parameters
    ----------
    base_url : str
        No token is sent there, nor anything else.
    timeout : float
        Seconds, for each step.

    Returns
    -------
    str
        The version of TLS; empty for a sandbox on this machine.

    Raises
    ------
    UnreachableError
        Its hint says what stands in the way: the name, the port, the certificate.
    """
    parts = urlsplit(base_url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    try:
        with socket.create_connection((host, port), timeout) as plain:
            return _handshake(plain, host) if secure else ""
    except OSError as error:
        why, hint = _reason(error)
    raise UnreachableError(f"{host} (port {port}) cannot be reached: {why}.", hint=hint)


def _handshake(plain: socket.socket, host: str) -> str:
    with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as safe:
        return safe.version() or ""


def _reason(error: OSError) -> tuple[str, str]:
    if isinstance(error, socket.gaierror):
        return "its name is not known here", "Check the network and the name server."
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "Something between here and HubSpot replaces its certificate: ask who runs it."
        return f"its certificate is not trusted ({error.verify_message})", hint
    if isinstance(error, ssl.SSLError):
        return "TLS fails", "Check what stands between this machine and HubSpot."
    if isinstance(error, ConnectionRefusedError):
        return "nobody answers there", "Start the sandbox again, or correct LEADSCORE_BASE_URL."
    if isinstance(error, TimeoutError):
        return "it does not answer in time", "Check the network and the firewall."
    return (error.strerror or type(error).__name__).lower(), "Check the network."


def clock_difference(portal: Portal) -> float | None:
    """Return by how many seconds this machine's clock is ahead of the server's; one request.

    Returns
    -------
    float or None
        Good to a second or so; None where the reply has no date.
    """
    url = portal.base_url + portal.path("account-info", "details")
    reply = portal.pool.request("GET", url, headers={"Accept": "application/json"})
    try:
        there = parsedate_to_datetime(reply.headers.get("Date", ""))
    except ValueError:
        return None
    there = there if there.tzinfo else there.replace(tzinfo=UTC)
    return (datetime.now(UTC) - there).total_seconds()
