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
_TYPES = {"integer": "integer", "names": "string"}


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
    queries: dict[str, str] = {}
    fields: dict[str, None] = {}
    inputs: dict[str, None] | None = None
    form: dict[str, None] = {}
    json, statuses, passed = False, set[int](), set[int]()
    reached = list(_reached(handler))
    whole = any("call.form.items" in ast.unparse(_tree(one)) for one in reached)
    for function in reached:
        for node in ast.walk(_tree(function)):
            queries |= _query(node)
            statuses |= _status(node)
            passed |= _passed(node)
            form |= dict.fromkeys(_form_field(node, whole=whole))
            method = _of_call(node)
            if method in ("body", "listed", "inputs"):
                json = True
                names = _texts(node)
                fields |= dict.fromkeys(names if method == "body" else ())
                inputs = (inputs or {}) | dict.fromkeys(names) if method == "inputs" else inputs
    if inputs is not None:
        fields.pop("inputs", None)
    return Facts(
        queries,
        tuple(fields),
        None if inputs is None else tuple(inputs),
        tuple(form),
        json or inputs is not None,
        frozenset(statuses or passed) | frozenset(passed if 207 in statuses else ()),
    )


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


def _called(function: Any) -> list[Any]:
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    names = {node.id for node in ast.walk(_tree(function)) if isinstance(node, ast.Name)}
    parts = {ast.unparse(n) for n in ast.walk(_tree(function)) if isinstance(n, ast.Attribute)}
    found = [function.__globals__.get(name) for name in names]
    for part in parts:
        owner, _, name = part.rpartition(".")
        found.append(getattr(function.__globals__.get(owner), name, None))
    return [one for one in (*cells, *found) if inspect.isfunction(one)]


@cache
def _tree(function: Any) -> ast.AST:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):  # a lambda in the middle of something
        return ast.Module(body=[], type_ignores=[])


# --------------------------------------------------------------------------- what they say


def _of_call(node: ast.AST) -> str:
    """Return the name of the method of a `Call` that is called here."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return ""
    owner = node.func.value
    return node.func.attr if isinstance(owner, ast.Name) and owner.id == "call" else ""


def _texts(node: ast.AST) -> list[str]:
    given = node.args if isinstance(node, ast.Call) else []
    return [a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)]


def _first(node: ast.AST) -> list[str]:
    """Return the first argument, if it is a text and not a variable."""
    given = node.args[:1] if isinstance(node, ast.Call) else []
    return [a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)]


def _query(node: ast.AST) -> dict[str, str]:
    method = _of_call(node)
    if method in _TYPES:
        return dict.fromkeys(_first(node), _TYPES[method])
    if isinstance(node, ast.Attribute) and ast.unparse(node) == "call.archived":
        return {"archived": "boolean"}
    if isinstance(node, ast.Call):
        return _asked(node)
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "call.query":
        return _named(node.slice)
    inside = isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]) == "call.query"
    return _named(node.left) if inside and isinstance(node, ast.Compare) else {}


def _asked(node: ast.Call) -> dict[str, str]:
    called = ast.unparse(node.func)
    if called in ("call.query.get", "call.query.getlist"):
        return dict.fromkeys(_first(node), "string")
    return dict.fromkeys(_texts(node)[:1] or ["after"], "string") if called == "cursor" else {}


def _named(node: ast.AST) -> dict[str, str]:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return {str(node.value): "string"} if is_text and isinstance(node, ast.Constant) else {}


def _form_field(node: ast.AST, *, whole: bool) -> list[str]:
    """Return a field of a form; where it is taken whole, it goes by the name of ``given``."""
    called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    asked = called == "call.form.get" or (whole and called == "given.get")
    return _first(node) if asked else []


def _status(node: ast.AST) -> set[int]:
    made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    if not (made and isinstance(node, ast.Call) and node.args):
        return set()
    if not isinstance(node.func, ast.Name) or node.func.id not in _MAKERS:
        return set()
    return _numbers(node.args[0]) & _STATUSES


def _passed(node: ast.AST) -> set[int]:
    """Return the statuses of success that are handed on to whoever makes the reply."""
    given = (
        [*node.args, *(one.value for one in node.keywords)] if isinstance(node, ast.Call) else []
    )
    defaults = [d for d in node.kw_defaults if d] if isinstance(node, ast.arguments) else []
    found = [_numbers(one) for one in (*given, *defaults) if isinstance(one, ast.Constant)]
    return set().union(*found) & _SUCCESSES


def _numbers(node: ast.AST) -> set[int]:
    values = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
    return {one for one in values if isinstance(one, int) and not isinstance(one, bool)}
