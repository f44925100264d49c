"""The fourth notebook in a real JupyterLab: the cut is moved, a contact found, a plan approved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyterlab import Lab, missing, running_lab
from notebookruns import NOTEBOOKS, make_portal, small_copy

import leadscore as ls

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(bool(missing()), reason=missing() or "there"),
]
FOURTH = next(path for path in NOTEBOOKS if path.stem.startswith("04"))
SIZE = 1500


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a portal, its copy with a live model, and the notebook."""
    folder = tmp_path_factory.mktemp("lab")
    make_portal(folder / "crm", contacts=SIZE)
    with ls.open_portal(folder / "crm", sandbox=True, contacts=SIZE) as portal:
        store = ls.open_store(folder / "crm")
        ls.sync(portal, store, progress=False)
        ls.live_model(store, ls.reaches("customer", within="90D"))
    small_copy(FOURTH, folder, "crm", write=False, undo=False)
    return folder


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    """Open the notebook, and run all its cells."""
    with running_lab(folder, height=1600) as opened:
        opened.open(FOURTH.name)
        opened.run_all()
        assert opened.errors() == []
        yield opened


def _panel(lab: Lab, holds: str) -> Any:
    return lab.page.locator(".leadscore-live").filter(has=lab.page.locator(holds)).first


def test_an_analyst_moves_the_cut_finds_a_contact_approves_and_the_portal_has_the_scores(
    lab: Lab, folder: Path
):
    _move_the_cut_by_keyboard(lab)
    contact = _look_for_a_contact(lab, folder)
    _approve(lab)
    lab.shut_down_kernels()
    store = ls.open_store(folder / "crm")
    run = ls.runs(store).query("kind == 'apply'").iloc[-1]
    assert run["status"] == "done"
    assert run["written"] == run["verified"] > 1000
    with ls.open_portal(folder / "crm", sandbox=True, contacts=SIZE) as portal:
        read = portal.client.crm.contacts.basic_api.get_by_id
        there = read(contact, properties=["leadscore_score", "leadscore_tier"]).properties
    given = store.sql("SELECT * FROM scores").query("contact_id == @contact").iloc[-1]
    assert there["leadscore_score"] == str(given["score"])
    assert there["leadscore_tier"] == given["tier"]


def _move_the_cut_by_keyboard(lab: Lab) -> None:
    panel = _panel(lab, ".noUi-handle")
    number = panel.locator("input[type=number]")
    before = int(number.input_value())
    shown = panel.inner_text()
    panel.locator(".noUi-handle").focus()
    for _ in range(5):
        lab.page.keyboard.press("ArrowRight")
    moved = "([old, box]) => Number(box.value) > old"
    lab.page.wait_for_function(moved, arg=[before, number.element_handle()])
    assert panel.inner_text() != shown


def _look_for_a_contact(lab: Lab, folder: Path) -> str:
    contacts = ls.open_store(folder / "crm").contacts(["id", "lifecyclestage"])
    contact = str(contacts.query("lifecyclestage == 'lead'")["id"].iloc[7])
    panel = _panel(lab, "input[placeholder*='Enter']")
    panel.locator("input[placeholder*='Enter']").fill(contact)
    lab.page.keyboard.press("Enter")
    panel.get_by_text(re.compile(r"^1 found")).wait_for()
    assert contact in panel.locator("select option").last.inner_text()
    return contact


def _approve(lab: Lab) -> None:
    panel = _panel(lab, "button:has-text('Approve plan')")
    panel.get_by_role("button", name=re.compile("Approve plan")).click()
    panel.get_by_role("button", name=re.compile("Confirm: write")).click()
    done = lab.page.get_by_text("every contact is accounted for")
    done.first.wait_for()
    assert lab.page.get_by_role("button", name=re.compile("Approve plan")).count() == 0
