"""A notebook's parameters: which it has, of which kind, and whether what is given fits.

The cell tagged ``parameters`` is parsed, not run. papermill's own reading of it misses defaults
with ``=`` in them and most annotations, and of an unknown name it only logs a line.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from leadscore.errors import UsageError
from leadscore.notebookvalues import Kind, fit, kind_of, parse
from leadscore.visibletext import visible

__all__ = ["Parameter", "check_parameters", "parameters_of", "read_file", "read_words"]


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, its default where that is plain, and what values it takes."""

    name: str
    default: Any
    kind: Kind


def parameters_of(notebook: Any) -> dict[str, Parameter] | None:
    """Return the parameters of a notebook by name; None when no cell is tagged ``parameters``.

    Parameters
    ----------
    notebook : NotebookNode

    Raises
    ------
    UsageError
        The cell is not Python.

    Examples
    --------
    >>> from nbformat import v4
    >>> cell = v4.new_code_cell("capacity: int = 100  # a week", metadata={"tags": ["parameters"]})
    >>> parameters_of(v4.new_notebook(cells=[cell]))["capacity"].default
    100
    """
    tagged = (c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    cell = next((c for c in tagged if c.cell_type == "code"), None)
    if cell is None:
        return None
    try:
        body = ast.parse(cell.source).body
    except SyntaxError as error:
        raise UsageError(
            f"The notebook's cell of parameters is not Python: line {error.lineno}.",
            hint="Write one `name = value` a line there.",
        ) from None
    found = [p for node in body if (p := _parameter(node)) is not None]
    return {parameter.name: parameter for parameter in found}


def _parameter(node: ast.stmt) -> Parameter | None:
    if isinstance(node, ast.AnnAssign):
        target: ast.expr = node.target
        annotation = ast.unparse(node.annotation)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, annotation = node.targets[0], ""
    else:
        return None
    if not isinstance(target, ast.Name):
        return None
    default, plain = _literal(node.value)
    return Parameter(target.id, default, kind_of(default, annotation, plain=plain))


def _literal(node: ast.expr | None) -> tuple[Any, bool]:
    """Return a default and whether it is plain: one that is computed is not known here."""
    try:
        return (None, False) if node is None else (ast.literal_eval(node), True)
    except (ValueError, TypeError):
        return None, False


def check_parameters(
    known: Mapping[str, Parameter] | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the given values as a notebook can take them.

    Parameters
    ----------
    known : mapping of str to Parameter, or None
        As `parameters_of` gives them.
    given : mapping of str to object

    Raises
    ------
    UsageError
        There is no such parameter (the nearest is suggested), or a value is of another kind than
        the default.

    Examples
    --------
    >>> known = {"write": Parameter("write", False, kind_of(False))}
    >>> check_parameters(known, {"write": True})
    {'write': True}
    """
    _refuse_unknown(known, given)
    return {name: fit(name, value, (known or {})[name].kind) for name, value in given.items()}


def _refuse_unknown(known: Mapping[str, Parameter] | None, given: Mapping[str, Any]) -> None:
    if known is None and given:
        raise UsageError(
            f"The notebook has no parameters, and {_quoted(next(iter(given)))} was given.",
            hint="Tag the cell of its settings `parameters`, or leave the parameters out.",
        )
    for name in given:
        if name not in (known or {}):
            near = get_close_matches(str(name), known or {}, n=1, cutoff=0.5)
            raise UsageError(
                f"The notebook has no parameter {_quoted(name)}.",
                hint=f"Did you mean {near[0]}?" if near else f"It has {', '.join(known or {})}.",
            )


def _quoted(name: object) -> str:
    return repr(visible(name, limit=60))


def read_words(known: Mapping[str, Parameter] | None, words: Sequence[str]) -> dict[str, Any]:
    """Return the values of ``name=value`` words, read as the kinds of the notebook's defaults.

    Raises
    ------
    UsageError
        A word has no ``=``, a name comes twice or is unknown, or a value does not fit.

    Examples
    --------
    >>> read_words({"capacity": Parameter("capacity", 9, kind_of(9))}, ["capacity=100"])
    {'capacity': 100}
    """
    texts: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            # The word itself is not repeated: it may be a token.
            raise UsageError("A parameter is given as name=value.", hint="-p capacity=100")
        if name in texts:
            raise UsageError(f"The parameter {_quoted(name)} is given twice.", hint="Give it once.")
        texts[name] = text
    _refuse_unknown(known, texts)
    return {name: parse(name, text, (known or {})[name].kind) for name, text in texts.items()}


def read_file(path: Path) -> dict[str, Any]:
    """Return the parameters of a YAML file, as YAML reads them.

    Raises
    ------
    UsageError
        The file cannot be read, or holds something else than names with values.
    """
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not YAML"
        raise UsageError(
            f"The file of parameters {path} cannot be read: {why}.",
            hint="Write one `name: value` a line.",
        ) from None
    if not isinstance(found or {}, dict):
        raise UsageError(
            f"The file of parameters {path} holds no names with values.",
            hint="Write one `name: value` a line.",
        )
    return {str(name): value for name, value in (found or {}).items()}
