"""What the stages of a portal's pipelines mean for its deals."""

import pytest

from leadscore.sandbox import pipelinestate

PATH = "/crm/v3/pipelines/deals"


@pytest.fixture
def renewals(http):
    """Add a pipeline with an open stage and a won one."""
    stages = [
        {"stageId": f"ren_{name}", "label": name, "displayOrder": place, "metadata": metadata}
        for place, (name, metadata) in enumerate(
            {"open": {"probability": "0.5"}, "won": {"probability": "1.0"}}.items()
        )
    ]
    body = {"pipelineId": "renewals", "label": "Renewals", "displayOrder": 1, "stages": stages}
    assert http.post(PATH, body).status == 201


@pytest.mark.usefixtures("renewals")
def test_other_parts_ask_what_a_stage_means(portal):
    asked = ("closedwon", "closedlost", "contractsent", "ren_won", "ren_open", "nope")
    assert [pipelinestate.closed(portal, stage) for stage in asked] == [
        *("won", "lost", None),
        *("won", None, None),
    ]
    stages = pipelinestate.stages(portal, "renewals")
    assert [one["id"] for one in stages] == ["ren_open", "ren_won"]
    assert pipelinestate.stages(portal, "nope") == []
    assert pipelinestate.pipeline_of(portal, "ren_won") == "renewals"
    assert pipelinestate.pipeline_of(portal, "nope") is None


@pytest.mark.usefixtures("renewals")
def test_the_definitions_of_deals_follow_the_pipelines(portal):
    active = portal.collection("deals").definitions.active
    assert "renewals" in {one["value"] for one in active["pipeline"]["options"]}
    assert "ren_won" in {one["value"] for one in active["dealstage"]["options"]}
    assert "hs_v2_date_entered_ren_won" in active
