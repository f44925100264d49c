"""Somebody with a browser who lets an app in, or does not: no browser, but real requests."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit

import urllib3


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "input" and known.get("type") == "hidden":
            self.fields[str(known["name"])] = str(known["value"])


class Visitor(webbrowser.BaseBrowser):
    """Follows the page that asks for consent to the address that it leads back to.

    Parameters
    ----------
    decision : str
        "approve" or "deny".
    change : dict, optional
        What the answer's query says instead, such as another state.
    """

    def __init__(self, decision: str = "approve", change: dict[str, str] | None = None) -> None:
        super().__init__()
        self.decision, self.change = decision, change or {}
        self.url, self.back, self.page, self.status = "", "", "", 0
        self._walk: threading.Thread | None = None

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.url = url
        self._walk = threading.Thread(target=self.visit, args=(url,))
        self._walk.start()
        return True

    def visit(self, url: str) -> None:
        self.back = self.answer(url)
        with urllib3.PoolManager() as http:
            shown = http.request("GET", self.back, redirect=False, retries=False)
        self.status, self.page = shown.status, shown.data.decode()

    def answer(self, url: str) -> str:
        """Say yes or no on the page, and return where the browser is sent."""
        with urllib3.PoolManager() as http:
            form = _Form()
            form.feed(http.request("GET", url).data.decode())
            sent = http.request(
                *("POST", url.partition("?")[0]),
                body=urlencode(form.fields | {"decision": self.decision}),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                redirect=False,
            )
        asked = urlsplit(sent.headers["location"])
        query = urlencode(dict(parse_qsl(asked.query)) | self.change)
        return asked._replace(query=query).geturl()

    def join(self) -> None:
        if self._walk is not None:
            self._walk.join(10)


@contextmanager
def browsing(visitor: Visitor) -> Iterator[Visitor]:
    """Have what Python opens in a browser be opened by a visitor."""
    before = (dict(webbrowser._browsers), list(webbrowser._tryorder or []))
    webbrowser.register("visitor", None, visitor, preferred=True)
    try:
        yield visitor
    finally:
        visitor.join()
        webbrowser._browsers, webbrowser._tryorder = before
