"""A PostgreSQL server for the tests' session, in a temporary folder, on a socket of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

USER, PASSWORD = "crm", "not-a-secret"


@cache
def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).parent if named else None


@contextmanager
def server() -> Iterator[str]:
    """Run a server and yield its URL, password included; skip where there is none."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed: no initdb under /usr/lib/postgresql or in PATH")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path must be short
    owner = _owner()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = folder / "data"
    try:
        made = ["--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--locale=C.UTF-8"]
        _run("initdb", "-D", data, "-U", USER, *made, owner=owner)
        quick = f"-c listen_addresses='' -k {folder} -F -c full_page_writes=off"
        log = ["-l", folder / "log"]
        _run("pg_ctl", "-D", data, "-w", "-o", quick, *log, "start", owner=owner)
        try:
            yield f"postgresql+psycopg://{USER}:{PASSWORD}@/postgres?host={folder}"
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "stop", owner=owner)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def empty(url: str) -> None:
    """Take every table of a test out of the database."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


def _owner() -> dict[str, int]:
    """Return whom to run it as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid}


def _run(program: str, *arguments: Any, owner: dict[str, int]) -> None:
    folder = programs()
    assert folder is not None
    done = subprocess.run(
        [str(folder / program), *map(str, arguments)],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # a pipe would be held open by the server
        stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
        text=True,
        check=False,
        **owner,
    )
    assert done.returncode == 0, done.stderr
