"""HubSpot's lead scoring API, a beta."""

import pytest

VIEW, EDIT = "mh-lead-scoring-view", "mh-lead-scoring-edit"
RULE = {"enabled": True, "configuration": {"calculation": {"type": "CONSTANT", "value": 5}}}
BODY = {
    "name": "Fit",
    "objectTypeId": "0-1",
    "allowedGroupTypes": ["FIT"],
    "maxScore": 100,
    "groupConfigs": [
        {
            "groupName": "Company",
            "groupCategory": "FIT",
            "minValue": 0,
            "maxValue": 50,
            "ruleConfigurations": [RULE],
        }
    ],
}


@pytest.fixture(params=["2026-09-beta", "2027-03-beta"])
def path(request):
    return f"/marketing/lead-scoring/{request.param}"


@pytest.fixture
def score(http, path):
    """Return the path of a new score."""
    return f"{path}/scores/{http.post(f'{path}/scores', BODY).json['id']}"


def test_a_new_score_is_a_draft_at_a_place_of_its_own(http, path):
    answer = http.post(f"{path}/scores", BODY)
    assert (answer.status, answer.json["scoreStatus"]) == (201, "draft")
    assert http.get(answer.headers["location"]).json == answer.json
    assert http.get(answer.headers["location"] + "/draft").json == BODY


def test_publishing_marks_the_score_and_evaluates_nothing(http, portal, path, score):
    answer = http.post(f"{score}/draft/publish", None)
    assert (answer.status, answer.json["scoreStatus"]) == (200, "published")
    assert not portal.writes
    query = {"objectTypeId": "0-1", "objectId": "1", "outputProperty": "fit"}
    history = http.get(f"{path}/score-values/object-history", **query)
    assert (history.status, history.json) == (200, {"results": []})
    assert http.get(f"{path}/score-values/object-history").status == 400


def test_a_changed_draft_counts_once_it_is_published(http, score):
    http.post(f"{score}/draft/publish", None)
    assert http("PUT", f"{score}/draft", BODY | {"maxScore": 50}).status == 200
    assert http.get(score).json["configuration"]["maxScore"] == 100
    http.post(f"{score}/draft/publish", None)
    assert http.get(score).json["configuration"]["maxScore"] == 50


def test_a_reset_draft_is_again_what_is_published(http, score):
    assert http.post(f"{score}/draft/reset", None).status == 400
    http.post(f"{score}/draft/publish", None)
    http("PUT", f"{score}/draft", BODY | {"maxScore": 50})
    assert http.post(f"{score}/draft/reset", None).json == BODY
    assert http.get(f"{score}/draft").json == BODY


def test_a_clone_is_a_draft_of_its_own(http, score):
    http.post(f"{score}/draft/publish", None)
    made = http.post(f"{score}/clone", None)
    assert (made.status, made.json["scoreStatus"]) == (201, "draft")
    assert made.json["id"] != score.rpartition("/")[2]


def test_only_a_published_score_is_turned_off(http, score):
    assert http.post(f"{score}/deactivate", None).status == 400
    http.post(f"{score}/draft/publish", None)
    assert http.post(f"{score}/deactivate", None).json["scoreStatus"] == "inactive"


def test_a_deleted_score_is_gone(http, score):
    assert [http("DELETE", score).status for _ in "ab"] == [204, 404]
    assert http.get(f"{score}/draft").status == 404


def test_scores_are_listed_ten_at_a_time(http, path):
    made = [http.post(f"{path}/scores", BODY).json["id"] for _ in range(11)]
    first = http.get(f"{path}/scores")
    after = first.json["paging"]["next"]["after"]
    assert first.ids + http.get(f"{path}/scores", after=after).ids == made
    assert len(first.ids) == 10


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": None}, 400),
        ({"objectTypeId": "0-136"}, 400),
        ({"allowedGroupTypes": []}, 400),
        ({"allowedGroupTypes": ["LUCK"]}, 400),
        ({"allowedGroupTypes": ["INTENT"]}, 400),
        ({"allowedGroupTypes": ["FIT", "INTENT"]}, 403),
        ({"objectTypeId": "0-3"}, 400),
        ({"maxScore": None}, 400),
        ({"maxScore": "100"}, 400),
        ({"maxScorePerCategory": 100}, 400),
        ({"groupConfigs": {}}, 400),
        ({"groupConfigs": [{}]}, 400),
        ({"groupConfigs": [BODY["groupConfigs"][0] | {"minValue": 99}]}, 400),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(http, path, score, change, status):
    assert http.post(f"{path}/scores", BODY | change).status == status
    assert http("PUT", f"{score}/draft", BODY | change).status == status
    assert http.get(f"{score}/draft").json == BODY


def test_combined_scores_need_enterprise(http, portal, path):
    portal.tier = "enterprise"
    body = BODY | {"allowedGroupTypes": ["FIT", "INTENT"], "objectTypeId": "0-3"}
    assert http.post(f"{path}/scores", body).status == 201


def test_a_drafts_object_type_stays(http, score):
    assert http("PUT", f"{score}/draft", BODY | {"objectTypeId": "0-2"}).status == 400


@pytest.mark.parametrize("tier", ["free", "starter"])
def test_a_subscription_below_professional_has_no_lead_scoring(http, portal, path, tier):
    portal.tier = tier
    assert http.get(f"{path}/scores").status == 403
    assert http.post(f"{path}/scores", BODY).status == 403


def test_viewing_and_editing_have_scopes_of_their_own(http, portal, path):
    portal.scopes -= {EDIT}
    assert http.get(f"{path}/scores").status == 200
    assert http.post(f"{path}/scores", BODY).json["category"] == "MISSING_SCOPES"
    portal.scopes -= {VIEW}
    assert http.get(f"{path}/scores").status == 403
