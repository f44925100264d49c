"""A notebook that was run as one page: its outputs as they were, and nothing that acts.

No scripts, no network: what a cell shows is reduced to tables, text and pictures, and a content
security policy stands behind that. Of a widget the page has what the widget shows without a kernel.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from leadscore.visibletext import visible
from leadscore.workspace import replace_file

__all__ = ["safe_html", "write_page"]

# fmt: off
_TAGS = frozenset((
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del",
    "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5",
    "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "section",
    "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "u", "ul", "var",
))
_ATTRIBUTES = frozenset((
    "align", "alt", "class", "colspan", "dir", "headers", "height", "lang", "open", "rowspan",
    "scope", "style", "title", "valign", "width",
))
# fmt: on
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|svg\+xml|webp);base64,[A-Za-z0-9+/=\s]*")
#: Elements whose content is no text to be read.
_SILENT = re.compile(
    r"<(script|style|noscript|template|title|iframe|object|svg|math)\b.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_CODED = re.compile(r"&#([0-9]{1,8}|[xX][0-9a-fA-F]{1,8});?")
_ANCHOR = re.compile(r'<a class="anchor-link"[^>]*>[^<]*</a>')
_LONGEST = 200_000  # characters of one text
#: papermill's own notes of where an error was.
_PAPERMILLS = "papermill-error-cell-tag"
_PICTURES = ("image/png", "image/jpeg", "image/gif")


def safe_html(text: str) -> str:
    """Return HTML reduced to what is read: no scripts, forms, links, styles of a whole page.

    Examples
    --------
    >>> safe_html("<b onclick='x()'>5 &lt; 6</b><script>alert(1)</script>")
    '<b>5 &lt; 6</b>'
    """
    import bleach
    from bleach.css_sanitizer import CSSSanitizer

    bare = _SILENT.sub("", text)
    cleaned = bleach.clean(
        bare,
        tags=_TAGS,
        attributes=_may_stay,
        protocols=["data"],
        css_sanitizer=CSSSanitizer(),
        strip=True,
        strip_comments=True,
    )
    return _CODED.sub(_decoded, "".join(map(_line, str(cleaned).splitlines(keepends=True))))


def _decoded(coded: re.Match[str]) -> str:
    """Return a coded letter as it is, unless it would hide or turn something."""
    digits = coded[1].lower()
    number = int(digits[1:], 16) if digits.startswith("x") else int(digits)
    seen = number < 0x110000 and (chr(number).isprintable() or chr(number) in " \t\n")
    return coded[0] if seen else "\ufffd"


def _may_stay(tag: str, name: str, value: str) -> bool:
    if name == "src":
        return tag == "img" and _PICTURE.fullmatch(value) is not None
    return name in _ATTRIBUTES or name.startswith("aria-")


def write_page(notebook: Any, path: Path, *, title: str) -> Path:
    """Write a notebook as a page of HTML; mode 0600.

    Parameters
    ----------
    notebook : NotebookNode
        Run, and without tokens.
    path : Path
        Replaced in one step.
    title : str

    Returns
    -------
    Path

    Raises
    ------
    SettingsError
        The file cannot be written.
    """
    environment = Environment(
        loader=PackageLoader("leadscore"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    ran = notebook.metadata.get("papermill", {})
    page = environment.get_template("notebook.html.j2").render(
        title=visible(title),
        began=visible(str(ran.get("start_time") or "")[:19].replace("T", " ")),
        failed=bool(ran.get("exception")),
        cells=_cells(notebook),
    )
    return replace_file(path, page.encode("utf-8", "replace"))


def _cells(notebook: Any) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    number = 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown" and _PAPERMILLS not in tags:
            # Made safe: see safe_html.
            shown.append({"kind": "prose", "html": Markup(_prose(cell.source))})  # noqa: S704
        elif cell.cell_type == "code":
            given = "injected-parameters" in tags
            number += not given
            shown.append({"name": "Parameters given" if given else f"Cell {number}", **_code(cell)})
    return shown


def _code(cell: Any) -> dict[str, Any]:
    outputs = [Markup(shown) for one in cell.outputs if (shown := _output(one))]  # noqa: S704
    return {"kind": "code", "source": _text(cell.source), "outputs": outputs}


def _prose(source: str) -> str:
    from nbconvert.filters import markdown2html

    return safe_html(_ANCHOR.sub("", str(markdown2html(source))))


def _output(output: Any) -> str:
    if output.output_type == "stream":
        kind = "warned" if output.name == "stderr" else "said"
        return f'<pre class="{kind}">{escape(_text(output.text))}</pre>'
    if output.output_type == "error":
        return f'<pre class="error">{escape(_text(chr(10).join(output.traceback)))}</pre>'
    return _richest(output.get("data", {}))


def _richest(data: Any) -> str:
    """Return the richest of an output's forms that needs no kernel and no script."""
    for kind, show in _FORMS.items():
        if data.get(kind):
            found = data[kind]
            return show("".join(found) if isinstance(found, list) else str(found))
    return ""


def _picture(kind: str) -> Callable[[str], str]:
    def show(text: str) -> str:
        coded = re.sub(r"[^A-Za-z0-9+/=]", "", text)
        return f'<img alt="A picture that the cell drew" src="data:{kind};base64,{coded}">'

    return show


def _drawing(text: str) -> str:
    # In an img element, a drawing runs no scripts and loads nothing.
    coded = b64encode(text.encode("utf-8", "replace")).decode()
    return f'<img alt="A picture that the cell drew" src="data:image/svg+xml;base64,{coded}">'


def _html(text: str) -> str:
    return f'<div class="shown">{safe_html(text)}</div>'


def _plain(text: str) -> str:
    return f"<pre>{escape(_text(text))}</pre>"


_FORMS: dict[str, Callable[[str], str]] = {
    "text/html": _html,
    **{kind: _picture(kind) for kind in _PICTURES},
    "image/svg+xml": _drawing,
    "text/markdown": _prose,
    "text/latex": _plain,
    "text/plain": _plain,
}


def _text(text: str) -> str:
    """Return a text of many lines without colours and codes; each line shows all that is in it."""
    bare = _ANSI.sub("", text)[:_LONGEST]
    lines = bare.replace("\r\n", "\n").split("\n")
    # A progress bar writes over its own line: the last state counts.
    return "\n".join(_line(line.rstrip("\r").rpartition("\r")[2]) for line in lines)


def _line(line: str) -> str:
    return line if line.isprintable() else "".join(map(_shown, line))


def _shown(letter: str) -> str:
    return letter if letter.isprintable() or letter in "\t\n\r\xa0" else "\ufffd"
