"""What panels are made of: tables and small pictures as HTML, escaped, without scripts."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from leadscore.visibletext import visible

__all__ = ["Raw", "image", "inert", "note", "plain_table", "svg", "table", "warning_note"]

_CELL = "padding:0.15em 0.9em 0.15em 0;border:0;background:none"
_NUMBER_LETTERS = frozenset("0123456789.,+-% ")


class Raw(str):
    """HTML that we made ourselves; everything else is escaped."""

    __slots__ = ()


def inert(value: object, *, limit: int = 200) -> str:
    r"""Return a value as text that is safe within HTML and shows all that is in it.

    Examples
    --------
    >>> inert("<b>\x1b[31m\u202e")
    '&lt;b&gt;\ufffd[31m\ufffd'
    """
    # MathJax looks at text between dollar signs.
    return escape(visible(value, limit=limit)).replace("$", "&#36;<!-- -->")


def table(head: Sequence[object], rows: Iterable[Sequence[object]], *, caption: str = "") -> str:
    """Return a table whose cells are escaped unless they are `Raw`; numbers stand right.

    Examples
    --------
    >>> "&lt;i&gt;" in table(["name"], [["<i>"]])
    True
    """
    top = "".join(f'<th scope="col" style="{_CELL};text-align:left">{_text(h)}</th>' for h in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    said = f'<caption style="text-align:left">{inert(caption)}</caption>' if caption else ""
    return (
        f'<table style="border-collapse:collapse;margin:0.3em 0;line-height:1.35">{said}'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(value: object) -> str:
    number = not isinstance(value, Raw) and set(str(value)) <= _NUMBER_LETTERS
    side = "right" if number else "left"
    return f'<td style="{_CELL};text-align:{side};vertical-align:top">{_text(value)}</td>'


def _text(value: object) -> str:
    return value if isinstance(value, Raw) else inert(value)


def plain_table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as lines of text."""
    lines = [[visible(cell, limit=60) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def note(text: object, *, strong: bool = False) -> str:
    """Return a sentence that screen readers say when it changes."""
    said = f"<b>{inert(text, limit=600)}</b>" if strong else inert(text, limit=600)
    return f'<div role="status" aria-live="polite" style="line-height:1.4">{said}</div>'


def warning_note(text: object) -> str:
    """Return a sentence about something that went wrong or blocks: said, marked and framed."""
    said = inert(text, limit=900)
    return (
        '<div role="alert" style="line-height:1.4;border-left:4px solid #D55E00;'
        f'padding:0.2em 0.7em;margin:0.3em 0"><b>&#9888; </b>{said}</div>'
    )


def svg(width: int, height: int, parts: Iterable[str]) -> str:
    """Return a drawing; the parts are ours, numbers and escaped words."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
        f'<rect width="{width}" height="{height}" fill="white"/>{"".join(parts)}</svg>'
    )


def image(drawing: str | bytes, alt: object, *, width: int | None = None) -> str:
    """Return a drawing (SVG) or picture (PNG) as an image: nothing within it can run."""
    kind = "svg+xml" if isinstance(drawing, str) else "png"
    data = drawing.encode("utf-8", "replace") if isinstance(drawing, str) else drawing
    size = f' width="{width}"' if width else ""
    return (
        f'<img alt="{inert(alt, limit=400)}"{size} style="max-width:100%" '
        f'src="data:image/{kind};base64,{b64encode(data).decode()}">'
    )
