"""What HubSpot accepts as a stage of a deal pipeline, and where it puts it.

Sources: HubSpot API docs, "Pipelines"; conformance notes on developer test portals for the words,
the derived ``isClosed``, the printed probability, and what becomes of two stages in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.calls import whole
from leadscore.sandbox.replies import Refusal, bad_json, invalid, missing_fields

if TYPE_CHECKING:
    from leadscore.sandbox.pipelinestate import Stage

__all__ = [
    "MOST_STAGES",
    "check_order",
    "check_stage",
    "placed",
    "renumbered",
    "same_label",
]

MOST_STAGES = 100
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)\Z", re.ASCII)


def _bare(message: str) -> Refusal:
    """400 without a category, as HubSpot has some here."""
    return Refusal(400, message)


def same_label(
    others: Iterable[Mapping[str, Any]], label: str, *, own: Mapping[str, Any] | None = None
) -> bool:
    """Whether another one has a label, without regard to case and to spaces around it."""
    wanted = label.strip().lower()
    return any(one is not own and one["label"].strip().lower() == wanted for one in others)


def check_stage(
    body: Any, others: Sequence[Stage], *, own: Stage | None = None, whole_body: bool = True
) -> None:
    """Check a stage that is to be written.

    Parameters
    ----------
    body : dict
    others : sequence of dict
        The stages of the pipeline.
    own : dict, optional
        The stage that is to be changed.
    whole_body : bool
        Everything that a stage needs must be there.

    Raises
    ------
    Refusal
        400.
    """
    if not isinstance(body, dict):
        raise bad_json("a stage must be an object")
    needed = ("label", "displayOrder", "metadata") if whole_body else ()
    missing = [key for key in needed if body.get(key) is None or body[key] == ""]
    if missing:
        raise missing_fields(*missing)
    if body.get("label") is not None and same_label(others, str(body["label"]), own=own):
        message = f"Stage with label {body['label']} already exists"
        raise invalid(message, subCategory="PipelineError.STAGE_LABEL_EXISTS")
    if body.get("displayOrder") is not None:
        check_order(body["displayOrder"])
    if body.get("metadata") is not None:
        _check_metadata(body["metadata"], whole_body=whole_body)


def check_order(given: Any) -> None:
    """Check the place of a stage or pipeline.

    Raises
    ------
    Refusal
        400.
    """
    if isinstance(given, bool) or not isinstance(given, int):
        raise bad_json("displayOrder must be a whole number")
    if given < 0:
        raise _bare("Pipeline display order cannot be negative")
    whole(given, "displayOrder", least=0, most=2**31 - 1)


def _check_metadata(given: Any, *, whole_body: bool) -> None:
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise bad_json("metadata must be an object of strings")
    probability = given.get("probability")
    if probability is None:
        if whole_body:
            raise _bare("must specify probability when writing a dealstage")
    elif not _NUMBER.match(probability) or float(probability) > 1:
        raise _bare("dealstage probability is not valid, must be between 0.0 and 1.0 (inclusive)")


def placed(stages: Sequence[Stage], stage: Stage) -> list[Stage]:
    """Put a stage among others; in a place that is taken it comes after who was there."""
    ordered = sorted(stages, key=_order)
    places = [one["displayOrder"] for one in ordered]
    if stage["displayOrder"] not in places:
        return sorted([*ordered, stage], key=_order)
    ordered.insert(places.index(stage["displayOrder"]) + 1, stage)
    return _numbered(ordered)


def renumbered(stages: Sequence[Stage]) -> list[Stage]:
    """Order the stages of one request; where two share a place, the later one goes first."""
    later_first = stages[::-1]
    ordered = sorted(later_first, key=_order)
    tied = len({one["displayOrder"] for one in stages}) < len(stages)
    return _numbered(ordered) if tied else ordered


def _numbered(ordered: Sequence[Stage]) -> list[Stage]:
    return [one | {"displayOrder": place} for place, one in enumerate(ordered)]


def _order(stage: Stage) -> int:
    return int(stage["displayOrder"])
