from __future__ import annotations

import os

import pandas as pd
import pytest

from leadscore.checkmachine import LIBRARIES, api_version, env_file, libraries, versions_of
from leadscore.hubspot.paths import SUPPORTED_UNTIL, VERSIONS

GOOD = {"hubspot-api-client": "12.0.0", "urllib3": "2.8.0"}


def test_the_libraries_of_this_machine_are_there_and_named():
    python, found = libraries(versions_of())
    assert python.message.startswith("Python 3.")
    assert found.state == "ok"
    assert all(name in found.message for name in LIBRARIES)


@pytest.mark.parametrize("version", ["2.6.0", "1.26.20", "3.0.0"])
def test_a_urllib3_that_hubspots_client_fails_with_is_wrong(version):
    found = list(libraries(GOOD | {"urllib3": version}))[-1]
    assert (found.state, version in found.message) == ("wrong", True)
    assert "urllib3!=2.6.0" in found.hint


def test_a_library_that_is_missing_is_named():
    assert versions_of(("nobody-has-this",)) == {"nobody-has-this": None}
    found = list(libraries(GOOD | {"duckdb": None}))[-1]
    assert (found.state, "duckdb" in found.message) == ("wrong", True)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize(
    ("mode", "state"), [(0o600, "ok"), (0o400, "ok"), (0o640, "warning"), (0o604, "warning")]
)
def test_an_env_file_that_others_can_read_is_a_warning(tmp_path, mode, state):
    path = tmp_path / ".env"
    path.write_text("HUBSPOT_PRIVATE_APP_TOKEN=canary\n")
    path.chmod(mode)
    (found,) = env_file(path)
    assert found.state == state
    assert "canary" not in found.message


def test_where_there_is_no_env_file_there_is_nothing_to_say(tmp_path):
    assert list(env_file(tmp_path / ".env")) == []


@pytest.mark.parametrize(
    ("version", "today", "state", "hint"),
    [
        ("2026-03", "2026-11-25", "ok", ""),
        ("2026-03", "2027-08-01", "warning", "LEADSCORE_API_VERSION=2026-09"),
        ("v3", "2026-11-25", "ok", ""),
        ("v3", "2027-04-01", "warning", "LEADSCORE_API_VERSION=2026-09"),
        ("2026-09", "2028-04-01", "warning", "Update leadscore"),
    ],
)
def test_a_version_near_or_past_its_end_is_a_warning(version, today, state, hint):
    (found,) = api_version(version, today=pd.Timestamp(today))
    assert found.state == state
    assert hint in found.hint


def test_the_days_that_are_left_are_counted():
    (found,) = api_version("2026-03", today=pd.Timestamp("2027-09-29 18:00"))
    assert "2027-09-30 (1 days left)" in found.message
    (found,) = api_version("v3", today=pd.Timestamp("2028-01-01"))
    assert "left" not in found.message


def test_every_version_has_an_end():
    assert SUPPORTED_UNTIL.keys() == set(VERSIONS)
