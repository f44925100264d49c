"""HubSpot's lead scoring API, a beta: scores are drafted, published, cloned and turned off.

Nothing is evaluated: publishing marks a score as published, and no record gets a value, so that
values and their history are empty. HubSpot API docs, "Lead Scoring API (BETA)"; the shape of the
replies beyond ``scoreStatus`` is assumed.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.paging import by_id
from leadscore.sandbox.replies import Refusal, Reply, invalid, missing_fields, not_found
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Portal

__all__ = [
    "PATHS",
    "clone_score",
    "create_score",
    "deactivate_score",
    "delete_score",
    "get_draft",
    "get_score",
    "list_scores",
    "object_history",
    "publish_draft",
    "put_draft",
    "reset_draft",
]

_TIERS = {"professional", "enterprise"}
_TYPES = {"0-1", "0-2", "0-3"}
_CATEGORIES = {"FIT", "INTENT"}
_GROUP = {"ruleConfigurations", "groupName"}
FIRST_SCORE = 501

Score = dict[str, Any]


def _scores(portal: Portal) -> dict[str, Score]:
    """Return the portal's scores by id.

    Raises
    ------
    Refusal
        403: the subscription has no lead scoring.
    """
    if portal.tier not in _TIERS:
        raise Refusal(403, "This account has no lead scoring.", "FORBIDDEN")
    found: dict[str, Score] = portal.shelf("lead scoring").setdefault("scores", {})
    return found


def _one(call: Call) -> Score:
    found = _scores(call.portal).get(call.path["score"])
    if found is None:
        raise not_found(f"There is no score {call.path['score']}.")
    return found


def _summary(score: Score) -> Score:
    kept = ("id", "name", "objectTypeId", "scoreStatus", "createdAt", "updatedAt")
    return {key: score[key] for key in kept}


def _shown(score: Score) -> Score:
    """Return a score with the configuration that is at work, or its draft when none is yet."""
    return _summary(score) | {"configuration": score["published"] or score["draft"]}


# --------------------------------------------------------------------------- configurations


def _configuration(call: Call) -> Score:
    """Return the configuration in the body, checked in outline: rules are taken as they come."""
    body = call.body("name", "objectTypeId", "allowedGroupTypes", "groupConfigs")
    if str(body["objectTypeId"]) not in _TYPES:
        raise invalid(f"Objects of type {body['objectTypeId']} cannot be scored.")
    categories = _categories(body)
    _check_combined(call.portal, body, categories)
    ceilings = [key for key in ("maxScore", "maxScorePerCategory") if body.get(key) is not None]
    if len(ceilings) != 1 or not _is_number(body[ceilings[0]]):
        raise invalid("One of maxScore and maxScorePerCategory must be a number.")
    if not isinstance(body["groupConfigs"], list):
        raise invalid("groupConfigs must be a list.")
    for group in body["groupConfigs"]:
        _check_group(group, categories)
    return body


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _categories(body: Score) -> set[str]:
    given = body["allowedGroupTypes"]
    words = isinstance(given, list) and all(isinstance(one, str) for one in given)
    if not words or not given or not set(given) <= _CATEGORIES:
        raise invalid(f"allowedGroupTypes must be of: [{', '.join(sorted(_CATEGORIES))}]")
    return set(given)


def _check_combined(portal: Portal, body: Score, categories: set[str]) -> None:
    """Check a secondary fact: combined scores need Enterprise, and deals have no others."""
    if categories == _CATEGORIES and portal.tier != "enterprise":
        raise Refusal(403, "Combined scores need Enterprise.", "FORBIDDEN")
    if body["objectTypeId"] == "0-3" and categories != _CATEGORIES:
        raise invalid("A score of deals is combined.")


def _check_group(group: Any, categories: set[str]) -> None:
    if not isinstance(group, dict):
        raise invalid("groupConfigs must be a list of objects.")
    missing = [f"groupConfigs.{key}" for key in _GROUP if group.get(key) is None]
    if missing:
        raise missing_fields(*sorted(missing))
    if group.get("groupCategory") not in (None, *categories):
        raise invalid(f"Groups of category {group['groupCategory']} are not allowed here.")
    low, high = group.get("minValue", 0), group.get("maxValue", 0)
    if not (_is_number(low) and _is_number(high) and low <= high):
        raise invalid("minValue and maxValue must be numbers in order.")


# --------------------------------------------------------------------------- scores


def list_scores(call: Call) -> Reply:
    """List the scores, 10 at a time by default."""
    limit, scores = call.integer("limit", default=10, most=100), _scores(call.portal)
    return Reply(200, by_id(call, list(scores.values()), limit=limit, shape=_summary))


def create_score(call: Call) -> Reply:
    """Create a score; it is a draft until it is published."""
    scores = _scores(call.portal)
    return _created(call, scores, _configuration(call))


def _created(call: Call, scores: dict[str, Score], configuration: Score) -> Reply:
    portal = call.portal
    shelf = portal.shelf("lead scoring")
    shelf["last"] = shelf.get("last", FIRST_SCORE - 1) + 1
    number = str(shelf["last"])
    scores[number] = {
        "id": number,
        "name": configuration["name"],
        "objectTypeId": configuration["objectTypeId"],
        "scoreStatus": "draft",
        "createdAt": portal.now,
        "updatedAt": portal.now,
        "draft": configuration,
        "published": None,
    }
    where = f"/marketing/lead-scoring/{call.version}/scores/{number}"
    return Reply(201, _shown(scores[number]), {"location": where})


def get_score(call: Call) -> Reply:
    """Return a score."""
    return Reply(200, _shown(_one(call)))


def delete_score(call: Call) -> Reply:
    """Delete a score."""
    del _scores(call.portal)[_one(call)["id"]]
    return Reply(204)


def clone_score(call: Call) -> Reply:
    """Make a draft of its own out of a score."""
    configuration = deepcopy(_shown(_one(call))["configuration"])
    configuration["name"] = f"{configuration['name']} (copy)"
    return _created(call, _scores(call.portal), configuration)


def deactivate_score(call: Call) -> Reply:
    """Turn a published score off."""
    score = _one(call)
    if score["scoreStatus"] != "published":
        raise invalid(f"Score {score['id']} is not published.")
    return Reply(200, _shown(_touched(call, score, scoreStatus="inactive")))


def _touched(call: Call, score: Score, **changes: Any) -> Score:
    score.update(changes, updatedAt=call.portal.now)
    return score


# --------------------------------------------------------------------------- drafts


def get_draft(call: Call) -> Reply:
    """Return the draft of a score."""
    return Reply(200, _one(call)["draft"])


def put_draft(call: Call) -> Reply:
    """Replace the draft of a score, which goes on counting as it was published."""
    score, configuration = _one(call), _configuration(call)
    if configuration["objectTypeId"] != score["objectTypeId"]:
        raise invalid("The object type of a score cannot be changed.")
    _touched(call, score, draft=configuration)
    return Reply(200, configuration)


def publish_draft(call: Call) -> Reply:
    """Mark a score as published as its draft says; no record is evaluated here."""
    score = _one(call)
    draft = score["draft"]
    changes = {"published": draft, "name": draft["name"], "scoreStatus": "published"}
    return Reply(200, _shown(_touched(call, score, **changes)))


def reset_draft(call: Call) -> Reply:
    """Let the draft be again what is published."""
    score = _one(call)
    if score["published"] is None:
        raise invalid(f"Score {score['id']} has never been published.")
    return Reply(200, _touched(call, score, draft=score["published"])["draft"])


def object_history(call: Call) -> Reply:
    """Return how a record's score came about: nothing, for nothing is evaluated here."""
    _scores(call.portal)
    needed = ("objectTypeId", "objectId", "outputProperty")
    missing = [key for key in needed if not call.query.get(key)]
    if missing:
        raise invalid(f"Some required query parameters were not set: [{', '.join(missing)}]")
    call.integer("limit", default=100, most=100)
    return Reply(200, {"results": []})


_VIEW, _EDIT = ("mh-lead-scoring-view", "mh-lead-scoring-edit"), ("mh-lead-scoring-edit",)
PATHS = tuple(
    Path("lead scoring", path, method, handler, scopes)
    for path, method, handler, scopes in (
        ("/scores", "GET", list_scores, _VIEW),
        ("/scores", "POST", create_score, _EDIT),
        ("/scores/{score}", "GET", get_score, _VIEW),
        ("/scores/{score}", "DELETE", delete_score, _EDIT),
        ("/scores/{score}/clone", "POST", clone_score, _EDIT),
        ("/scores/{score}/deactivate", "POST", deactivate_score, _EDIT),
        ("/scores/{score}/draft", "GET", get_draft, _VIEW),
        ("/scores/{score}/draft", "PUT", put_draft, _EDIT),
        ("/scores/{score}/draft/publish", "POST", publish_draft, _EDIT),
        ("/scores/{score}/draft/reset", "POST", reset_draft, _EDIT),
        ("/score-values/object-history", "GET", object_history, _VIEW),
    )
)
