"""Pages: private, and with nothing in them but text that can be seen."""

import stat

import pytest
from htmlreading import Page
from jinja2 import UndefinedError
from matplotlib.figure import Figure

from leadscore.errors import DataError
from leadscore.htmlpages import picture, write_page


def test_a_picture_that_the_data_do_not_allow_is_named_with_its_reason():
    def refuse():
        raise DataError("Nobody converted.")

    assert picture("gains", refuse)["why"] == "Nobody converted."
    assert picture("gains", Figure)["data"]


def test_a_page_is_for_its_owner_alone_and_a_forgotten_name_is_an_error(tmp_path):
    context = {"title": "\x1b<b>t</b>", "made": "now"}
    page = write_page(tmp_path / "p.html", "base.html.j2", context)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "<b>t</b>" in Page(page).text
    with pytest.raises(UndefinedError):
        write_page(tmp_path / "q.html", "base.html.j2", {})
