"""Fixtures: no test sees the settings of the machine that it runs on."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import postgres
import pytest
from firstsyncs import FirstSyncs
from hypothesis import settings
from portals import unpaced

from leadscore.hubspot.connection import Portal, connect
from leadscore.sandbox import Sandbox, open_sandbox
from leadscore.store import Store, open_store

# No assertion of ours is timed: a machine may be busy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

NAMES = (
    *("HUBSPOT_PRIVATE_APP_TOKEN", "HUBSPOT_ACCESS_TOKEN"),
    *("HUBSPOT_CLIENT_ID", "HUBSPOT_CLIENT_SECRET", "HUBSPOT_REFRESH_TOKEN"),
)


# Limits have tests of their own; the others need not wait for them.
SMALL = {"contacts": 250, "seed": 3, "process": False, "limits": False}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name in NAMES or (name.startswith("LEADSCORE_") and name != "LEADSCORE_DATA"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("LEADSCORE_CONFIG", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def public_tables() -> Path:
    """Return the folder of public tables, or skip and say how to get them."""
    folder = os.environ.get("LEADSCORE_DATA")
    if not folder:
        pytest.skip("LEADSCORE_DATA is not set: the folder with the public tables")
    return Path(folder)


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Serve a small simulated portal, in this process so that a test can look into it."""
    options = SMALL | getattr(request, "param", {})
    served = open_sandbox(**options)
    yield served
    threading.Thread(target=served.close).start()  # the server takes its time; nobody waits for it


@pytest.fixture
def version() -> str:
    """Return the version of the API; a module or folder of tests may ask for each in turn."""
    return "2026-03"


@pytest.fixture
def portal(sandbox: Sandbox, version: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    """Connect to the small portal; one without limits is asked as fast as it answers."""
    monkeypatch.setenv("LEADSCORE_API_VERSION", version)
    with connect(sandbox) as connected:
        yield connected if sandbox.portal.limits else unpaced(connected)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Open a new store."""
    return open_store(tmp_path / "crm")


@pytest.fixture(scope="session")
def _first_syncs(tmp_path_factory: pytest.TempPathFactory) -> FirstSyncs:
    return FirstSyncs(tmp_path_factory.mktemp("synced"))


@pytest.fixture
def _synced_portal(
    portal: Portal, store: Store, sandbox: Sandbox, _first_syncs: FirstSyncs
) -> Store:
    _first_syncs.into(store, portal, sandbox)
    return store


@pytest.fixture
def synced(_synced_portal: Store) -> Store:
    """Return the store after a first sync of the portal; a module may have one of its own."""
    return _synced_portal


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture
def postgres_url(_postgres_server: str) -> Iterator[str]:
    """Return the URL of a real PostgreSQL, emptied afterwards; skip where it is not installed."""
    yield _postgres_server
    postgres.empty(_postgres_server)


@pytest.fixture
def scores(_synced_portal: Store) -> pd.DataFrame:
    """Return hand-made scores of every contact of the portal, as `score` would give them."""
    store = _synced_portal
    ids = store.contacts(["id"])["id"].sort_values(ignore_index=True)
    place = np.arange(len(ids))
    frame = pd.DataFrame(
        {
            "contact_id": ids,
            "probability": place / len(ids),
            "score": pd.array(place % 101, dtype="Int64"),
            "tier": np.array(list("ABCD"))[place % 4],
            "fit": pd.array(place % 101, dtype="Int64"),
            "engagement": pd.array([pd.NA] * len(ids), dtype="Int64"),
            "reasons": "Seats needed is 40",
            "model": "hand-made",
        }
    )
    frame.attrs = {"model": "hand-made", "workspace": str(store.workspace), "signal": True}
    return frame
