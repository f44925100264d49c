"""The page on which a user lets an app in; a test may post its form without a browser.

HubSpot API docs, "Working with OAuth": the app sends the user here and gets a code back. The page
is the sandbox's own, and which questions HubSpot's page asks is not copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from leadscore.sandbox import scopes as scope_names
from leadscore.sandbox.oauthstore import app, issue_code
from leadscore.sandbox.replies import Reply, page
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Portal

__all__ = ["PATHS", "ask", "decide"]

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_FIELDS = (
    "client_id",
    "redirect_uri",
    "scope",
    "optional_scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_HTML = {
    "content-type": "text/html;charset=utf-8",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class _WrongError(Exception):
    """Why the app cannot be let in."""


@dataclass(frozen=True)
class _Wish:
    """What an app asks for, checked."""

    fields: Mapping[str, str]
    scopes: tuple[str, ...]


def ask(call: Call) -> Reply:
    """Show the consent form."""
    try:
        wish = _checked(call, call.query)
    except _WrongError as problem:
        return _refused(problem)
    return Reply(200, _form(call.portal, wish), _HTML)


def decide(call: Call) -> Reply:
    """Take the form: send the browser back to the app with a code, or with `access_denied`."""
    given = {name: value for name, value in call.form.items() if isinstance(value, str)}
    try:
        wish = _checked(call, given)
    except _WrongError as problem:
        return _refused(problem)
    if given.get("decision", "approve") != "approve":
        return _back(wish, error="access_denied", error_description="the user said no")
    code = issue_code(
        call.portal,
        scopes=wish.scopes,
        redirect_uri=wish.fields["redirect_uri"],
        challenge=wish.fields["code_challenge"],
    )
    return _back(wish, code=code)


def _checked(call: Call, given: Mapping[str, str]) -> _Wish:
    portal = call.portal
    fields = {name: given.get(name, "") for name in _FIELDS}
    if call.path.get("hub", str(portal.id)) != str(portal.id):
        raise _WrongError("This is another account.")
    if fields["client_id"] != app(portal)["clientId"]:
        raise _WrongError("The client id is missing, or no app of this portal has it.")
    _check_redirect(portal, fields["redirect_uri"])
    _check_challenge(fields["code_challenge"], fields["code_challenge_method"])
    return _Wish(fields, _granted(portal, fields["scope"], fields["optional_scope"]))


def _check_redirect(portal: Portal, uri: str) -> None:
    try:
        found = urlsplit(uri)
    except ValueError:
        raise _WrongError("The redirect URI is no URI.") from None
    own = found.scheme in {"http", "https"} and found.hostname in _LOOPBACK
    if found.fragment or not (own or uri in app(portal)["redirectUris"]):
        raise _WrongError("The redirect URI is neither on this machine nor one of the app's.")


def _check_challenge(challenge: str, method: str) -> None:
    if method not in ({"S256"} if challenge else {""}):
        raise _WrongError("A code challenge needs the method S256, and the method a challenge.")


def _granted(portal: Portal, scope: str, optional: str) -> tuple[str, ...]:
    offered, needed = scope_names.offered(portal.tier), set(scope.split())
    if not needed:
        raise _WrongError("No scopes are asked for.")
    missing = needed - offered
    if missing:
        raise _WrongError(f"This account cannot grant: {', '.join(sorted(missing))}.")
    return tuple(sorted(needed | {"oauth"} | (set(optional.split()) & offered)))


def _back(wish: _Wish, **answer: str) -> Reply:
    uri, state = urlsplit(wish.fields["redirect_uri"]), wish.fields["state"]
    query = parse_qsl(uri.query, keep_blank_values=True) + list(answer.items())
    if state:
        query.append(("state", state))
    location = uri._replace(query=urlencode(query)).geturl()
    return Reply(302, b"", _HTML | {"location": location})


def _refused(problem: _WrongError) -> Reply:
    return Reply(400, page("The app cannot be connected", escape(str(problem))), _HTML)


def _form(portal: Portal, wish: _Wish) -> bytes:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in wish.fields.items()
        if value
    )
    text = (
        f"An app wants to work with portal {portal.id}. It asks for:</p>{_items(wish.scopes)}"
        f'<form method="post">{hidden}'
        '<button name="decision" value="approve">Connect app</button> '
        '<button name="decision" value="deny">Cancel</button></form><p>'
    )
    return page("Connect an app", text)


def _items(names: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(name)}</li>" for name in names) + "</ul>"


PATHS = tuple(
    Path("elsewhere", path, method, handler, open_to_all=True)
    for path in ("/oauth/authorize", "/oauth/{hub}/authorize")
    for method, handler in (("GET", ask), ("POST", decide))
)
