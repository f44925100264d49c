"""The deal pipelines that a portal keeps, and what their stages mean for deals."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = [
    "Pipeline",
    "Stage",
    "closed",
    "every",
    "follow",
    "new_pipeline",
    "new_stage",
    "pipeline_of",
    "pipelines",
    "stages",
    "stored",
]

Stage = dict[str, Any]
Pipeline = dict[str, Any]
FIRST_DAY = "1970-01-01T00:00:00.000Z"
# The order of the seven is not documented; their probabilities are those of an example in
# HubSpot's docs on pipeline audits.
_DEFAULT = {
    "appointmentscheduled": ("Appointment Scheduled", "0.2"),
    "qualifiedtobuy": ("Qualified To Buy", "0.4"),
    "presentationscheduled": ("Presentation Scheduled", "0.6"),
    "decisionmakerboughtin": ("Decision Maker Bought-In", "0.8"),
    "contractsent": ("Contract Sent", "0.9"),
    "closedwon": ("Closed Won", "1.0"),
    "closedlost": ("Closed Lost", "0.0"),
}


def pipelines(portal: Portal) -> list[Pipeline]:
    """Return the pipelines of deals, in their order."""
    found = (one for one in every(portal).values() if not one["archived"])
    return sorted(found, key=lambda one: (one["displayOrder"], one["label"]))


def stages(portal: Portal, pipeline: str) -> list[Stage]:
    """Return the stages of a deal pipeline, in their order; none when there is no such pipeline."""
    return next((one["stages"] for one in pipelines(portal) if one["id"] == pipeline), [])


def pipeline_of(portal: Portal, stage: str) -> str | None:
    """Return the pipeline that a deal stage belongs to."""
    for one in pipelines(portal):
        if any(own["id"] == stage for own in one["stages"]):
            return str(one["id"])
    return None


def closed(portal: Portal, stage: str) -> str | None:
    """Return "won" or "lost" for a deal stage that is closed, None for one that is open."""
    for one in pipelines(portal):
        for own in one["stages"]:
            if own["id"] == stage and own["metadata"]["isClosed"] == "true":
                return "won" if float(own["metadata"]["probability"]) else "lost"
    return None


def follow(portal: Portal) -> None:
    """Let the definitions of deals follow the pipelines: options, and dates of entering."""
    definitions = portal.collection("deals").definitions
    active, there = definitions.active, pipelines(portal)
    made = [stage for one in there for stage in one["stages"]]
    active["pipeline"] = active["pipeline"] | {"options": [_option(one) for one in there]}
    active["dealstage"] = active["dealstage"] | {"options": [_option(one) for one in made]}
    first = "_" + next(iter(_DEFAULT))
    for model in [one for name, one in active.items() if name.endswith(first)]:
        stem = model["name"].removesuffix(first)
        for stage in made:
            name = f"{stem}_{stage['id']}"
            label = (
                f"{stem.removeprefix('hs_v2_').replace('_', ' ').capitalize()}: {stage['label']}"
            )
            active.setdefault(name, deepcopy(model) | {"name": name, "label": label})
    definitions.version += 1


def _option(one: Mapping[str, Any]) -> dict[str, Any]:
    place = one["displayOrder"]
    return {"label": one["label"], "value": one["id"], "displayOrder": place, "hidden": False}


def every(portal: Portal) -> dict[str, Pipeline]:
    """Return all pipelines of deals by id, the archived ones too."""
    shelf = portal.shelf("pipelines")
    if "deals" not in shelf:
        shelf["deals"] = {"default": _default()}
    found: dict[str, Pipeline] = shelf["deals"]
    return found


def _default() -> Pipeline:
    made = [
        new_stage(
            {"label": label, "displayOrder": place, "metadata": {"probability": probability}},
            stage,
            at=FIRST_DAY,
        )
        for place, (stage, (label, probability)) in enumerate(_DEFAULT.items())
    ]
    return new_pipeline("default", "Sales Pipeline", 0, made, at=FIRST_DAY)


def new_pipeline(name: str, label: str, order: int, made: list[Stage], *, at: str) -> Pipeline:
    """Return a pipeline as HubSpot sends it."""
    return {
        "id": name,
        "label": label,
        "displayOrder": order,
        "createdAt": at,
        "updatedAt": at,
        "archived": False,
        "stages": made,
    }


def new_stage(body: Mapping[str, Any], stage_id: str, *, at: str) -> Stage:
    """Return a stage of what was checked."""
    return {
        "id": stage_id,
        "label": str(body["label"]),
        "displayOrder": body["displayOrder"],
        "metadata": stored(body["metadata"]),
        "createdAt": at,
        "updatedAt": at,
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def stored(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return what HubSpot keeps of a deal stage's metadata.

    Examples
    --------
    >>> stored({"probability": "1", "colour": "red"})
    {'isClosed': 'true', 'probability': '1.0'}
    """
    probability = float(metadata["probability"])
    return {"isClosed": str(probability in {0.0, 1.0}).lower(), "probability": str(probability)}
