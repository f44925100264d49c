import pytest
from hubspot.crm.pipelines import PipelineInput, PipelineStageInput

SEVEN = [
    *("appointmentscheduled", "qualifiedtobuy", "presentationscheduled"),
    *("decisionmakerboughtin", "contractsent", "closedwon", "closedlost"),
]
DEALS = "/crm/v3/objects/deals"


@pytest.fixture
def path(version):
    return "/crm/v3/pipelines" if version == "v3" else f"/crm/pipelines/{version}"


def stage(label, order=0, probability="0.5", **more):
    metadata = {"probability": probability}
    return {"label": label, "displayOrder": order, "metadata": metadata} | more


def body(label="Renewals", *stages, **more):
    return {"label": label, "displayOrder": 1, "stages": list(stages) or OPEN_AND_WON} | more


OPEN_AND_WON = [stage("Open", 0, stageId="ren_open"), stage("Won", 1, "1.0", stageId="ren_won")]


@pytest.fixture
def renewals(http, path):
    made = http.post(f"{path}/deals", body(pipelineId="renewals"))
    assert made.status == 201, made.text
    return f"{path}/deals/renewals"


def deal(http, stage, pipeline="renewals"):
    values = {"dealname": "x", "dealstage": stage, "pipeline": pipeline}
    made = http.post(DEALS, {"properties": values})
    assert made.status == 201, made.text
    return made.json["id"]


# --------------------------------------------------------------------------- reading


@pytest.mark.parametrize("kind", ["deals", "deal", "0-3"])
def test_deals_start_with_one_pipeline_of_seven_stages(http, path, kind):
    [found] = http.get(f"{path}/{kind}").json["results"]
    assert (found["id"], [one["id"] for one in found["stages"]]) == ("default", SEVEN)
    assert [one["metadata"]["isClosed"] for one in found["stages"]] == ["false"] * 5 + ["true"] * 2
    assert http.get(f"{path}/{kind}/default").json == found
    assert http.get(f"{path}/{kind}/default/stages").json["results"] == found["stages"]
    assert http.get(f"{path}/{kind}/default/stages/closedwon").json == found["stages"][5]


@pytest.mark.parametrize("kind", ["tickets", "contacts", "nothing"])
def test_other_object_types_have_no_pipelines(http, path, kind):
    answer = http.get(f"{path}/{kind}")
    assert (answer.status, answer.json["category"]) == (404, "OBJECT_NOT_FOUND")


@pytest.mark.parametrize("end", ["/nope", "/nope/stages", "/default/stages/nope"])
def test_a_pipeline_or_stage_that_is_not_there_is_a_404(http, path, end):
    assert http.get(f"{path}/deals{end}").status == 404


def test_audits_are_not_served(http, path):
    assert http.get(f"{path}/deals/default/audit").status == 501
    assert http.get(f"{path}/deals/default/stages/closedwon/audit").status == 501


def test_the_official_client_creates_a_pipeline(client):
    inputs = [
        PipelineStageInput(label=label, display_order=place, metadata={"probability": chance})
        for place, (label, chance) in enumerate([("Open", "0.2"), ("Won", "1")])
    ]
    api = client.crm.pipelines.pipelines_api
    made = api.create("deals", PipelineInput(label="New", display_order=3, stages=inputs))
    assert [one.label for one in made.stages] == ["Open", "Won"]
    read = api.get_by_id("deals", made.id)
    assert read.stages[1].metadata == {"isClosed": "true", "probability": "1.0"}
    api.archive("deals", made.id)
    assert [one.id for one in api.get_all("deals").results] == ["default"]


# --------------------------------------------------------------------------- writing


def test_a_new_pipelines_metadata_come_back_as_sent_and_are_read_completed(http, path, renewals):
    made = http.post(f"{path}/deals", body("Other", stage("A", 0, "1"))).json
    assert made["stages"][0]["metadata"] == {"probability": "1"}
    read = http.get(f"{path}/deals/{made['id']}").json
    assert read["stages"][0]["metadata"] == {"isClosed": "true", "probability": "1.0"}


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (body("Other", pipelineId="default"), 400),
        (body("sales pipeline"), 400),
        (body("Other", stage("Won", stageId="closedwon")), 409),
        (body("Other", stage("A", stageId="x"), stage("B", stageId="x")), 400),
        (body("Other", stage("A"), stage(" a ")), 400),
        (body("Other") | {"stages": []}, 400),
        (body("Other") | {"label": ""}, 400),
        (body("Other") | {"displayOrder": None}, 400),
        (body("Other") | {"displayOrder": -1}, 400),
        (body("Other") | {"stages": "A"}, 400),
        (body("Other", *(stage(str(number), number) for number in range(101))), 400),
    ],
    ids=str,
)
def test_a_pipeline_needs_names_and_labels_of_its_own_and_up_to_100_stages(
    http, path, given, status
):
    assert http.post(f"{path}/deals", given).status == status


def test_a_pipeline_is_changed_in_part(http, renewals, clock):
    clock.time += 60
    changed = http("PATCH", renewals, {"label": "Upsells"}).json
    assert (changed["label"], changed["displayOrder"], len(changed["stages"])) == ("Upsells", 1, 2)
    assert changed["stages"][0]["updatedAt"] == changed["updatedAt"] > changed["createdAt"]
    assert http("PATCH", renewals, {"label": "Sales Pipeline"}).status == 400
    assert http("PATCH", renewals, {"archived": True}).status == 400


def test_an_archived_pipeline_is_restored_by_a_patch(http, renewals):
    assert http("DELETE", renewals).status == 204
    assert http.get(renewals).status == 404
    assert http("PATCH", renewals, {"label": "x"}).status == 404
    assert http("PATCH", renewals, {"archived": False}).json["archived"] is False
    assert http.get(renewals).status == 200


def test_a_replaced_pipeline_loses_the_stages_that_are_not_given(http, renewals):
    given = body("Renewals", stage("Open", stageId="ren_open"), stage("Lost", 1, "0.0"))
    replaced = http("PUT", renewals, given)
    assert (replaced.status, [one["label"] for one in replaced.json["stages"]]) == (
        200,
        ["Open", "Lost"],
    )
    assert http.get(f"{renewals}/stages/ren_won").status == 404


def test_the_last_pipeline_and_the_last_stage_stay(http, path, renewals):
    assert http("DELETE", f"{path}/deals/default").status == 204
    assert http("DELETE", renewals).status == 400
    assert http("DELETE", f"{renewals}/stages/ren_won").status == 204
    assert http("DELETE", f"{renewals}/stages/ren_open").status == 400


def test_a_stage_is_created_changed_replaced_and_deleted(http, renewals):
    made = http.post(f"{renewals}/stages", stage("Lost", 2, "0", stageId="ren_lost"))
    assert (made.status, made.json["metadata"]) == (201, {"probability": "0"})
    there = f"{renewals}/stages/ren_lost"
    assert http("PATCH", there, {"label": "Gone"}).json["metadata"]["probability"] == "0.0"
    assert http("PATCH", there, {"label": "Open"}).status == 400
    assert http("PUT", there, {"label": "Gone"}).status == 400
    assert http("PUT", there, stage("Back", 2, "0.1")).json["metadata"]["isClosed"] == "false"
    assert http("DELETE", there).status == 204
    assert http.get(there).status == 404


@pytest.mark.parametrize("taken", ["ren_open", "closedwon"])
def test_a_stage_needs_an_id_of_its_own(http, renewals, taken):
    answer = http.post(f"{renewals}/stages", stage("Next", 2, stageId=taken))
    assert (answer.status, "category" in answer.json) == (400, False)


# --------------------------------------------------------------------------- in use


@pytest.mark.parametrize("end", ["", "/stages/ren_open"])
def test_2026_09_does_not_delete_what_deals_are_in(http, version, renewals, end):
    number = deal(http, "ren_open")
    answer = http("DELETE", renewals + end)
    if version != "2026-09":
        assert answer.status == 204
        return
    assert (answer.status, answer.json["subCategory"]) == (400, "PipelineError.STAGE_ID_IN_USE")
    assert answer.json["context"] == {"stageIds": ["[ren_open]"], "objectIds": [f"[{number}]"]}
    assert http("PUT", renewals, body("Renewals", stage("Won", 0, "1.0"))).status == 400


@pytest.mark.parametrize(("asked", "status"), [("true", 400), ("True", 400), ("false", 204)])
def test_a_request_may_say_whether_use_is_looked_at(http, renewals, asked, status):
    deal(http, "ren_open")
    query = f"?validateDealStageUsagesBeforeDelete={asked}"
    assert http("DELETE", renewals + query).status == status


def test_an_archived_deal_is_in_no_stage(http, renewals):
    http("DELETE", f"{DEALS}/{deal(http, 'ren_open')}")
    assert http("DELETE", renewals).status == 204


# --------------------------------------------------------------------------- definitions


def values(http, name):
    options = http.get(f"/crm/v3/properties/deals/{name}").json["options"]
    return [one["value"] for one in options]


def test_the_definitions_of_deals_follow_the_pipelines(http, renewals):
    assert values(http, "pipeline") == ["default", "renewals"]
    assert values(http, "dealstage") == [*SEVEN, "ren_open", "ren_won"]
    entered = http.get("/crm/v3/properties/deals/hs_v2_date_entered_ren_won")
    assert (entered.status, entered.json["type"]) == (200, "datetime")
    http("DELETE", f"{renewals}/stages/ren_won")
    assert values(http, "dealstage") == [*SEVEN, "ren_open"]
