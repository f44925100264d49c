"""Which target does an action of a plan, by the kind that the plan's facts name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from leadscore.enrolling import SequenceTarget
from leadscore.errors import PlanError
from leadscore.hubspot.connection import Portal
from leadscore.pairtarget import PairTarget
from leadscore.recordtargets import ArchiveTarget, CreationTarget, RecordTarget
from leadscore.scoreproperties import definitions_of
from leadscore.segments import SegmentTarget
from leadscore.stages import StageTarget
from leadscore.targets import PropertyTarget, Target
from leadscore.tasktarget import TaskTarget

__all__ = ["TARGETS", "Factory", "score_target", "target_of"]

#: Makes the target of an action: of the portal, the prefix, what `Followup.about` said, and
#: whether an undo is to use it.
Factory = Callable[[Portal, str, Mapping[str, Any], bool], Target]

#: By kind.
TARGETS: dict[str, Factory] = {
    "properties": lambda portal, _, about, undoing: PropertyTarget(
        portal, about["properties"], clear=undoing
    ),
    "pairs": lambda portal, _, about, _undoing: PairTarget(portal, about),
    "records": lambda portal, _, about, _undoing: RecordTarget(portal, about),
    "creations": lambda portal, _, about, undoing: (
        ArchiveTarget(portal, about) if undoing else CreationTarget(portal, about)
    ),
    "segment": lambda portal, _, about, _undoing: SegmentTarget(portal, about),
    "sequence": lambda portal, _, about, undoing: SequenceTarget(portal, about, undoing=undoing),
    "stage": lambda portal, _, about, _undoing: StageTarget(portal, about),
    "task": lambda portal, _, about, undoing: TaskTarget(portal, about, undoing=undoing),
}


def target_of(
    portal: Portal, prefix: str, about: Mapping[str, Any], *, undoing: bool = False
) -> Target:
    """Return what an action changes.

    Parameters
    ----------
    portal : Portal
    prefix : str
        Of our properties.
    about : mapping
        The action's facts; ``kind`` says which target it is.
    undoing : bool, default False
        Whether values are to be restored, which may clear some.

    Raises
    ------
    PlanError
        This version of leadscore has no such target.
    """
    make = TARGETS.get(str(about.get("kind")))
    if make is None:
        raise PlanError(
            f"The plan asks for {about.get('kind')!r}, which this leadscore cannot do.",
            hint="Update leadscore, or make the plan anew with this one.",
        )
    return make(portal, prefix, about, undoing)


def score_target(
    portal: Portal, prefix: str, properties: list[str], *, undoing: bool = False
) -> PropertyTarget:
    """Return our own properties of contacts, or those of them that are named."""
    kinds = {str(d["name"]): str(d["type"]) for d in definitions_of(prefix)}
    return PropertyTarget(
        portal, {name: kinds.get(name, "string") for name in properties}, clear=undoing
    )
