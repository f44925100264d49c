"""Every operation that a portal serves, with what can be said of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from leadscore.sandbox.handlerfacts import Facts, facts_of
from leadscore.sandbox.routes import FAMILIES, Path

__all__ = ["BODIES", "PARAMETERS", "Endpoint", "endpoints"]

_VARIES = re.compile(r"{(\w+)(?::\w+)?}")

#: What a part of a path may be tried with.
PARAMETERS = {
    "type": "contacts",
    "kind": "deals",
    "to": "companies",
    "to_type": "companies",
    "name": "email",
    "id": "1",
    "to_id": "2",
}

#: Bodies to begin with, by handler: our own, of people who do not exist.
BODIES: dict[str, Any] = {
    "objects.create_one": {"properties": {"email": "ada@example.com", "firstname": "Ada"}},
    "objects.update_one": {"properties": {"firstname": "Ada"}},
    "batches.batch_create": {"inputs": [{"properties": {"email": "grace@example.com"}}]},
    "batches.batch_read": {"properties": ["email"], "inputs": [{"id": "1"}]},
    "batches.batch_update": {"inputs": [{"id": "1", "properties": {"firstname": "Ada"}}]},
    "batches.batch_archive": {"inputs": [{"id": "1"}]},
    "upserts.batch_upsert": {
        "inputs": [
            {
                "idProperty": "email",
                "id": "ada@example.com",
                "properties": {"firstname": "Ada"},
            }
        ]
    },
    "search.search": {
        "filterGroups": [
            {"filters": [{"propertyName": "email", "operator": "CONTAINS_TOKEN", "value": "*"}]}
        ],
        "properties": ["email"],
        "limit": 5,
    },
    "associationcalls.batch_read": {"inputs": [{"id": "1"}]},
    "properties.create_property": {
        "name": "seats_needed",
        "label": "Seats needed",
        "type": "number",
        "fieldType": "number",
        "groupName": "contactinformation",
    },
    "properties.create_group": {"name": "our_group", "label": "Our group"},
    "forms.create_form": {
        "formType": "hubspot",
        "name": "Talk to us",
        "fieldGroups": [
            {
                "groupType": "default_group",
                "fields": [
                    {
                        "objectTypeId": "0-1",
                        "name": "email",
                        "label": "E-mail",
                        "fieldType": "email",
                        "required": True,
                    }
                ],
            }
        ],
        "configuration": {},
        "displayOptions": {},
        "legalConsentOptions": {"type": "none"},
    },
    "submissions.submit": {
        "fields": [{"objectTypeId": "0-1", "name": "email", "value": "ada@example.com"}]
    },
    "submissions.submit_secure": {
        "fields": [{"objectTypeId": "0-1", "name": "email", "value": "ada@example.com"}]
    },
    "lists.create": {"name": "Our list", "objectTypeId": "0-1", "processingType": "MANUAL"},
    "lists.search": {"query": "", "count": 20},
    "control.add_faults": [
        {"match": {"method": "GET", "path": "/crm/*"}, "times": 1, "action": {"status": 502}}
    ],
    "control.move_clock": {"advance": 1},
}


@dataclass(frozen=True)
class Endpoint:
    """One method at one path.

    Attributes
    ----------
    method : str
    path : str
        In full, its varying parts in braces.
    version : str
        What the path says: "v3", "2026-03"; empty where it says none.
    route : Path
    """

    method: str
    path: str
    version: str
    route: Path

    @property
    def family(self) -> str:
        """The family of the API, or the part that serves it where it has none."""
        name = self.route.family
        return self._module if name == "elsewhere" else name

    @property
    def _handler(self) -> Callable[..., Any]:
        """The handler, or what it wraps."""
        handler: Callable[..., Any] = inspect.unwrap(self.route.handler)
        if handler.__doc__:
            return handler
        cells = (cell.cell_contents for cell in handler.__closure__ or ())
        return next((one for one in cells if inspect.isfunction(one)), handler)

    @property
    def _module(self) -> str:
        return str(self._handler.__module__).rpartition(".")[2]

    @property
    def name(self) -> str:
        """The handler's name: ``objects.create_one``."""
        return f"{self._module}.{self._handler.__name__.strip('_')}"

    @property
    def parameters(self) -> list[str]:
        """The varying parts of the path."""
        return _VARIES.findall(self.path)

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        lines = (inspect.getdoc(self._handler) or "").splitlines()
        return lines[0].rstrip(".") if lines else f"{self.method} {self.path}"

    @cached_property
    def facts(self) -> Facts:
        """What the handler's code says."""
        return facts_of(self.route.handler)

    @property
    def has_token(self) -> bool:
        """Whether it takes a token."""
        return not self.route.open_to_all or self.route.family == "sandbox"

    @property
    def statuses(self) -> list[int]:
        """The statuses that may come, those of what stands before the handler included."""
        found = set(self.facts.statuses) or {200}
        found |= {400, 404} if self.parameters else set()
        found |= {401, 429} if self.has_token else set()
        found |= {403} if self.route.scopes else set()
        found |= {400, 409, 415} if self.takes_body else set()
        found |= {400} if self.facts.queries else set()
        return sorted(found)

    @property
    def takes_body(self) -> bool:
        """Whether a body is sent."""
        return self.facts.json or bool(self.facts.form) or self.name in BODIES

    @property
    def body(self) -> Any:
        """A body of JSON to begin with; None where there is none."""
        if self.name in BODIES:
            return BODIES[self.name]
        if not self.facts.json:
            return None
        if self.facts.inputs is not None:
            return {"inputs": [dict.fromkeys(self.facts.inputs, "")]}
        return dict.fromkeys(self.facts.fields, "")


def endpoints(routes: Iterable[Path]) -> Iterator[Endpoint]:
    """Return every operation, one for each version of its path."""
    for route in routes:
        for prefix, version in FAMILIES[route.family].items():
            path = _VARIES.sub(r"{\1}", prefix + route.path) or "/"
            yield Endpoint(route.method, path, version, route)
