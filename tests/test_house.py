"""The house of the package: rooms in one order, no cycle, small modules, a light front door."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import leadscore

PACKAGE = Path(leadscore.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("sklearn", "matplotlib", "papermill", "pandas", "pyarrow", "hubspot", "starlette", "skops")


def _module(path: Path) -> str:
    parts = ["leadscore", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module(path): path for path in FILES}


def _top_level(tree: ast.Module) -> list[ast.stmt]:
    """Return what runs at import: TYPE_CHECKING blocks do not."""
    return [
        node
        for node in tree.body
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
    ]


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return []


@cache
def _imports(module: str) -> frozenset[str]:
    tree = ast.parse(MODULES[module].read_text())
    named = {name for node in _top_level(tree) for name in _names(node)}
    return frozenset(
        name for name in named if name in MODULES and name not in (module, "leadscore")
    )


def test_there_is_no_import_cycle_and_no_chain_longer_than_twelve():
    try:
        order = list(TopologicalSorter({m: _imports(m) for m in MODULES}).static_order())
    except CycleError as error:
        pytest.fail(f"import cycle: {error.args[1]}")
    depth: dict[str, int] = {}
    for module in order:
        depth[module] = 1 + max((depth[m] for m in _imports(module)), default=0)
    assert max(depth.values()) <= 12, sorted(depth.items(), key=lambda item: -item[1])[:5]


def test_the_sandbox_imports_nothing_of_the_rest_but_errors_and_tables():
    outside = {
        name
        for module in MODULES
        if module.startswith("leadscore.sandbox")
        for name in _imports(module)
        if not name.startswith("leadscore.sandbox")
    }
    assert outside <= {"leadscore.errors", "leadscore.tables"}


def test_only_the_hubspot_rooms_import_the_official_client():
    for path in FILES:
        text = path.read_text()
        if "hubspot" not in path.parts:
            assert "import hubspot" not in text, path
            assert "from hubspot" not in "\n".join(
                line for line in text.splitlines() if '"from hubspot' not in line
            ), path


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_has_at_most_four_hundred_lines(path):
    assert len(path.read_text().splitlines()) <= 400


def _lengths() -> list[int]:
    lengths = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lengths.append((body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0)
    return sorted(lengths)


def test_functions_are_small():
    lengths = _lengths()
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[int(len(lengths) * 0.9)] <= 25


def test_every_public_name_can_be_had_and_is_documented():
    for name in leadscore.__all__:
        value = getattr(leadscore, name)
        assert name == "__version__" or value.__doc__, name


def test_no_public_function_shares_a_modules_name():
    modules = {path.stem for path in PACKAGE.iterdir()}
    functions = {n for n in leadscore.__all__ if callable(getattr(leadscore, n))}
    assert not functions & modules


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nope"):
        _ = leadscore.nope


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"leadscore.sandbox.__main__"}))
def test_every_module_lists_what_it_gives_away(module):
    loaded = import_module(module)
    if not module.rpartition(".")[2].startswith("_"):
        assert all(hasattr(loaded, name) for name in getattr(loaded, "__all__", []))
        assert loaded.__doc__, module


def _loaded(code: str) -> set[str]:
    script = f"import sys; {code}; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_importing_leadscore_loads_nothing_heavy():
    assert not _loaded("import leadscore") & set(HEAVY)


def test_the_help_page_loads_nothing_heavy():
    help_page = (
        "import io, contextlib; from leadscore.cli import _run\n"
        "with contextlib.redirect_stdout(io.StringIO()): _run(['--help'])\nimport sys"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            help_page + "\nprint(*sorted(m.partition('.')[0] for m in sys.modules))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(done.stdout.split()) & set(HEAVY)
