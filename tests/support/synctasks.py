"""A sync of one object type, set up as `sync` sets it up."""

from __future__ import annotations

from leadscore.choosing import choose, choose_history
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.properties import definitions
from leadscore.store import Store
from leadscore.synctask import Task


def task_of(portal: Portal, store: Store, kind: str = "contacts", **changes: object) -> Task:
    """Return the sync of one object type."""
    defined = definitions(portal, kind)
    names = choose(kind, defined, None)
    options = {
        "names": names,
        "history": choose_history(kind, names, None, defined=defined),
    } | changes
    return Task(portal, store, kind, defined, **options)
