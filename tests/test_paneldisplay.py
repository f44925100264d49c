from __future__ import annotations

import pytest

from leadscore.errors import DataError
from leadscore.paneldisplay import Panel, somebody_watches


class Small(Panel):
    name = "Small"

    def page(self):
        return "<p>page</p>"

    def text(self):
        return "text"

    def _build(self):
        import ipywidgets as w

        self.button = w.Button(description="Go")
        self.on(self.button, self.act)
        return self.button

    def act(self):
        raise self.problem


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (DataError("Nothing <there>.", hint="Sync."), "Nothing &lt;there&gt;. Sync."),
        (KeyError("jane@example.com"), "That did not work (KeyError)."),
    ],
)
def test_an_error_is_one_message_without_traceback_or_foreign_data(problem, said):
    panel = Small()
    assert panel.widget is not None
    panel.problem = problem
    panel.button.click()
    assert said in panel.notice.value
    assert "Traceback" not in panel.notice.value
    assert "jane" not in panel.notice.value


def test_outside_a_notebook_nobody_watches_and_no_widget_is_made(capsys):
    panel = Small()
    panel._ipython_display_()
    assert not somebody_watches()
    assert "widget" not in panel.__dict__


def test_a_panel_reads_as_page_and_text():
    panel = Small()
    assert "page" in panel._repr_html_()
    assert repr(panel) == "text"
