"""How a panel shows itself: alive where somebody can use it, as tables and pictures elsewhere.

Two outputs are sent: the static page first, then the live widget. JupyterLab shows the live one
alone as long as its kernel has it, and the static one alone from then on; where nobody watches
(papermill, nbconvert, nbval) no widget is made at all. GitHub and others read the static one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar
from uuid import uuid4

from leadscore.errors import LeadscoreError
from leadscore.panelparts import note, warning_note

__all__ = ["Panel", "somebody_watches"]

# The first rule hides the static page while a live widget follows it; the second hides what
# JupyterLab says of a widget whose kernel is gone. Notebooks that are not trusted lose the rules,
# and there no widget is drawn either.
_STYLE = (
    "<style>.jp-OutputArea-child:has(.leadscore-static):has(+ * .leadscore-live){display:none}"
    ".jp-OutputArea-child:has(.leadscore-static) + .jp-OutputArea-child:not(:has(.leadscore-live))"
    ":has(> .jp-OutputArea-output.lm-Panel){display:none}</style>"
)
_VIEW = "application/vnd.jupyter.widget-view+json"


def somebody_watches() -> bool:
    """Return whether a person can use a widget here: a kernel that may ask for input has one."""
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    # papermill, nbconvert and nbval run cells without leave to ask (allow_stdin, Jupyter protocol).
    return kernel is not None and bool(getattr(kernel, "_allow_stdin", True))


class Panel:
    """A panel: a live widget, and the same as a static page.

    Attributes
    ----------
    name : str
        What screen readers and text call it.
    """

    name: ClassVar[str] = "Panel"

    def page(self) -> str:
        """Return what the panel shows now as HTML: escaped, no scripts, nothing from elsewhere."""
        raise NotImplementedError

    def text(self) -> str:
        """Return what the panel shows now as text."""
        raise NotImplementedError

    def _build(self) -> Any:
        raise NotImplementedError

    @cached_property
    def widget(self) -> Any:
        """The live widget, made when it is asked for first."""
        import ipywidgets as w

        self.notice = w.HTML()
        built = w.VBox([self._build(), self.notice])
        built.add_class("leadscore-live")
        return built

    def say(self, text: str = "") -> None:
        """Show one sentence below the panel."""
        self.notice.value = note(text) if text else ""

    def warn(self, text: str) -> None:
        """Show what went wrong below the panel."""
        self.notice.value = warning_note(text)

    @contextmanager
    def minding(self) -> Iterator[None]:
        """Show an error as one message: no traceback, and nothing that might quote a contact."""
        try:
            yield
        except LeadscoreError as error:
            self.warn(str(error))
        except Exception as error:  # noqa: BLE001 - a traceback helps nobody here, and may quote data
            self.warn(f"That did not work ({type(error).__name__}). Run the cell again.")

    def on(self, control: Any, act: Callable[[], None]) -> None:
        """Do something when a button is pressed, or the value of another control changes."""

        def mind(_: Any) -> None:
            with self.minding():
                act()

        if hasattr(control, "on_click"):
            control.on_click(mind)
        else:
            control.observe(mind, names="value")

    def bundle(self) -> dict[str, str]:
        """Return the static page by MIME type."""
        page = f'<div class="leadscore-static tex2jax_ignore mathjax_ignore">{self.page()}</div>'
        return {"text/html": page, "text/plain": self.text()}

    def refresh(self) -> None:
        """Bring the static page up to date where it was shown: the file keeps what was seen."""
        if shown := self.__dict__.get("_shown"):
            _send(self._styled(), display_id=shown, update=True)

    def _styled(self) -> dict[str, str]:
        found = self.bundle()
        return found | {"text/html": _STYLE + found["text/html"]}

    def _ipython_display_(self) -> None:
        if not somebody_watches():
            _send(self.bundle())
            return
        self._shown = f"leadscore-{uuid4().hex}"
        _send(self._styled(), display_id=self._shown)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        _send({_VIEW: view, "text/plain": ""})

    def _repr_html_(self) -> str:
        return self.bundle()["text/html"]

    def __repr__(self) -> str:
        return self.text()


def _send(bundle: dict[str, Any], **options: Any) -> None:
    from IPython import display

    show: Any = display.display
    show(bundle, raw=True, **options)
