"""The units, scripts and commands of docs/scheduling.md are sound as they stand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from leadscore.errors import UsageError
from leadscore.notebookfiles import read_notebook
from leadscore.notebookparameters import parameters_of, read_words

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "scheduling.md").read_text()
KNOWN = parameters_of(read_notebook(ROOT / "notebooks" / "05_nightly.ipynb"))


def _block(name: str) -> str:
    found = re.search(rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found, name
    return found[1]


def test_every_parameter_that_the_page_gives_is_one_of_the_notebooks():
    words = re.findall(r"-p (\w+=[\w./]+)", PAGE)
    refused = {"write=yes", "capacity=007"}
    for word in set(words) - refused:
        assert read_words(KNOWN, [word])
    for word in refused:
        with pytest.raises(UsageError):
            read_words(KNOWN, [word])
    assert len(words) > 10
    for name in re.findall(r"-p (\w+) \w", PAGE):
        assert name in KNOWN


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path):
    for name in ("leadscore.service", "leadscore.timer", "leadscore-alert.service"):
        here = _block(name).replace("/srv/leadscore/.venv/bin/leadscore", "/bin/true")
        (tmp_path / name).write_text(here)
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    assert "leadscore" not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


def test_the_script_tries_again_what_is_busy_and_nothing_else(tmp_path):
    fake = tmp_path / ".venv" / "bin" / "leadscore"
    fake.parent.mkdir(parents=True)
    for code, times in ((75, 4), (4, 1), (0, 1)):
        fake.write_text(f"#!/bin/sh\necho run >> runs\nexit {code}\n")
        fake.chmod(0o700)
        script = _block("nightly.sh").replace("/srv/leadscore", str(tmp_path))
        done = subprocess.run(["sh", "-c", script.replace("900", "0")], check=False)
        assert done.returncode == code
        assert (tmp_path / "runs").read_text().count("run") == times
        (tmp_path / "runs").unlink()


def test_the_workflow_hands_the_token_over_by_the_environment_and_keeps_no_artifact():
    steps = yaml.safe_load(_block("nightly.yml"))["jobs"]["night"]["steps"]
    assert "HUBSPOT_PRIVATE_APP_TOKEN" in steps[-1]["env"]
    assert "TOKEN" not in steps[-1]["run"]
    assert "upload-artifact" not in _block("nightly.yml")


def test_the_dag_is_python():
    compile(_block("dag.py"), "dag.py", "exec")
