"""What is to happen after scoring: each is off until it is asked for, planned, and can be undone.

>>> import leadscore as ls
>>> then = [ls.followups.Task(tier="A"), ls.followups.Segment("A leads", tier="A")]
>>> [one.action for one in then]
['task A', 'segment A leads']

``ls.plan(portal, scores, then=then)`` shows what each would do before it is done. See
``docs/after-scoring.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Many

from leadscore.enrolling import Sequence
from leadscore.errors import UsageError
from leadscore.followup import Followup, Scored
from leadscore.propertyset import Property
from leadscore.segments import Segment
from leadscore.stages import LeadStatus, Stage
from leadscore.tasks import Task
from leadscore.triggers import Trigger

__all__ = [
    "Followup",
    "LeadStatus",
    "Property",
    "Scored",
    "Segment",
    "Sequence",
    "Stage",
    "Task",
    "Trigger",
    "from_words",
]


def from_words(
    *,
    task: Many[str] = (),
    stage: Many[str] = (),
    lead_status: Many[str] = (),
    segment: Many[str] = (),
    trigger: Many[str] = (),
    properties: Many[str] = (),
    sequence: Many[str] = (),
) -> list[Followup]:
    """Return what the command line asks for.

    Parameters
    ----------
    task, trigger : sequence of str
        Tiers.
    stage, lead_status, segment : sequence of str
        ``VALUE=TIER``.
    properties, sequence : sequence of str
        ``NAME=VALUE:TIER``; of a sequence the value is the sender's e-mail address.

    Raises
    ------
    UsageError
        There is no such tier, a word has no tier, or something is asked for twice.

    Examples
    --------
    >>> [f.action for f in from_words(task=["A"], segment=["Leads = hot=B"])]
    ['task A', 'segment Leads = hot']
    >>> from_words(stage=["customer"])
    Traceback (most recent call last):
    leadscore.errors.UsageError: 'customer' names no tier. Write VALUE=TIER: customer=A.
    """
    valued: list[tuple[Callable[..., Followup], Many[str]]] = [
        (Stage, stage),
        (LeadStatus, lead_status),
        (Segment, segment),
    ]
    found: list[Followup] = [Task(tier=tier) for tier in task]
    found += [make(*_parts(word)[:1], tier=_parts(word)[1]) for make, ws in valued for word in ws]
    found += [Trigger(tier=tier) for tier in trigger]
    for word in properties:
        name, value, tier = _triple(word)
        found.append(Property(name, value, tier=tier))
    for word in sequence:
        name, sender, tier = _triple(word)
        found.append(Sequence(name, sender=sender, tier=tier))
    return found


def _triple(word: str) -> tuple[str, str, str]:
    """Return name, value and tier of ``NAME=VALUE:TIER``."""
    said, colon, tier = word.rpartition(":")
    name, sign, value = said.partition("=")
    if not (colon and sign and name.strip() and value.strip()):
        raise UsageError(
            f"{word!r} is not NAME=VALUE:TIER.", hint='Write "hs_lead_status=OPEN:A", say.'
        )
    return name.strip(), value.strip(), tier.strip()


def _parts(word: str) -> tuple[str, str]:
    value, sign, tier = word.rpartition("=")
    if not sign:
        raise UsageError(f"{word!r} names no tier.", hint=f"Write VALUE=TIER: {word}=A.")
    return value.strip(), tier.strip()
