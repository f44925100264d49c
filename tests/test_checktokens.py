from __future__ import annotations

import os

import pandas as pd
import pytest
from pydantic import SecretStr

from leadscore.checktokens import env_file_age, portals
from leadscore.hubspot.vault import Entry, Vault
from leadscore.settings import load_settings

TODAY = pd.Timestamp("2026-11-30", tz="UTC")


def _keep(name, *, days, kind="token"):
    since = (TODAY - pd.Timedelta(days=days)).isoformat()
    entry = Entry(name, 7, kind, since, "https://api.hubapi.com")
    Vault(load_settings()).keep(entry, {"token": SecretStr("canary-secret")})


def test_where_nobody_signed_in_there_is_nothing_to_say(tmp_path):
    assert list(portals(load_settings(), today=TODAY)) == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("days", "kind", "old"),
    [(180, "token", False), (181, "token", True), (1000, "oauth", False), (-3, "token", False)],
)
def test_a_token_of_more_than_180_days_is_due_and_consent_is_not(days, kind, old):
    _keep("acme", days=days, kind=kind)
    first, *more = portals(load_settings(), today=TODAY)
    assert (first.name, first.state) == ("portals", "ok")
    assert f"acme (7, {kind}, {max(days, 0)} days)" in first.message
    assert [check.name for check in more] == ["token age"] * old
    assert all("leadscore login acme" in check.hint for check in more)
    assert "canary" not in f"{first} {more}"


def test_a_date_that_is_none_is_no_age():
    entry = Entry("acme", 7, "token", "long ago", "https://api.hubapi.com")
    Vault(load_settings()).keep(entry, {"token": SecretStr("canary-secret")})
    assert len(list(portals(load_settings(), today=TODAY))) == 1


@pytest.mark.parametrize(("days", "old"), [(179, False), (200, True)])
def test_a_token_in_an_env_file_is_at_least_as_old_as_its_last_change(tmp_path, days, old):
    file = tmp_path / ".env"
    file.write_text("")
    then = (TODAY - pd.Timedelta(days=days)).timestamp()
    os.utime(file, (then, then))
    assert [check.name for check in env_file_age(file, today=TODAY)] == ["token age"] * old
