"""What a handler takes and answers, read from its code: parameters, fields of the body, statuses.

A handler asks its `Call` for what it wants by name, and says a status where it makes a reply. So
its code, with that of the functions that it calls, is the description, and cannot be out of date.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

__all__ = ["Facts", "facts_of"]

_HOUSE = "leadscore.sandbox"
_STATUSES = frozenset(
    {200, 201, 202, 204, 207, 302, 303, 400, 403, 404, 405, 409, 410, 414, 415, 429, 501, 507}
)
_SUCCESSES = frozenset({200, 201, 202, 204, 207})
_MAKERS = frozenset({"Reply", "Refusal"})
_TYPES = {
    "call.integer": "integer",
    "call.names": "string",
    "call.query.get": "string",
    "call.query.getlist": "string",
}


@dataclass(frozen=True)
class Facts:
    """What a handler takes and answers.

    Attributes
    ----------
    queries : dict of str to str
        Query parameters, and the JSON types of their values.
    fields : tuple of str
        The fields that the object in the body must have.
    inputs : tuple of str or None
        Of a batch: what each input must have; None where it is no batch.
    form : tuple of str
        The fields of a form in the body.
    json : bool
        Whether there is JSON in the body.
    statuses : frozenset of int
        That it makes itself; what stands before it (token, limits, scopes) is not among them.
    """

    queries: dict[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    inputs: tuple[str, ...] | None = None
    form: tuple[str, ...] = ()
    json: bool = False
    statuses: frozenset[int] = frozenset()


@cache
def facts_of(handler: Callable[..., Any]) -> Facts:
    """Return what the code of a handler, and of what it calls in the sandbox, says.

    Examples
    --------
    >>> from leadscore.sandbox.forms import list_forms
    >>> sorted(facts_of(list_forms).queries)
    ['after', 'archived', 'formTypes', 'limit']
    """
    found = [_own(one) for one in _reached(handler)]
    whole = any(one.takes_form for one in found)
    statuses = {status for one in found for status in one.statuses}
    passed = {status for one in found for status in one.passed}
    batches = [one.inputs for one in found if one.inputs is not None]
    fields = [name for one in found for name in one.fields if not (batches and name == "inputs")]
    form = [name for one in found for name in (*one.form, *(one.given if whole else ()))]
    return Facts(
        {name: kind for one in found for name, kind in one.queries.items()},
        tuple(dict.fromkeys(fields)),
        tuple(dict.fromkeys(name for one in batches for name in one)) if batches else None,
        tuple(dict.fromkeys(form)),
        any(one.json for one in found),
        frozenset(statuses | passed if 207 in statuses else statuses or passed),
    )


@dataclass
class _Own:
    """What the code of one function says."""

    queries: dict[str, str] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    inputs: list[str] | None = None
    form: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    takes_form: bool = False
    json: bool = False
    statuses: set[int] = field(default_factory=set)
    passed: set[int] = field(default_factory=set)


@cache
def _own(function: Any) -> _Own:
    found = _Own()
    for node in ast.walk(_tree(function)):
        found.queries |= _query(node)
        if isinstance(node, ast.Call):
            _add(found, node)
        elif isinstance(node, ast.arguments):
            found.passed |= _constants([one for one in node.kw_defaults if one])
    return found


def _add(found: _Own, node: ast.Call) -> None:
    called, names = ast.unparse(node.func), _first(node)
    found.statuses |= _status(node)
    found.passed |= _constants([*node.args, *(one.value for one in node.keywords)])
    found.form += names if called == "call.form.get" else []
    found.given += names if called == "given.get" else []
    found.takes_form = found.takes_form or called == "call.form.items"
    if called in ("call.body", "call.listed", "call.inputs"):
        found.json = True
        found.fields += _texts(node) if called == "call.body" else []
    if called == "call.inputs":
        found.inputs = [*(found.inputs or []), *_texts(node)]


# --------------------------------------------------------------------------- which functions


def _reached(handler: Callable[..., Any]) -> Iterator[Any]:
    """Return the functions of the sandbox that a handler may come to, itself first."""
    seen, left = set[Any](), [inspect.unwrap(handler)]
    while left:
        function = left.pop()
        if function in seen or not _is_ours(function):
            continue
        seen.add(function)
        yield function
        left += _called(function)


def _is_ours(function: Any) -> bool:
    module = getattr(function, "__module__", None) or ""
    named = module.startswith(_HOUSE) and not module.endswith((".calls", ".door"))
    return inspect.isfunction(function) and named


@cache
def _called(function: Any) -> tuple[Any, ...]:
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    found = []
    for node in ast.walk(_tree(function)):
        if isinstance(node, ast.Name):
            found.append(function.__globals__.get(node.id))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.append(getattr(function.__globals__.get(node.value.id), node.attr, None))
    return tuple(one for one in (*cells, *found) if inspect.isfunction(one))


@cache
def _tree(function: Any) -> ast.AST:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):  # a lambda in the middle of something
        return ast.Module(body=[], type_ignores=[])


# --------------------------------------------------------------------------- what they say


def _texts(node: ast.AST) -> list[str]:
    given = node.args if isinstance(node, ast.Call) else []
    return [a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)]


def _first(node: ast.AST) -> list[str]:
    """Return the first argument, if it is a text and not a variable."""
    given = node.args[:1] if isinstance(node, ast.Call) else []
    return [a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)]


def _query(node: ast.AST) -> dict[str, str]:
    if isinstance(node, ast.Call):
        return _asked(node)
    if isinstance(node, ast.Attribute):
        return {"archived": "boolean"} if ast.unparse(node) == "call.archived" else {}
    if isinstance(node, ast.Subscript):
        return _named(node.slice) if ast.unparse(node.value) == "call.query" else {}
    if isinstance(node, ast.Compare):
        return _named(node.left) if ast.unparse(node.comparators[0]) == "call.query" else {}
    return {}


def _asked(node: ast.Call) -> dict[str, str]:
    called = ast.unparse(node.func)
    if called in _TYPES:
        return dict.fromkeys(_first(node), _TYPES[called])
    return dict.fromkeys(_texts(node)[:1] or ["after"], "string") if called == "cursor" else {}


def _named(node: ast.AST) -> dict[str, str]:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return {str(node.value): "string"} if is_text and isinstance(node, ast.Constant) else {}


def _status(node: ast.Call) -> set[int]:
    made = isinstance(node.func, ast.Name) and node.func.id in _MAKERS and node.args
    return _numbers(node.args[0]) & _STATUSES if made else set()


def _constants(given: list[ast.expr]) -> set[int]:
    """Return the statuses of success that are handed on to whoever makes the reply."""
    found = [_numbers(one) for one in given if isinstance(one, ast.Constant)]
    return set[int]().union(*found) & _SUCCESSES


def _numbers(node: ast.AST) -> set[int]:
    values = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
    return {one for one in values if isinstance(one, int) and not isinstance(one, bool)}
