"""The connection panel: whose portal it is, what the token may do, what is left of today."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.checkportal import limits, room
from leadscore.hubspot.permissions import STEPS, lacking
from leadscore.paneldisplay import Panel
from leadscore.panelparts import note, plain_table, table

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["ConnectionPanel", "facts_of_portal", "steps_of"]

_HEAD = ("step", "possible", "missing scopes")


def steps_of(portal: Portal) -> pd.DataFrame:
    """Return what the token may do, step by step.

    Returns
    -------
    DataFrame
        ``step``; ``possible``: yes, less (without what it likes), no, or unknown where HubSpot
        does not say what the token may do; ``missing``: the scopes (all text).
    """
    granted = portal.scopes
    rows = []
    for step in STEPS:
        needed, all_of_it = lacking(step, granted, likes=False), lacking(step, granted)
        possible = "no" if needed else "less" if all_of_it else "yes"
        said = "unknown" if granted is None else possible
        rows.append({"step": step, "possible": said, "missing": ", ".join(all_of_it)})
    return pd.DataFrame(rows, dtype="str")


def facts_of_portal(portal: Portal) -> list[tuple[str, str]]:
    """Return account, tier, scopes, limits and today's use, in words."""
    known, granted = portal.details, portal.scopes
    return [
        ("portal", f"{portal.id} ({known.get('accountType', 'of no known type')})"),
        ("time zone", str(known.get("timeZone", "unknown"))),
        ("token", f"from {portal.token.origin}"),
        ("scopes", "not told by HubSpot" if granted is None else f"{len(granted):,} granted"),
        *(("limits", f"{c.message} {c.hint}".strip()) for c in limits(portal)),
        *(("properties", f"{c.message} {c.hint}".strip()) for c in room(portal)),
    ]


class ConnectionPanel(Panel):
    """A connection, or the way to one.

    Attributes
    ----------
    portal : Portal or None
        The portal that is connected.
    """

    name = "Connection"

    def __init__(self, portal: Portal | None = None) -> None:
        self.portal = portal
        self._facts: list[tuple[str, str]] = []
        self._steps = pd.DataFrame(columns=["step", "possible", "missing"])
        if portal is not None:
            self._ask()

    def page(self) -> str:
        """Return what is known of the connection."""
        if self.portal is None:
            return note("Not connected.")
        facts = table(("connected", ""), self._facts)
        return f"<div>{facts}{table(_HEAD, self._steps.itertuples(index=False))}</div>"

    def text(self) -> str:
        """Return what is known of the connection as text."""
        if self.portal is None:
            return "Not connected."
        return plain_table(("connected", ""), self._facts)

    def _ask(self) -> None:
        assert self.portal is not None
        self._facts, self._steps = facts_of_portal(self.portal), steps_of(self.portal)

    def _build(self) -> Any:
        import ipywidgets as w

        self.password = _secret(
            description="Token",
            placeholder="typed here it is used once, and kept nowhere",
            layout=w.Layout(width="420px"),
        )
        self.surroundings = w.Button(
            description="Connect with the token of the surroundings",
            tooltip="From the environment, .env, OAuth or the keyring",
            layout=w.Layout(width="330px"),
        )
        self.again = w.Button(description="Look again", tooltip="Ask limits and scopes anew")
        self._shown_facts = w.HTML()
        self.on(self.password, self._typed)
        self.on(self.surroundings, lambda: self._connect(_connected))
        self.on(self.again, self._look)
        self._shown_now()
        rows = [self.password, w.HBox([self.surroundings, self.again]), self._shown_facts]
        return w.VBox(rows)

    def _typed(self) -> None:
        if not self.password.value:
            return
        typed = self.password.value
        self.password.value = ""  # before anything else: no state of a widget holds it
        self._connect(lambda: _connected(typed))

    def _connect(self, connect: Callable[[], Portal]) -> None:
        self.say("Asking the portal.")
        self.portal = connect()
        self._look()

    def _look(self) -> None:
        if self.portal is None:
            self.warn("Nothing is connected yet.")
            return
        self._ask()
        self._shown_now()
        self.say(f"Connected to portal {self.portal.id}.")

    def _shown_now(self) -> None:
        self.again.disabled = self.portal is None
        self._shown_facts.value = self.page()
        self.refresh()


def _connected(typed: str = "") -> Portal:
    from pydantic import SecretStr

    from leadscore.hubspot.connection import connect
    from leadscore.settings import load_settings

    if not typed:
        return connect()
    given = {"token": SecretStr(typed.strip()), "portal": None}  # what is typed goes before a name
    settings = load_settings().model_copy(update=given)
    return connect(settings=settings)


def _secret(**options: Any) -> Any:
    """Return a password box whose value is not sent back to the browser."""
    import ipywidgets as w
    from traitlets import Unicode

    class Secret(w.Password):  # type: ignore[misc]
        value = Unicode("").tag(sync=True, echo_update=False)

    return Secret(continuous_update=False, **options)
