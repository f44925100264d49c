"""Fixtures of the HubSpot rooms: a portal that says what the test tells it to."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from scripted import Script, scripted

from leadscore.hubspot.connection import Portal
from leadscore.hubspot.paths import VERSIONS
from leadscore.settings import Settings

TOKEN = "pat-na1-00000000-1111-2222-3333-444444444444"


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Return each version of the API in turn: what holds for one holds for all."""
    return str(request.param)


@pytest.fixture
def script() -> Iterator[Script]:
    """Serve a script."""
    with scripted() as served:
        yield served


@pytest.fixture
def waits() -> list[float]:
    """Return the waits that nobody had to sit through."""
    return []


@pytest.fixture
def odd(script: Script, waits: list[float], version: str) -> Iterator[Portal]:
    """Connect to the script; waiting is noted and not done, but the clock moves as if it were."""
    portal = Portal(Settings(base_url=script.url, api_version=version), SecretStr(TOKEN))
    portal.pool.waits.sleep = waits.append
    portal.pool.waits.clock = lambda: time.monotonic() + sum(waits)
    portal.pool.waits.uniform = lambda _low, high: high
    yield portal
    portal.close()
