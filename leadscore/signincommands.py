"""The commands about what a token may do, and about portals by name."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from leadscore import signintexts
from leadscore.commands import DONE, FAILED, Json, app, plain, say, table
from leadscore.errors import LeadscoreError, SettingsError

__all__ = ["login", "logout", "portals", "scopes", "usage"]

For = Annotated[
    str, typer.Option("--for", help="Jobs, parted by commas; a wrong one lists them all.")
]
Objects = Annotated[
    list[str], typer.Option("--object", help="An object type: companies… May be repeated.")
]
Name = Annotated[str, typer.Argument(help="What the portal is called here, such as acme.")]


@app.command()
def scopes(
    for_: For = "score,write",
    objects: Objects = [],  # noqa: B006 - typer copies it
    as_json: Json = False,
) -> int:
    """List the scopes that jobs need and why; where there is a token, what it has of them."""
    from leadscore.scopecheck import scopes as run

    jobs, kinds = _words(for_), tuple(objects) or ("contacts",)
    run(for_=jobs, objects=kinds)  # a job that is none is said before anything is asked
    portal, why = _reachable()
    frame = run(portal, for_=jobs, objects=kinds)
    line = {"for": jobs, "portal_id": portal.id if portal else None, **_told(frame, why)}
    if portal is not None:
        portal.close()
    say(line, as_json, signintexts.scopes)
    return FAILED if line["missing"] else DONE


def _reachable() -> tuple[Any, str]:
    """Return the portal, or why its token cannot be looked at: the list is of use without."""
    from leadscore.hubspot.connection import connect

    try:
        return connect(), ""
    except LeadscoreError as error:
        return None, error.message


def _told(frame: Any, why: str) -> dict[str, Any]:
    known = bool(frame["granted"].notna().any())
    lacking = (frame["need"] == "needed") & ~frame["granted"].fillna(True)
    return {
        "checked": known,
        "unchecked": "" if known else why or "HubSpot does not tell what it may do.",
        "missing": list(dict.fromkeys(frame.loc[lacking, "scope"])),
        "unused": list(frame.loc[frame["need"] == "unused", "scope"]),
        "scopes": table(frame),
    }


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


@app.command()
def login(
    name: Name,
    token: Annotated[
        bool, typer.Option("--token", help="By a token, though there is a client id too.")
    ] = False,
    client_id: Annotated[
        str | None, typer.Option(help="By OAuth: the app's id; its secret is asked for.")
    ] = None,
    for_: For = "score,write",
    objects: Objects = [],  # noqa: B006 - typer copies it
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="For OAuth's answer; part of the redirect URL.")
    ] = 8400,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the answer.")] = 300.0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page, or only print it.")
    ] = True,
    paste: Annotated[
        bool, typer.Option("--paste", help="Paste the address that the browser ends up at.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Sign in to a portal once, and use it by its name: --portal NAME, ls.connect(name=…).

    The token, or the app's client secret, is asked for without showing it, or read from a pipe.
    """
    from leadscore.hubspot.vault import check_name
    from leadscore.settings import load_settings
    from leadscore.signingin import sign_in as run

    check_name(name)  # before a secret is typed
    settings = load_settings()
    oauth = not token and bool(client_id or settings.client_id)
    secret = None if oauth and settings.client_secret else _typed(oauth)
    asked = {"client_id": client_id, "client_secret": secret} if oauth else {"token": secret}
    with run(
        name,
        **asked,
        for_=_words(for_),
        objects=tuple(objects) or ("contacts",),
        port=port,
        timeout=timeout,
        browser=browser,
        paste=_pasted if paste else None,
        settings=settings,
    ) as portal:
        line = _row(portal.settings, name) | {"workspace": str(portal.settings.workspace)}
    say(line, as_json, signintexts.login)
    return DONE


def _typed(oauth: bool) -> str | None:
    """Return the secret that stands in a pipe; None, to be asked for, at a terminal."""
    if sys.stdin is None or sys.stdin.isatty():
        return None
    found = sys.stdin.readline().strip()
    if not found:
        what = "client secret" if oauth else "token"
        raise SettingsError(
            f"There is no {what} in the pipe.", hint="Run it at a terminal, or pipe the secret in."
        )
    return found


def _pasted() -> str:
    from getpass import getpass

    if sys.stdin is None or sys.stdin.isatty():
        return getpass("The address that the browser ended up at (it is not shown): ")
    return sys.stdin.readline()


@app.command()
def logout(
    name: Name,
    force: Annotated[
        bool, typer.Option("--force", help="Forget it though it cannot be revoked.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Forget a portal by its name; what OAuth brought is revoked at HubSpot first."""
    from leadscore.signingin import sign_out as run

    say(run(name, force=force), as_json, signintexts.logout)
    return DONE


@app.command()
def portals(as_json: Json = False) -> int:
    """List the portals that were signed in to; nothing is asked of HubSpot."""
    from leadscore.settings import load_settings
    from leadscore.signingin import signed_in

    settings = load_settings()
    rows = _rows(signed_in(settings=settings))
    say({"portals": rows, "current": settings.portal}, as_json, signintexts.portals)
    return DONE


def _row(settings: Any, name: str) -> dict[str, Any]:
    from leadscore.signingin import signed_in

    (row,) = [one for one in _rows(signed_in(settings=settings)) if one["name"] == name]
    return row


def _rows(frame: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = plain(table(frame))
    return rows


@app.command()
def usage(as_json: Json = False) -> int:
    """Say how much of the portal's requests and custom properties is used, and what is left."""
    from leadscore.headroom import usage as run
    from leadscore.hubspot.connection import connect

    with connect() as portal:
        line = {"portal_id": portal.id, "usage": plain(table(run(portal)))}
    say(line, as_json, signintexts.usage)
    return DONE
