from __future__ import annotations

import json

import pytest

import leadscore as ls
from leadscore.errors import UsageError
from leadscore.followups import LeadStatus, Property, Segment, Stage, Task, Trigger, from_words

PROPERTY = Property("hs_lead_status", "OPEN")
ALL = [Task(), Stage("customer"), LeadStatus("OPEN"), Segment("A leads"), Trigger(), PROPERTY]


def test_each_has_a_name_of_its_own_in_a_plan():
    assert len({one.action for one in ALL}) == len(ALL)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.action)
def test_each_says_what_it_does_in_words_and_plain_values(portal, one):
    one.prepare(portal, "leadscore")
    about = json.loads(json.dumps(one.about()))
    assert about["kind"]
    assert about["says"].endswith(".")
    assert isinstance(about["notes"], list)
    assert list(one.rest()) == []


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.action)
def test_each_names_its_scopes_before_anything_starts(portal, sandbox, one):
    sandbox.portal.scopes = {"crm.objects.contacts.read"}
    portal.__dict__.pop("scopes", None)
    with pytest.raises(ls.errors.MissingScopesError, match=r"crm\."):
        one.prepare(portal, "leadscore")


def test_the_command_lines_words_make_the_same():
    made = from_words(
        task=["A", "B"],
        stage=["marketingqualifiedlead=A"],
        lead_status=["OPEN=A"],
        segment=["A=1 leads=A"],
        trigger=["A"],
        properties=["hs_lead_status=OPEN:B"],
        sequence=["New: lead=ada@example.com:A"],
    )
    assert [one.action for one in made] == [
        "task A",
        "task B",
        "lifecycle stage marketingqualifiedlead",
        "lead status OPEN",
        "segment A=1 leads",
        "trigger A",
        "property hs_lead_status",
        "sequence New: lead",
    ]


@pytest.mark.parametrize(
    "words",
    [
        *({"task": ["E"]}, {"segment": ["A leads"]}, {"stage": ["a=X"]}),
        *({"properties": [word]} for word in ("a=b", "a:A", "=b:A", "a=:A", "a=b:E")),
    ],
)
def test_words_that_make_nothing_are_refused(words):
    with pytest.raises(UsageError):
        from_words(**words)
