"""The page of a run shows what the cells showed, and does nothing."""

from __future__ import annotations

import pytest
from nbformat import v4
from tinybooks import SCRIPT, book

from leadscore.notebookhtml import safe_html, write_page


def _page(folder, *outputs, source="x"):
    cell = v4.new_code_cell(source, outputs=list(outputs))
    notebook = v4.new_notebook(cells=[cell])
    return write_page(notebook, folder / "p.html", title="t").read_text()


def _shown(data):
    return v4.new_output("display_data", data)


@pytest.mark.parametrize(
    ("hostile", "left"),
    [
        (SCRIPT, ""),
        ("<b onclick=x()>5</b>", "<b>5</b>"),
        ("<style>b{}</style>a", "a"),
        ("<svg><script>x</script></svg>a", "a"),
        ("<iframe src=http://x>inside</iframe>a", "a"),
        ("<img src=http://x/y.png>", "<img>"),
        ('<a href="javascript:x()">a</a>', "<a>a</a>"),
        ('<p style="background-image:url(http://x);top:0">a</p>', '<p style="">a</p>'),
        ("<form action=http://x><input></form>a", "a"),
        ("<scr<script></script>ipt>x()</script>a", "x()a"),
        ("a\u202eb&#8238;c&#x202e;d", "a\ufffdb\ufffdc\ufffdd"),
        ("<meta http-equiv=refresh content='0;url=http://x'>a", "a"),
    ],
)  # fmt: skip
def test_html_is_reduced_to_what_is_read(hostile, left):
    assert safe_html(hostile) == left


def test_tables_and_pictures_stay():
    table = '<table class="dataframe"><tr><th>a</th><td style="color: red;">1</td></tr></table>'
    picture = '<img src="data:image/png;base64,iVBORw0KGgo=" alt="it">'
    assert safe_html(picture) == picture
    for piece in ('class="dataframe"', "<th>a</th>", 'style="color: red;"'):
        assert piece in safe_html(table)


def test_of_a_widget_the_page_has_what_it_shows_without_a_kernel(tmp_path):
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    page = _page(tmp_path, _shown({**view, "text/html": "<b>77</b>", "text/plain": "Box()"}))
    assert "<b>77</b>" in page
    assert "Box()" not in page
    assert "IntSlider(value=3)" in _page(
        tmp_path, _shown({**view, "text/plain": "IntSlider(value=3)"})
    )


def test_the_richest_form_is_shown(tmp_path):
    both = {"image/png": "iVBORw0KGgo=\n", "text/plain": "<Figure>"}
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in _page(tmp_path, _shown(both))
    assert "data:image/svg+xml;base64," in _page(tmp_path, _shown({"image/svg+xml": "<svg/>"}))


def test_a_picture_cannot_break_out_of_its_address(tmp_path):
    page = _page(tmp_path, _shown({"image/png": f'"><b>{SCRIPT}'}))
    assert "alert(1)" not in page


def test_colours_go_and_a_progress_bar_shows_its_last_state(tmp_path):
    stream = v4.new_output(
        "stream", name="stderr", text="\x1b[31mred\x1b[0m\n 10%\r 99%\r100%\r\n<b>"
    )
    page = _page(tmp_path, stream)
    assert '<pre class="warned">red\n100%\n&lt;b&gt;</pre>' in page


def test_source_and_errors_are_escaped(tmp_path):
    error = v4.new_output("error", ename="E", evalue="x", traceback=["\x1b[1mE\x1b[0m", SCRIPT])
    page = _page(tmp_path, error, source=f"print('{SCRIPT}')")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 2


def test_the_page_is_private_and_has_a_policy_against_scripts_and_network(tmp_path):
    page = write_page(book("#! # A *story*"), tmp_path / "p.html", title=SCRIPT)
    assert page.stat().st_mode & 0o777 == 0o600
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page.read_text()
    assert "<em>story</em>" in page.read_text()
    assert "<script" not in page.read_text()


def test_cells_have_the_numbers_of_the_notebook_at_hand(tmp_path):
    notebook = book("a", "b", parameters="x = 1")
    notebook.cells.insert(1, v4.new_code_cell("x = 2", metadata={"tags": ["injected-parameters"]}))
    note = v4.new_markdown_cell("Oh!", metadata={"tags": ["papermill-error-cell-tag"]})
    notebook.cells.insert(0, note)
    page = write_page(notebook, tmp_path / "p.html", title="t").read_text()
    names = [part.partition("<")[0] for part in page.split("<summary>")[1:]]
    assert names == ["Cell 1", "Parameters given", "Cell 2", "Cell 3"]
    assert "Oh!" not in page
