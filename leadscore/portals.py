"""The portal of a notebook: the real one, or one on this machine that outlives the notebook."""

from __future__ import annotations

import time
from pathlib import Path

from leadscore.errors import SandboxBusyError, SettingsError
from leadscore.hubspot.connection import Portal, connect
from leadscore.sandbox import Sandbox, open_sandbox
from leadscore.workspace import private_files

__all__ = ["open_portal"]

_PATIENCE = 10.0


def open_portal(
    workspace: str | Path, *, sandbox: bool, contacts: int = 5000, seed: int = 0
) -> Portal:
    """Open the portal that a notebook works on: HubSpot's, or a simulated one on this machine.

    Parameters
    ----------
    workspace : path
        The folder of the store. A simulated portal keeps its state beside it, in
        ``WORKSPACE.portal``: what one notebook wrote, the next one finds.
    sandbox : bool
        False: the portal whose token is in the surroundings, as for `connect`. True: a simulated
        one; no account, no token, nothing to break.
    contacts, seed : int
        Size and seed of a simulated portal; one that is there already must have been made with
        the same ones.

    Returns
    -------
    Portal
        Close it when the notebook is done: that saves a simulated portal and lets others have it.

    Raises
    ------
    SettingsError, AuthenticationError
        As for `connect`; or the folder cannot be made.
    SandboxBusyError
        The simulated portal is open in another notebook, and was not closed within ten seconds.
    UsageError
        It was made with another size or seed.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> portal = ls.open_portal(f"{folder}/crm", sandbox=True, contacts=20)
    >>> portal.close()
    """
    return _simulated(Path(workspace), contacts, seed) if sandbox else connect()


def _simulated(workspace: Path, contacts: int, seed: int) -> Portal:
    folder = workspace.expanduser().absolute()
    _make(folder.parent)
    state = folder.with_name(f"{folder.name}.portal")
    served = _opened(state, contacts, seed)
    try:
        portal = connect(served)
    except BaseException:
        served.close()
        raise
    portal.owns(served)
    return portal


def _opened(state: Path, contacts: int, seed: int) -> Sandbox:
    """Open it once who had it has saved it: a notebook that was shut down takes a moment."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return open_sandbox(contacts=contacts, seed=seed, state=state)
        except SandboxBusyError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _make(folder: Path) -> None:
    try:
        with private_files():
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The folder {folder} cannot be made: {error.strerror}.",
            hint="Choose another workspace.",
        ) from error
