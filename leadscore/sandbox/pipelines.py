"""Deal pipelines and their stages (HubSpot API docs, "Pipelines").

From 2026-09 on a pipeline or stage that deals are in cannot be deleted, unless the request says
``validateDealStageUsagesBeforeDelete=false``; before, only when it says ``=true``. Other object
types have no pipelines here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.pipelinerules import (
    MOST_STAGES,
    check_order,
    check_stage,
    placed,
    renumbered,
    same_label,
)
from leadscore.sandbox.pipelinestate import (
    Pipeline,
    Stage,
    every,
    follow,
    new_pipeline,
    new_stage,
    pipeline_of,
    pipelines,
    stored,
)
from leadscore.sandbox.replies import (
    Refusal,
    Reply,
    bad_json,
    invalid,
    missing_fields,
    not_found,
    unserved,
)
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call

__all__ = ["PATHS"]


def _of_type(call: Call) -> dict[str, Pipeline]:
    kind = call.portal.collection("deals").kind
    if call.path["kind"].lower() not in kind.aliases:
        raise not_found(f"There are no pipelines of {call.path['kind']}.")
    return every(call.portal)


def _one(call: Call, *, archived: bool = False) -> Pipeline:
    found = _of_type(call).get(call.path["id"])
    if found is None or found["archived"] is not archived:
        raise not_found(f"Pipeline {call.path['id']} does not exist")
    return found


def _stage(call: Call) -> tuple[Pipeline, Stage]:
    pipeline = _one(call)
    for stage in pipeline["stages"]:
        if stage["id"] == call.path["stage"]:
            return pipeline, stage
    raise not_found(f"Stage {call.path['stage']} does not exist")


def _keep(call: Call, pipeline: Pipeline) -> None:
    every(call.portal)[pipeline["id"]] = pipeline
    follow(call.portal)


# --------------------------------------------------------------------------- pipelines


def list_pipelines(call: Call) -> Reply:
    """List all pipelines; there is no paging."""
    _of_type(call)
    return Reply(200, {"results": pipelines(call.portal)})


def get_pipeline(call: Call) -> Reply:
    """Return one pipeline."""
    return Reply(200, _one(call))


def create_pipeline(call: Call) -> Reply:
    """Create a pipeline; the reply has the stages' metadata as they were sent."""
    there, body = _of_type(call), call.body()
    name = str(body.get("pipelineId") or call.portal.new_id())
    if name in there:
        message = f"There's another pipeline in this portal with pipelineId ({name})."
        raise invalid(message)
    made = _read(call, body, name, own=None)
    _keep(call, made)
    return Reply(201, made | {"stages": _as_sent(made["stages"], body["stages"])})


def _as_sent(made: Sequence[Stage], sent: Sequence[Mapping[str, Any]]) -> list[Stage]:
    given = {str(one["label"]): one["metadata"] for one in sent}
    return [stage | {"metadata": given[stage["label"]]} for stage in made]


def _read(call: Call, body: Mapping[str, Any], name: str, *, own: Pipeline | None) -> Pipeline:
    missing = [key for key in ("label", "displayOrder", "stages") if body.get(key) in (None, "")]
    if missing:
        raise missing_fields(*missing)
    check_order(body["displayOrder"])
    _check_label(call, str(body["label"]), own=own)
    if not isinstance(body["stages"], list):
        raise bad_json("stages must be a list of objects")
    if not 0 < len(body["stages"]) <= MOST_STAGES:
        most = f"Pipeline must have at most {MOST_STAGES} stages"
        raise invalid(most if body["stages"] else "Pipeline must have at least one stage")
    made = _stages(call, body["stages"], own=own)
    _check_elsewhere(call, made, own=own)
    return new_pipeline(
        name, str(body["label"]), body["displayOrder"], renumbered(made), at=call.portal.now
    )


def _check_label(call: Call, label: str, *, own: Pipeline | None) -> None:
    if same_label(pipelines(call.portal), label, own=own):
        raise invalid(f"An active pipeline with label {label} already exists.")


def _stages(call: Call, bodies: Sequence[Any], *, own: Pipeline | None) -> list[Stage]:
    made: list[Stage] = []
    old = {one["id"]: one for one in own["stages"]} if own else {}
    for body in bodies:
        check_stage(body, made)
        name = str(body.get("stageId") or call.portal.new_id())
        if any(one["id"] == name for one in made):
            raise invalid(f"Two stages have the stageId {name}.")
        stage = new_stage(body, name, at=call.portal.now)
        made.append(stage | {"createdAt": old.get(name, stage)["createdAt"]})
    return made


def _check_elsewhere(call: Call, made: Sequence[Stage], *, own: Pipeline | None) -> None:
    others = [one for one in pipelines(call.portal) if one is not own]
    taken = {stage["id"] for one in others for stage in one["stages"]}
    if taken & {stage["id"] for stage in made}:
        raise Refusal(
            409,
            "There's another pipeline in this portal with one of the same stages",
            "OBJECT_ALREADY_EXISTS",
            subCategory="PipelineError.STAGE_ID_EXISTS_IN_ANOTHER_PIPELINE",
        )


def replace_pipeline(call: Call) -> Reply:
    """Replace a pipeline; the stages that are not given are deleted."""
    own, body = _one(call), call.body()
    made = _read(call, body, own["id"], own=own) | {"createdAt": own["createdAt"]}
    left = {stage["id"] for stage in made["stages"]}
    _check_unused(call, [stage["id"] for stage in own["stages"] if stage["id"] not in left])
    _keep(call, made)
    return Reply(200, made)


def update_pipeline(call: Call) -> Reply:
    """Change a pipeline's label or place, or bring an archived one back."""
    body = call.body()
    archived = body.get("archived")
    if archived is not None and archived is not False:
        raise invalid("archived may be given as false only, when an archived pipeline is restored.")
    own = _one(call, archived=archived is False)
    given = {key: body[key] for key in ("label", "displayOrder") if body.get(key) is not None}
    if "displayOrder" in given:
        check_order(given["displayOrder"])
    _check_label(call, str(given.get("label", own["label"])), own=own)
    at = {"updatedAt": call.portal.now}
    # A pipeline's change moves the times of its stages, which was seen.
    moved = [stage | at for stage in own["stages"]]
    made = own | given | at | {"archived": False, "stages": moved}
    made.pop("archivedAt", None)
    _check_elsewhere(call, moved, own=own)
    _keep(call, made)
    return Reply(200, made)


def archive_pipeline(call: Call) -> Reply:
    """Delete a pipeline; the last one stays."""
    own = _one(call)
    if len(pipelines(call.portal)) == 1:
        raise invalid("The last pipeline cannot be deleted.")
    _check_unused(call, [stage["id"] for stage in own["stages"]])
    now = call.portal.now
    _keep(call, own | {"archived": True, "archivedAt": now, "updatedAt": now})
    return Reply(204)


def _check_unused(call: Call, names: Sequence[str]) -> None:
    default = "true" if call.version == "2026-09" else "false"
    if call.query.get("validateDealStageUsagesBeforeDelete", default).lower() != "true":
        return
    deals = (
        (one.id, one.values.get("dealstage")) for one in call.portal.collection("deals").records
    )
    found = {number: stage for number, stage in deals if stage in names}
    if found:
        used = f"[{', '.join(name for name in names if name in found.values())}]"
        who = f"[{', '.join(map(str, found))}]"
        raise invalid(
            f"Stage IDs: {used} are being referenced by object IDs: {who}",
            context={"stageIds": [used], "objectIds": [who]},
            subCategory="PipelineError.STAGE_ID_IN_USE",
        )


# --------------------------------------------------------------------------- stages


def list_stages(call: Call) -> Reply:
    """List the stages of a pipeline."""
    return Reply(200, {"results": _one(call)["stages"]})


def get_stage(call: Call) -> Reply:
    """Return one stage."""
    return Reply(200, _stage(call)[1])


def create_stage(call: Call) -> Reply:
    """Add a stage to a pipeline."""
    own, body = _one(call), call.body()
    check_stage(body, own["stages"])
    name = str(body.get("stageId") or call.portal.new_id())
    holder = pipeline_of(call.portal, name)
    if holder is not None:
        where = "this" if holder == own["id"] else "another"
        message = f"An existing active stage in {where} pipeline is already using stage id {name}"
        raise Refusal(400, message)
    if len(own["stages"]) >= MOST_STAGES:
        raise invalid(f"Pipeline must have at most {MOST_STAGES} stages")
    stage = new_stage(body, name, at=call.portal.now)
    _keep(call, own | {"stages": placed(own["stages"], stage)})
    return Reply(201, stage | {"metadata": body["metadata"]})


def replace_stage(call: Call) -> Reply:
    """Replace a stage."""
    return _changed(call, whole_body=True)


def update_stage(call: Call) -> Reply:
    """Change a stage; the fields that are not given stay."""
    return _changed(call, whole_body=False)


def _changed(call: Call, *, whole_body: bool) -> Reply:
    (own, stage), body = _stage(call), call.body()
    check_stage(body, own["stages"], own=stage, whole_body=whole_body)
    metadata = stage["metadata"] | (body.get("metadata") or {})
    given = {key: body[key] for key in ("label", "displayOrder") if body.get(key) is not None}
    made = stage | given | {"metadata": stored(metadata), "updatedAt": call.portal.now}
    others = [one for one in own["stages"] if one is not stage]
    _keep(call, own | {"stages": placed(others, made)})
    return Reply(200, made)


def archive_stage(call: Call) -> Reply:
    """Delete a stage; the last one stays."""
    own, stage = _stage(call)
    left = [one for one in own["stages"] if one is not stage]
    if not left:
        raise Refusal(400, "Pipeline must have at least one stage")
    _check_unused(call, [stage["id"]])
    _keep(call, own | {"stages": left})
    return Reply(204)


def audit(_: Call) -> Reply:
    """Say that audits are not served."""
    raise unserved("pipeline audits")


_SEE = ("crm.objects.deals.read", "crm.objects.deals.write", "crm.schemas.deals.read")
_SET = ("crm.objects.deals.write", "crm.schemas.deals.write")
_STAGES = "/{kind}/{id}/stages"
PATHS = (
    Path("pipelines", "/{kind}", "GET", list_pipelines, _SEE),
    Path("pipelines", "/{kind}", "POST", create_pipeline, _SET),
    Path("pipelines", "/{kind}/{id}", "GET", get_pipeline, _SEE),
    Path("pipelines", "/{kind}/{id}", "PUT", replace_pipeline, _SET),
    Path("pipelines", "/{kind}/{id}", "PATCH", update_pipeline, _SET),
    Path("pipelines", "/{kind}/{id}", "DELETE", archive_pipeline, _SET),
    Path("pipelines", "/{kind}/{id}/audit", "GET", audit, _SEE),
    Path("pipelines", _STAGES, "GET", list_stages, _SEE),
    Path("pipelines", _STAGES, "POST", create_stage, _SET),
    Path("pipelines", _STAGES + "/{stage}", "GET", get_stage, _SEE),
    Path("pipelines", _STAGES + "/{stage}", "PUT", replace_stage, _SET),
    Path("pipelines", _STAGES + "/{stage}", "PATCH", update_stage, _SET),
    Path("pipelines", _STAGES + "/{stage}", "DELETE", archive_stage, _SET),
    Path("pipelines", _STAGES + "/{stage}/audit", "GET", audit, _SEE),
)
