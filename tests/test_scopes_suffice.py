"""Each job is done with the scopes that are listed for it, and with no others."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import leadscore as ls
from leadscore.errors import MissingScopesError
from leadscore.jobs import JOBS
from leadscore.sandbox import open_sandbox
from leadscore.sandbox.scopes import EVERY

NEW = pd.DataFrame({"email": ["ada@new.example"], "firstname": ["Ada"]})
FIRM = pd.DataFrame({"domain": ["new.example"], "name": ["New"]})


def _file(text: str = "a") -> Path:
    path = Path("a.txt")
    path.write_text(text)
    return path


def _undone(portal):
    run = ls.create(portal, "contacts", {"email": "grace@new.example"}, progress=False)
    return ls.undo(portal, run.id, progress=False)


def _reacted(portal, contact):
    kinds = ls.followups
    then = [
        *(kinds.Task(tier="A", subject="Ring"), kinds.Stage("opportunity", tier="A")),
        *(kinds.Segment("Hot", tier="A"), kinds.Trigger(tier="A")),
    ]
    ls.react(portal, pd.DataFrame({"contact_id": [contact], "tier": ["B"]}), then=then)
    return ls.react(portal, pd.DataFrame({"contact_id": [contact], "tier": ["A"]}), then=then)


DONE = {
    "react contacts": lambda p, ids: _reacted(p, ids[0]),
    "find contacts": lambda p, _: ls.find(p, "contacts", email="ada@new.example"),
    "find deals": lambda p, _: ls.find(p, "deals", limit=3),
    "records contacts": lambda p, _: ls.upsert(p, "contacts", NEW, progress=False),
    "records companies": lambda p, _: ls.upsert(p, "companies", FIRM, progress=False),
    "records undo": lambda p, _: _undone(p),
    "bring contacts": lambda p, _: ls.bring(NEW, portal=p, progress=False),
    "pull companies": lambda p, _: ls.pull(p, "companies", "companies.csv", progress=False),
    "forms contacts": lambda p, _: ls.forms.list(p),
    "files contacts": lambda p, _: ls.files.upload(p, _file()),
    "push companies": lambda p, _: ls.push(
        p, "companies", FIRM, match="domain", called="firms", progress=False
    ),
    "associate companies": lambda p, ids: ls.associate(
        p, "contacts", "companies", tuple(ids), progress=False
    ),
    "attach contacts": lambda p, ids: ls.files.attach(p, _file("b"), to=("contacts", ids[0])),
}


@pytest.fixture(scope="module")
def served():
    with open_sandbox(contacts=10, seed=3, process=False, limits=False) as one:
        yield one


@pytest.fixture(scope="module")
def there(served):
    """Return the ids of a contact and a company."""
    with ls.connect(served) as portal:
        return [ls.find(portal, kind, limit=1)["id"][0] for kind in ("contacts", "companies")]


@pytest.mark.parametrize("what", DONE)
def test_a_job_is_done_with_the_scopes_that_are_listed_for_it(served, there, what):
    job, kind = what.split()
    kinds = [kind if kind in ("companies", "deals") else "contacts"]
    kinds += ["contacts"] if job == "associate" else []
    served.portal.scopes = set(ls.scopes(for_=[job], objects=kinds)["scope"])
    with ls.connect(served) as portal:
        DONE[what](portal, there)


@pytest.mark.parametrize("what", [what for what in DONE if "undo" not in what])
def test_and_not_without_them(served, there, what):
    job, kind = what.split()
    listed = set(ls.scopes(for_=[job], objects=[kind])["scope"])
    served.portal.scopes = set(EVERY) - listed
    with ls.connect(served) as portal, pytest.raises(MissingScopesError):
        DONE[what](portal, there)


def test_each_job_that_is_tried_is_one():
    assert {what.split()[0] for what in DONE} <= set(JOBS)
