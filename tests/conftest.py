"""Fixtures: no test sees the settings of the machine that it runs on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

NAMES = ("HUBSPOT_PRIVATE_APP_TOKEN", "HUBSPOT_ACCESS_TOKEN")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name in NAMES or (name.startswith("LEADSCORE_") and name != "LEADSCORE_DATA"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def public_tables() -> Path:
    """Return the folder of public tables, or skip and say how to get them."""
    folder = os.environ.get("LEADSCORE_DATA")
    if not folder:
        pytest.skip("LEADSCORE_DATA is not set: the folder with the public tables")
    return Path(folder)
