"""Files of HubSpot's file manager: up, found, shown for a while, on records, and away.

HubSpot API docs, "Files" and "Notes". Tried against the sandbox alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.attachments import (
    Attachments,
    To,
    carried_out,
    frame_of,
    records_of,
    without_missing,
)
from leadscore.errors import UsageError
from leadscore.filenames import checked_folder, checked_name, safe_name
from leadscore.fileoptions import ACCESS, LARGEST, File, file_of, upload_options
from leadscore.hubspot.files import delete_file, files_found, read_file, sign_url, upload_file
from leadscore.hubspot.multipart import size_of
from leadscore.hubspot.permissions import require
from leadscore.runrecords import on_record
from leadscore.store import open_store
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["ACCESS", "LARGEST", "File", "attach", "delete", "find", "signed_url", "upload"]

_FOLDER = "/leadscore"


def __dir__() -> list[str]:
    return __all__


def upload(
    portal: Portal,
    path: str | Path,
    *,
    folder: str = _FOLDER,
    name: str | None = None,
    access: str = "PRIVATE",
    overwrite: bool = False,
    ttl: str | pd.Timedelta | None = None,
    dry_run: bool = False,
    workspace: str | Path | None = None,
) -> File:
    """Put a file into the file manager; `ls.undo` deletes it again.

    It is read from the disk as it is sent, however large it is. Where the reply is lost, it is
    looked for by its name and content before it is sent again.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``files``.
    path : str or Path
    folder : str, default "/leadscore"
        The file manager's folder, made when missing.
    name : str, optional
        With its ending. Without it the file's own, in which control codes and path separators
        become "_". Where another file of the folder has it, HubSpot puts a number behind it.
    access : str, default "PRIVATE"
        One of `ACCESS`. Everything that begins with PUBLIC is on the internet for everybody.
    overwrite : bool, default False
        Take the place of a file of that name in the folder; what it was is lost.
    ttl : str or Timedelta, optional
        HubSpot deletes the file after it: "30D", or a period such as "P1M"; a day to a year.
    dry_run : bool, default False
        Say what would be sent, and send nothing.
    workspace : str or Path, optional
        Where the run is on record; by default that of the settings. The ledger has the file's id
        and size, not its name.

    Returns
    -------
    File

    Raises
    ------
    SettingsError
        The file cannot be read.
    UsageError
        It is too large, or an option does not fit. Nothing was sent.
    MissingScopesError
        The token lacks the scope.
    HubSpotError
        HubSpot refuses it, or does not answer.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "offer.txt").write_text("Hello")
    >>> with ls.open_sandbox(contacts=5) as sandbox, ls.connect(sandbox) as portal:
    ...     ls.files.upload(portal, folder / "offer.txt", workspace=folder / "crm").path
    '/leadscore/offer.txt'
    """
    file = _on_disk(path)
    sent_as = _name(file, name)
    options = upload_options(file, folder=folder, access=access, overwrite=overwrite, ttl=ttl)
    portal.require("files")
    if dry_run:
        where = f"{options['folder']}/{sent_as}"
        return File("", sent_as, where, access, size_of(file))
    with open_store(workspace or portal.settings.workspace) as store:
        store.ledger.bind_portal(portal.id)
        run = store.ledger.start_run("upload", bytes=size_of(file), access=access)
        with on_record(portal, store, run) as facts:
            made = file_of(upload_file(portal, file, name=sent_as, **options), run)
            facts["file"] = made.id
    return made


def _on_disk(path: Any) -> Path:
    if isinstance(path, str | PathLike):
        return Path(path)
    raise UsageError(
        f"A file's path is wanted, not {type(path).__name__}.",
        hint="Write what is to be sent into a file first: Path(name).write_bytes(content).",
    )


def _name(path: Path, name: str | None) -> str:
    return safe_name(path.name) if name is None else checked_name(name)


def find(
    portal: Portal, name: str | None = None, *, folder: str | None = None, limit: int | None = None
) -> pd.DataFrame:
    """Return files of the file manager.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``files``.
    name : str, optional
        A part of the name, without its ending.
    folder : str, optional
        Only those in the folder or in one below it.
    limit : int, optional
        Not more than so many.

    Returns
    -------
    DataFrame
        ``id``, ``name`` (with its ending), ``path``, ``access``, ``type`` (str), ``size`` (Int64,
        bytes), ``created_at``, ``updated_at`` (UTC), ``url``.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=5) as sandbox, ls.connect(sandbox) as portal:
    ...     len(ls.files.find(portal, "offer"))
    0
    """
    portal.require("files")
    query = [("name", name)] if name else []
    inside = "" if folder is None else f"{checked_folder(folder)}/"
    rows = []
    for one in files_found(portal, query, limit=None if inside else limit):
        if str(one.get("path") or "").startswith(inside):
            rows.append(_found(one))
        if limit is not None and len(rows) >= limit:
            break
    return _frame(rows)


def _found(one: Mapping[str, Any]) -> tuple[Any, ...]:
    file = file_of(one)
    about = (file.id, file.name, file.path, file.access, one.get("type"), file.size)
    return (*about, one.get("createdAt"), one.get("updatedAt"), file.url)


def _frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    texts = ["id", "name", "path", "access", "type"]
    names = [*texts, "size", "created_at", "updated_at", "url"]
    frame = pd.DataFrame(rows, columns=names)
    for name in ("created_at", "updated_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601").dt.as_unit("us")
    return frame.astype(dict.fromkeys([*texts, "url"], "str") | {"size": "Int64"})


def signed_url(portal: Portal, file: File | str, *, expires: str | pd.Timedelta = "1h") -> str:
    """Return a link that shows a private file to whoever has it, for a while.

    Whoever has the link needs no account: treat it as a password. leadscore keeps it nowhere.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``files``.
    file : File or str
        From `upload`, or its id.
    expires : str or Timedelta, default "1h"
        For how long.

    Raises
    ------
    NotFoundError
        There is no such file.
    UsageError
        The time cannot be used.

    Examples
    --------
    >>> import leadscore as ls
    >>> def link(portal, offer):
    ...     return ls.files.signed_url(portal, offer, expires="1D")
    """
    try:
        seconds = int(pd.Timedelta(expires).total_seconds())
    except ValueError:
        seconds = 0
    if seconds < 1:
        raise UsageError(f"A link cannot be valid for {visible(expires)}.", hint='Use "1h".')
    portal.require("files")
    return sign_url(portal, _id(file), seconds=seconds)


def _id(file: File | str) -> str:
    found = file.id if isinstance(file, File) else str(file)
    if not (found.isascii() and found.isdigit()):
        raise UsageError(f"{visible(found, limit=60)!r} is no id of a file.", hint="See find.")
    return found


def attach(
    portal: Portal,
    file: File | str | Path,
    to: To,
    *,
    note: str | None = None,
    folder: str = _FOLDER,
    dry_run: bool = False,
    workspace: str | Path | None = None,
    progress: bool = True,
) -> Attachments:
    """Attach a file to records: each gets a note with it, which `ls.undo` archives again.

    A record that has a note with the file already gets none, so the same call can be made again.

    Parameters
    ----------
    portal : Portal
        Its token needs the scopes ``files``, contacts (read and write, which notes go with), and
        the reading of the records' types.
    file : File, str or Path
        From `upload`, its id, or a file on this machine, which is uploaded first, private.
    to : tuple, str or DataFrame
        ``("contacts", "123")``, ``("contacts", [ids])``, ``("contacts", frame)`` with what
        `leadscore.find` returns, "contacts:123", or a frame of ``object_type`` and ``id``.
    note : str, optional
        The note's text; the file's name without it.
    folder : str, default "/leadscore"
        Where a file of this machine goes.
    dry_run : bool, default False
        Say which records would get it, and send nothing.
    workspace : str or Path, optional
        Where the run is on record; by default that of the settings.
    progress : bool, default True

    Returns
    -------
    Attachments
        Each record's outcome; ``missing`` are those that the portal lacks.

    Raises
    ------
    UsageError, TableError
        The records cannot be told, or there is none of them. Nothing was sent.
    NotFoundError
        There is no file of that id.
    HubSpotError
        HubSpot refuses it, or does not answer.

    Examples
    --------
    >>> import leadscore as ls
    >>> def send_offer(portal, deals):
    ...     return ls.files.attach(portal, "offer.pdf", ("deals", deals["id"])).counts
    """
    portal.require("files", "notes")
    records = records_of(portal, to)
    require(("files", "notes"), portal.scopes, objects=tuple(records))
    there = without_missing(portal, records)
    if not any(there.values()):
        kind, ids = next(iter(records.items()))
        raise UsageError(
            f"The portal has no {kind} with the id {ids[0]}.", hint="Nothing was sent."
        )
    if not isinstance(file, File):
        _on_disk(file)
    known = None if _is_local(file) else file_of(read_file(portal, _id(_handle(file))))
    if dry_run:
        if known is None:
            known = upload(portal, Path(str(file)), folder=folder, dry_run=True)
        return Attachments(None, known.id, _ready(records, there))
    made = known or upload(portal, Path(str(file)), folder=folder, workspace=workspace)
    with open_store(workspace or portal.settings.workspace) as store:
        store.ledger.bind_portal(portal.id)
        run = store.ledger.start_run("attach", file=made.id)
        with on_record(portal, store, run) as facts:
            results = carried_out(
                portal,
                store.ledger,
                run,
                made.id,
                records,
                there,
                text=visible(note if note is not None else made.name, limit=2_000),
                progress=progress,
            )
            done = Attachments(run, made.id, results)
            facts |= {state: n for state, n in done.counts.items() if n}
    return done


def _is_local(file: File | str | Path) -> bool:
    return isinstance(file, Path) or (isinstance(file, str) and not file.isdigit())


def _handle(file: File | str | Path) -> File | str:
    return file if isinstance(file, File) else str(file)


def _ready(records: Mapping[str, list[str]], there: Mapping[str, set[str]]) -> pd.DataFrame:
    return frame_of(
        [
            (kind, one, "ready" if one in there[kind] else "missing", "", "")
            for kind, ids in records.items()
            for one in ids
        ]
    )


def delete(
    portal: Portal,
    file: File | str,
    *,
    dry_run: bool = False,
    workspace: str | Path | None = None,
) -> bool:
    """Delete a file for good, and say whether it was there. This cannot be undone.

    Notes that it is attached to stay, without it.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``files``.
    file : File or str
        From `upload`, or its id.
    dry_run : bool, default False
        Only say whether it is there.
    workspace : str or Path, optional
        Where the run is on record; by default that of the settings.

    Examples
    --------
    >>> import leadscore as ls
    >>> def clean(portal, offers):
    ...     return [ls.files.delete(portal, one) for one in offers["id"]]
    """
    portal.require("files")
    number = _id(file)
    if dry_run:
        return bool(list(files_found(portal, [("ids", number)], limit=1)))
    with open_store(workspace or portal.settings.workspace) as store:
        store.ledger.bind_portal(portal.id)
        run = store.ledger.start_run("delete_file", file=number)
        with on_record(portal, store, run) as facts:
            facts["deleted"] = delete_file(portal, number)
    return bool(facts["deleted"])
