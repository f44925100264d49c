"""Pages of HTML from templates: self-contained, without scripts, and for their owner alone.

Whatever a template prints is first made one visible line, then escaped; a content security policy
stands behind that.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from leadscore.errors import DataError
from leadscore.pictures import to_png
from leadscore.reportwords import shown
from leadscore.visibletext import visible
from leadscore.workspace import replace_file

__all__ = ["picture", "write_page"]


def write_page(path: str | Path, template: str, context: Mapping[str, Any]) -> Path:
    """Fill a template and write it, in one step, mode 0600.

    Parameters
    ----------
    path : str or Path
    template : str
        A file of ``leadscore/templates``; all of them extend ``base.html.j2``.
    context : mapping
        What the template names; a name that is missing is an error.

    Raises
    ------
    SettingsError
        The file cannot be written.
    """
    page = _environment().get_template(template).render(context)
    return replace_file(path, page.encode("utf-8", "replace"))


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("leadscore"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters |= {"shown": shown, "png": Markup}
    return made


def _finalize(value: Any) -> Any:
    return value if hasattr(value, "__html__") else visible(value, limit=2000)


def picture(alt: str, draw: Callable[[], Figure]) -> dict[str, Any]:
    """Draw one picture for a page; one that the data do not allow is named with its reason.

    Returns
    -------
    dict
        ``alt`` and ``data`` (PNG in base64), or ``data`` None and ``why``.

    Examples
    --------
    >>> def nothing():
    ...     raise DataError("There is nothing to draw.")
    >>> picture("nothing", nothing)
    {'alt': 'nothing', 'data': None, 'why': 'There is nothing to draw.'}
    """
    try:
        return {"alt": f"Picture: {alt}", "data": b64encode(to_png(draw())).decode()}
    except DataError as error:
        return {"alt": alt, "data": None, "why": str(error)}
