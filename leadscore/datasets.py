"""Public tables of real leads, by checksum: a local copy where there is one, else a download.

=========================  =======  ========  ================================================
name                       rows     outcome   source
=========================  =======  ========  ================================================
bank-additional-full       41,188   ``y``     UCI, Bank Marketing; Moro, Cortez, Rita 2014,
                                              Decision Support Systems 62
online-shoppers-intention  12,330   Revenue   UCI, Online Shoppers Purchasing Intention;
                                              Sakar et al. 2019, Neural Computing and
                                              Applications 31
=========================  =======  ========  ================================================

Both are published by the UCI Machine Learning Repository under CC BY 4.0
(https://creativecommons.org/licenses/by/4.0/).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import pooch

from leadscore.errors import SettingsError, TableError
from leadscore.tablenames import nearest, shown

__all__ = ["TABLES", "PublicTable", "fetch_table"]


@dataclass(frozen=True)
class PublicTable:
    """Where a public table is, and how to know it.

    Parameters
    ----------
    sha256 : str
        Of the unpacked CSV file.
    url : str
        A zip archive.
    members : tuple of str
        The way to the CSV file: its name in the archive, after those of archives within.
    """

    sha256: str
    url: str
    members: tuple[str, ...]


_UCI = "https://archive.ics.uci.edu/static/public"
# The addresses and the names within the archives are from memory, not tried; the checksums are of
# the files as published.
TABLES = {
    "bank-additional-full": PublicTable(
        "74adfc578bf77a7ff4bb1ba4a9f8709d9e3c6907342959c2c8416847e0afb4d8",
        f"{_UCI}/222/bank+marketing.zip",
        ("bank-additional.zip", "bank-additional-full.csv"),
    ),
    "online-shoppers-intention": PublicTable(
        "44b29f6ac84d6491bcf8d78e3cd544c10df910fe518293454174876f25956c4f",
        f"{_UCI}/468/online+shoppers+purchasing+intention+dataset.zip",
        ("online_shoppers_intention.csv",),
    ),
}
_BROKEN = (OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile)


def fetch_table(name: str, *, data: str | Path | None = None) -> Path:
    """Return the path of a public table, ready for `read_table`.

    Parameters
    ----------
    name : str
        "bank-additional-full" or "online-shoppers-intention".
    data : str or Path, optional
        A folder that holds NAME.csv or NAME.csv.gz; default the environment's
        ``LEADSCORE_DATA``. Without either, the table is downloaded once into the cache of the
        operating system.

    Returns
    -------
    Path
        A CSV file, packed or not. Its content has the published checksum.

    Raises
    ------
    TableError
        No such table; the content differs from what was published.
    SettingsError
        The folder lacks the table; no network.

    Examples
    --------
    >>> fetch_table("bank")
    Traceback (most recent call last):
    leadscore.errors.TableError: There is no public table 'bank'. Known are ...
    """
    if name not in TABLES:
        close = nearest(name, TABLES)
        hint = f"Did you mean {shown([close])}?" if close else f"Known are {shown(TABLES)}."
        raise TableError(f"There is no public table {shown([name])}.", hint=hint)
    folder = data or os.environ.get("LEADSCORE_DATA")
    return _local(name, Path(folder)) if folder else _download(name)


def _local(name: str, folder: Path) -> Path:
    for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if path.is_file():
            _verify(name, _content(path), path)
            return path
    message = f"The folder {shown([folder], width=80)} holds neither {name}.csv nor {name}.csv.gz."
    raise SettingsError(message, hint="Unset LEADSCORE_DATA to download the table.")


def _content(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw
    except _BROKEN as error:
        message = f"{shown([path.name])} cannot be read: {type(error).__name__}."
        raise TableError(message, hint="Remove it, so that it is fetched again.") from None


def _verify(name: str, content: bytes, path: Path) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != TABLES[name].sha256:
        message = f"{shown([path.name])} is not the table as published (sha256 {found[:12]}…)."
        raise TableError(message, hint="Remove it, so that it is fetched again.")


# --------------------------------------------------------------------------- download


def _cache() -> Path:
    return Path(pooch.os_cache("leadscore"))


def _download(name: str) -> Path:
    path = _cache() / f"{name}.csv"
    if path.is_file():
        _verify(name, _content(path), path)
        return path
    content = _unzip(_archive(name), name)
    _verify(name, content, path)
    return _keep(content, path)


def _keep(content: bytes, path: Path) -> Path:
    """Write next to the place and rename, so that half a table never passes for one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(content)
    return part.replace(path)


def _archive(name: str) -> bytes:
    url = TABLES[name].url
    try:
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder, "table.zip")
            # Streaming, pooch leaves the connection open when the server says 404.
            pooch.HTTPDownloader(timeout=60, stream=False)(url, str(archive), None)
            return archive.read_bytes()
    except (OSError, ValueError) as error:
        message = f"The table {shown([name])} could not be downloaded: {type(error).__name__}."
        hint = f"Fetch {url} yourself and set LEADSCORE_DATA to the folder with {name}.csv."
        raise SettingsError(message, hint=hint) from None


def _unzip(raw: bytes, name: str) -> bytes:
    """Follow the way to the table, through archives within archives."""
    try:
        for wanted in TABLES[name].members:
            raw = _member(raw, wanted)
    except (*_BROKEN, KeyError) as error:
        message = f"The archive of {shown([name])} is not as expected: {type(error).__name__}."
        hint = f"Look at {TABLES[name].url} and set LEADSCORE_DATA to a folder with {name}.csv."
        raise TableError(message, hint=hint) from None
    return raw


def _member(raw: bytes, wanted: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        # Some archives hold it within a folder.
        ends = [name for name in archive.namelist() if name.split("/")[-1] == wanted]
        return archive.read(ends[0] if ends else wanted)
