"""Where a run of a notebook is kept, for how long, and that no token gets there."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from leadscore.errors import UsageError
from leadscore.notebookscrub import Scrubber
from leadscore.workspace import make_private, replace_file

__all__ = ["keeper", "output_for", "read_notebook", "sweep"]

FOLDER = "notebooks"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OURS = re.compile(r"[0-9]{6}-(?P<stem>.+?)(?:\.[0-9]+)?\.(?:ipynb|html)")
_LARGEST = 200_000_000  # bytes


def read_notebook(path: str | Path) -> Any:
    """Read a notebook from a file of this machine.

    Returns
    -------
    NotebookNode

    Raises
    ------
    UsageError
        There is none, it is no notebook, or its language is not Python.
    """
    import nbformat

    file = Path(path).expanduser()
    try:
        if file.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        notebook = nbformat.reads(file.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
    except OSError as error:
        raise UsageError(
            f"The notebook {file} cannot be read: {error.strerror}.", hint="Check the path."
        ) from None
    except Exception as error:  # noqa: BLE001 - a validator may raise anything
        raise UsageError(
            f"{file} is no notebook: {str(error).splitlines()[0][:200]}.",
            hint="Open it in Jupyter and save it again.",
        ) from None
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if str(language).lower() != "python":
        raise UsageError(
            f"The notebook {file} is for {language}.", hint="Only notebooks in Python are run."
        )
    return notebook


def output_for(workspace: Path, stem: str, moment: datetime) -> Path:
    """Return where the output of a run goes: ``notebooks/DATE/TIME-STEM.ipynb``; UTC.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> at = datetime(2026, 3, 1, 3, 0, 5, tzinfo=UTC)
    >>> output_for(folder, "05_nightly", at).relative_to(folder).as_posix()
    'notebooks/2026-03-01/030005-05_nightly.ipynb'
    """
    day = make_private(make_private(workspace / FOLDER) / f"{moment:%Y-%m-%d}")
    name = f"{moment:%H%M%S}-{stem}"
    taken = (day / f"{name}.{n}.ipynb" for n in range(2, 1000))
    first = day / f"{name}.ipynb"
    return next(path for path in (first, *taken) if not path.exists())


def keeper(path: Path, scrubber: Scrubber) -> Callable[[Any], Any]:
    """Return what keeps a notebook in a file, now and again, without tokens; mode 0600.

    It returns the notebook as it was kept.
    """

    def keep(notebook: Any) -> Any:
        import nbformat

        notebook.metadata.papermill["output_path"] = str(path)
        clean = nbformat.from_dict(scrubber.anything(notebook))  # type: ignore[no-untyped-call]
        text = nbformat.writes(clean)  # type: ignore[no-untyped-call]
        # What was split over two places of one text meets only here.
        safe = scrubber.text(text)
        replace_file(path, safe.encode("utf-8", "replace"))
        if safe == text:
            return clean
        return nbformat.reads(safe, as_version=4)  # type: ignore[no-untyped-call]

    return keep


def sweep(workspace: Path, *, days: int, now: datetime | None = None) -> int:
    """Delete the outputs of notebooks that are older than so many days; each one's newest stays.

    Only files that runs left under ``notebooks/DATE`` are looked at.

    Returns
    -------
    int
        How many files were deleted.
    """
    last = f"{(now or datetime.now(UTC)) - timedelta(days=days):%Y-%m-%d}"
    folders = sorted(p for p in (workspace / FOLDER).glob("*") if _DAY.fullmatch(p.name))
    found = [(m["stem"], p) for f in folders for p in sorted(f.iterdir())
             if (m := _OURS.fullmatch(p.name))]  # fmt: skip
    newest = {(stem, path.suffix): path for stem, path in found}.values()
    old = [path for _, path in found if path.parent.name < last and path not in newest]
    for path in old:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in old}:
        with suppress(OSError):
            folder.rmdir()
    return len(old)
