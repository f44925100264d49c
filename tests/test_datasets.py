"""Public tables: by checksum, local copies first, every failure said."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from leadscore import datasets
from leadscore.datasets import TABLES, PublicTable, fetch_table
from leadscore.errors import SettingsError, TableError
from leadscore.tables import read_table

DATA = os.environ.get("LEADSCORE_DATA", "")
CONTENT = b"a,y\n1,yes\n2,no\n"
NAME = "online-shoppers-intention"


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("readme.txt", "x")
        archive.writestr(name, content)
    return packed.getvalue()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PublicTable:
    """One small table in place of a real one, and a cache of its own."""
    table = PublicTable(
        hashlib.sha256(CONTENT).hexdigest(), "http://127.0.0.1:9/none.zip", ("t.csv",)
    )
    monkeypatch.setitem(TABLES, NAME, table)
    monkeypatch.delenv("LEADSCORE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets, "_cache", lambda: tmp_path / "cache" / "leadscore")
    return table


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, bytes], list[str]]]:
    """A web server on this machine: its address, its files, what was asked for."""
    files: dict[str, bytes] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = files.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 named by http.server
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", files, asked
    server.shutdown()
    server.server_close()
    thread.join()


def publish(
    monkeypatch: pytest.MonkeyPatch, table: PublicTable, url: str, members: tuple[str, ...]
) -> None:
    monkeypatch.setitem(TABLES, NAME, replace(table, url=url, members=members))


# ------------------------------------------------------------------ local copies


@pytest.mark.skipif(not DATA, reason="LEADSCORE_DATA names no folder of public tables")
@pytest.mark.parametrize("name", TABLES)
def test_published_tables_have_their_checksum_and_can_be_read(name: str) -> None:
    path = fetch_table(name, data=DATA)
    assert path.parent == Path(DATA)
    assert len(read_table(path).frame) > 10_000


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_local_copy_is_used_where_it_lies(
    small: PublicTable, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"{NAME}{suffix}"
    path.write_bytes(gzip.compress(CONTENT) if suffix.endswith("gz") else CONTENT)
    monkeypatch.setenv("LEADSCORE_DATA", str(tmp_path))
    assert fetch_table(NAME) == path
    assert fetch_table(NAME, data=tmp_path) == path
    assert not (tmp_path / "cache").exists()


def test_a_local_copy_with_other_content_is_refused(small: PublicTable, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.csv").write_bytes(CONTENT + b"3,yes\n")
    with pytest.raises(TableError, match="not the table as published"):
        fetch_table(NAME, data=tmp_path)


def test_a_cut_local_copy_is_refused(small: PublicTable, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.csv.gz").write_bytes(gzip.compress(CONTENT)[:-9])
    with pytest.raises(TableError, match="cannot be read: EOFError"):
        fetch_table(NAME, data=tmp_path)


def test_a_folder_without_the_table_is_a_wrong_setting(small: PublicTable, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds neither"):
        fetch_table(NAME, data=tmp_path)


def test_an_unknown_table_suggests_the_nearest() -> None:
    with pytest.raises(TableError, match="Did you mean 'bank-additional-full'"):
        fetch_table("bank-aditional")


# ------------------------------------------------------------------ download


def test_a_download_is_kept_and_not_repeated(
    small: PublicTable,
    site: tuple[str, dict[str, bytes], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, files, asked = site
    files["/t.zip"] = zipped("folder/t.csv", CONTENT)
    publish(monkeypatch, small, f"{url}/t.zip", ("t.csv",))
    first = fetch_table(NAME)
    assert first.read_bytes() == CONTENT
    assert fetch_table(NAME) == first
    assert asked == ["/t.zip"]


def test_an_archive_within_an_archive_is_opened(
    small: PublicTable,
    site: tuple[str, dict[str, bytes], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, files, _ = site
    files["/t.zip"] = zipped("inner.zip", zipped("inner/t.csv", CONTENT))
    publish(monkeypatch, small, f"{url}/t.zip", ("inner.zip", "t.csv"))
    assert fetch_table(NAME).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (zipped("t.csv", CONTENT + b"3,no\n"), "not the table as published"),
        (zipped("other.csv", CONTENT), "not as expected: KeyError"),
        (b"<html>moved</html>", "not as expected: BadZipFile"),
    ],
)
def test_a_wrong_download_is_refused_and_not_kept(
    body: bytes,
    words: str,
    small: PublicTable,
    site: tuple[str, dict[str, bytes], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    url, files, asked = site
    files["/t.zip"] = body
    publish(monkeypatch, small, f"{url}/t.zip", ("t.csv",))
    for _ in range(2):
        with pytest.raises(TableError, match=words):
            fetch_table(NAME)
    assert asked == ["/t.zip", "/t.zip"]
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


@pytest.mark.parametrize("where", ["/missing.zip", ""])
def test_without_the_file_or_the_network_the_error_says_what_to_do(
    where: str,
    small: PublicTable,
    site: tuple[str, dict[str, bytes], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if where:
        publish(monkeypatch, small, site[0] + where, ("t.csv",))
    with pytest.raises(SettingsError, match="could not be downloaded") as caught:
        fetch_table(NAME)
    assert "LEADSCORE_DATA" in caught.value.hint
