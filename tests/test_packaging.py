"""What a newcomer copies: the README's commands, the environments, the files of the repository."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())


def _required() -> dict[str, Requirement]:
    found = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    return {canonicalize_name(r.name): r for r in found}


def _conda() -> dict[str, Requirement]:
    rows = [row for row in CONDA["dependencies"] if isinstance(row, str)]
    found = [
        Requirement(row.replace("=", "==") if "=" in row and ">=" not in row else row)
        for row in rows
    ]
    return {canonicalize_name(r.name): r for r in found}


def test_conda_uses_conda_forge_alone():
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]


def test_conda_states_no_other_bounds_than_pyproject():
    required = _required()
    for name, pin in _conda().items():
        if name not in {"python", "pip"}:
            assert str(pin.specifier) == str(required[name].specifier), name


def test_conda_installs_the_rest_from_pyproject():
    pip = next(row["pip"] for row in CONDA["dependencies"] if isinstance(row, dict))
    assert pip == ["-e ."]


def test_condas_python_is_one_that_pyproject_allows():
    python = str(_conda()["python"].specifier).lstrip("=")
    assert python in Requirement(f"python{PROJECT['project']['requires-python']}").specifier


@pytest.mark.parametrize("text", PROJECT["project"]["dependencies"])
def test_every_dependency_has_a_lower_bound(text):
    assert any(s.operator == ">=" for s in Requirement(text).specifier)


def _readme() -> str:
    return (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", ["demo", "test"])
def test_the_readme_has_each_command_for_unix_and_for_windows(name):
    block = re.search(rf"<!-- {name} -->(.*?)<!-- /{name} -->", _readme(), re.DOTALL)
    assert block, name
    assert re.findall(r"```(\w+)", block[1]) == ["sh", "powershell"]
    assert all("venv" in code for code in re.findall(r"```\w+\n(.*?)```", block[1], re.DOTALL))


def test_ci_runs_the_readmes_test_command():
    assert "<!-- test -->" in (ROOT / ".ci" / "run").read_text()


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_file_holds_a_token_or_a_path_of_somebodys_machine():
    token = re.compile(rb"pat-(na|eu|ap)\d-[0-9a-f]{8}-(?!1111-2222-3333)[0-9a-f]{4}-[0-9a-f]{4}-")
    home = re.compile(rb"(/home/|/Users/|/root/|[/]work[/])\w+")
    for path in _tracked():
        content = path.read_bytes()
        assert not token.search(content), path
        assert not home.search(content), path


def test_every_module_is_mirrored_by_a_test():
    package, tests = ROOT / "leadscore", ROOT / "tests"
    for path in package.rglob("*.py"):
        if not path.name.startswith("__"):
            place = path.relative_to(package)
            assert (tests / place.parent / f"test_{place.name}").is_file(), place
