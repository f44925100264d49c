from __future__ import annotations

import json

import ipywidgets
import pytest
from pydantic import SecretStr

import leadscore as ls
from leadscore.hubspot.permissions import STEPS
from leadscore.panelconnection import steps_of

WRONG = "pat-na1-00000000-1111-2222-3333-444444444444"


@pytest.fixture
def panel(sandbox, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    made = ls.widgets.connection()
    assert made.widget is not None
    yield made
    if made.portal is not None:
        made.portal.close()


def _everything(panel):
    state = json.dumps(ipywidgets.Widget.get_manager_state(), default=str)
    return state + panel.page() + repr(panel) + panel.text() + panel.notice.value


def test_a_typed_token_connects_and_is_kept_in_no_state_output_or_repr(sandbox, panel):
    panel.password.value = sandbox.token
    assert panel.portal.id == sandbox.portal_id
    assert panel.password.value == ""
    assert sandbox.token not in _everything(panel)
    assert str(sandbox.portal_id) in panel.page()


def test_a_typed_token_goes_before_a_portal_by_name(sandbox, panel, monkeypatch):
    monkeypatch.setenv("LEADSCORE_PORTAL", "nobody-signed-in-to-this")
    panel.password.value = sandbox.token
    assert panel.portal.id == sandbox.portal_id


def test_a_typed_token_is_not_echoed_to_the_browser(panel):
    assert panel.password.trait_metadata("value", "echo_update") is False


def test_a_refused_token_is_one_message_without_the_token(panel):
    panel.password.value = WRONG
    assert panel.portal is None
    assert panel.notice.value
    assert WRONG not in _everything(panel)


def test_a_portal_that_is_connected_is_shown(portal):
    panel = ls.widgets.connection(portal)
    assert panel.portal is portal
    assert str(portal.id) in panel.text()
    assert SecretStr.__name__ not in panel.page()


def test_every_step_is_told(portal):
    assert list(steps_of(portal)["step"]) == list(STEPS)
    assert set(steps_of(portal)["possible"]) <= {"yes", "less", "no", "unknown"}
