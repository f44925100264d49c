"""Pages as a browser would take them, and texts that try to be more than text."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{7*7}} {% raw %} ${7*7}",
    "</style></title><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "\x1b[31mred\x1b]8;;http://evil\x07",
    "\u202eexe.fdp\u2066",
    "<!-- --> ]]> &lt;b&gt; &#60;",
    "$\\frac{1}$",
]
ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "header", "section", "footer"),
    *("h1", "h2", "p", "div", "span", "strong", "b", "ul", "li", "figure", "img", "figcaption"),
    *("table", "thead", "tbody", "tr", "th", "td", "bdi", "meter"),
}
ATTRIBUTES = {
    "html": {"lang"},
    "meta": {"charset", "http-equiv", "content", "name"},
    "div": {"class"},
    "span": {"class"},
    "p": {"class"},
    "img": {"src", "alt"},
    "table": {"class"},
    "th": {"class"},
    "td": {"class", "data-label"},
    "meter": {"min", "max", "value"},
    "footer": {"class"},
}


class Page(HTMLParser):
    """What a browser would make of the file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.comments: list[str] = []
        self.feed(path.read_text("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]
