"""Sequences and who is enrolled in them (HubSpot API docs, "Sequences API guide").

Two sequences come with every portal; none can be made by the API, as none could be in HubSpot's
v4 and 2026-03. Nothing is sent: an enrolment ends when the delays of its steps are over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore.sandbox.edits import apply
from leadscore.sandbox.history import Source
from leadscore.sandbox.oauthstore import user
from leadscore.sandbox.owners import owners
from leadscore.sandbox.paging import by_id
from leadscore.sandbox.records import record_id
from leadscore.sandbox.replies import Refusal, Reply, invalid, not_found
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Portal
    from leadscore.sandbox.records import Record

__all__ = [
    "CHORES",
    "PATHS",
    "enroll",
    "enrollment_of",
    "finish",
    "get_sequence",
    "list_sequences",
]

_DAY = 86_400_000
_MADE = "2024-01-08T09:00:00.000Z"
_STEPS = ("EMAIL", "TASK", "EMAIL", "FINISH_ENROLLMENT")
# id -> name, days between steps
_SEQUENCES = {"4001": ("New lead follow-up", 2), "4002": ("Win back", 7)}
_SOURCE = Source("SEQUENCES")
_TIERS = {"professional", "enterprise"}

Shape = dict[str, Any]


# --------------------------------------------------------------------------- sequences


def _lite(portal: Portal, number: str) -> Shape:
    return {
        "id": number,
        "name": _SEQUENCES[number][0],
        "userId": str(user(portal)[0]),
        "createdAt": _MADE,
        "updatedAt": _MADE,
        "folderId": None,
    }


def _full(portal: Portal, number: str) -> Shape:
    steps = [_step(number, place, action) for place, action in enumerate(_STEPS)]
    return _lite(portal, number) | {
        "steps": steps,
        "dependencies": [_dependency(steps[1], steps[2])],
        "settings": _settings(number),
    }


def _dated(number: str) -> Shape:
    return {"id": number, "createdAt": _MADE, "updatedAt": _MADE}


def _step(sequence: str, place: int, action: str) -> Shape:
    number = f"{sequence}0{place}"
    step = _dated(number) | {
        "stepOrder": place,
        "actionType": action,
        "delayMillis": _SEQUENCES[sequence][1] * _DAY if place else 0,
    }
    if action == "EMAIL":
        step["emailPattern"] = _dated(f"{number}1") | {"templateId": f"{number}2"}
    if action == "TASK":
        task = {"taskType": "CALL", "taskPriority": "MEDIUM", "subject": "Call", "notes": None}
        step["taskPattern"] = _dated(f"{number}1") | task
    return step


def _dependency(task: Shape, email: Shape) -> Shape:
    return _dated(f"{task['id']}9") | {
        "dependencyType": "TASK_COMPLETION",
        "reliesOnSequenceStepId": task["id"],
        "reliesOnStepOrder": task["stepOrder"],
        "requiredBySequenceStepId": email["id"],
        "requiredByStepOrder": email["stepOrder"],
    }


def _settings(number: str) -> Shape:
    return _dated(f"{number}5") | {
        "eligibleFollowUpDays": "BUSINESS_DAYS",
        "sellingStrategy": "LEAD_BASED",
        "sendWindowStartMinute": 480,
        "sendWindowEndMinute": 1080,
        "taskReminderMinute": 480,
        "individualTaskRemindersEnabled": False,
    }


def _user(call: Call) -> tuple[str, str]:
    """Return the id and email address of the user that the request names.

    Raises
    ------
    Refusal
        400: it names none, or one that the portal does not have. 403: the subscription.
    """
    given, portal = call.query.get("userId", ""), call.portal
    if not given:
        raise invalid("Query param 'userId' may not be null", context={"userId": [""]})
    if portal.tier not in _TIERS:
        raise Refusal(403, "This account has no Sales or Service Hub Professional.", "FORBIDDEN")
    known = {str(one["userId"]): one["email"] for one in owners(portal) if "userId" in one}
    known = known or {str(number): email for number, email in [user(portal)]}
    if given not in known:
        raise invalid(f"There is no user {given}.", context={"userId": [given]})
    return given, known[given]


def list_sequences(call: Call) -> Reply:
    """List the sequences, of a name if asked."""
    _user(call)
    limit, name = call.integer("limit", default=100, most=100), call.query.get("name", "").lower()
    found = [
        _lite(call.portal, number)
        for number, (words, _) in _SEQUENCES.items()
        if name in words.lower()
    ]
    return Reply(200, {"total": len(found)} | by_id(call, found, limit=limit))


def get_sequence(call: Call) -> Reply:
    """Return a sequence with its steps."""
    _user(call)
    number = call.path["sequence"]
    if number not in _SEQUENCES:
        raise not_found(f"There is no sequence {number}.")
    return Reply(200, _full(call.portal, number))


# --------------------------------------------------------------------------- enrolments


def enroll(call: Call) -> Reply:
    """Enrol a contact, which may be in one sequence at a time.

    HubSpot knowledge base, "Contact can't be enrolled in this sequence", for the reasons and their
    words. A user-level token of OAuth is needed according to third-party notes.
    """
    number, email = _user(call)
    if call.grant is None or not call.grant.oauth:
        raise Refusal(403, "Enrolling takes a user-level token of OAuth.", "FORBIDDEN")
    body = call.body("sequenceId", "contactId", "senderEmail")
    sequence = str(body["sequenceId"])
    if sequence not in _SEQUENCES:
        raise not_found(f"There is no sequence {sequence}.")
    if str(body["senderEmail"]).lower() != email.lower():
        raise _cannot("SENDER_NOT_CONNECTED", f"{body['senderEmail']} is not user {number}'s.")
    record = _contact(call.portal, str(body["contactId"]))
    _check(call.portal, record)
    return Reply(200, _lite_enrollment(_enrolled(call, record, sequence, (number, email))))


def _cannot(word: str, message: str) -> Refusal:
    return invalid(message, errors=[{"message": message, "code": word}])


def _contact(portal: Portal, given: str) -> Record:
    contacts = portal.collection("contacts").records
    found = contacts.get(record_id(given))
    if found is None:
        raise not_found(f"There is no contact {given}.")
    return found


def _check(portal: Portal, record: Record) -> None:
    if not record.values.get("email"):
        raise _cannot("MISSING_EMAIL", f"Contact {record.id} has no email address.")
    if str(record.id) in _active(portal):
        raise _cannot("ALREADY_ENROLLED", f"Contact {record.id} is already enrolled in a sequence.")


def _active(portal: Portal) -> dict[str, Shape]:
    found: dict[str, Shape] = portal.shelf("sequences").setdefault("active", {})
    return found


def _enrolled(call: Call, record: Record, sequence: str, by: tuple[str, str]) -> Shape:
    portal, shelf = call.portal, call.portal.shelf("sequences")
    shelf["last"] = shelf.get("last", 9000) + 1
    length = (len(_STEPS) - 1) * _SEQUENCES[sequence][1] * _DAY
    made = {
        "id": str(shelf["last"]),
        "toEmail": record.values["email"],
        "enrolledAt": portal.now,
        "updatedAt": portal.now,
        "sequenceId": sequence,
        "enrolledBy": by[0],
        "enrolledByEmail": by[1],
        "ends": portal.now_ms + length,
    }
    _active(portal)[str(record.id)] = made
    count = int(record.values.get("hs_sequences_enrolled_count") or 0) + 1
    _write(portal, record, enrolled="true", hs_sequences_enrolled_count=str(count))
    return made


def _write(portal: Portal, record: Record, *, enrolled: str, **more: str) -> None:
    values = {"hs_sequences_is_enrolled": enrolled, **more}
    apply(portal, portal.collection("contacts"), record, values, source=_SOURCE)


def _lite_enrollment(made: Shape) -> Shape:
    return {key: made[key] for key in ("id", "toEmail", "enrolledAt", "updatedAt")}


def enrollment_of(call: Call) -> Reply:
    """Return what a contact is enrolled in."""
    made = _active(call.portal).get(str(_contact(call.portal, call.path["contact"]).id))
    if made is None:
        raise not_found(f"Contact {call.path['contact']} is not enrolled in a sequence.")
    about = {key: made[key] for key in ("sequenceId", "enrolledBy", "enrolledByEmail")}
    name = {"sequenceName": _SEQUENCES[made["sequenceId"]][0]}
    return Reply(200, _lite_enrollment(made) | about | name)


def finish(portal: Portal) -> None:
    """End the enrolments whose steps are over."""
    if "sequences" not in portal.shelves:
        return
    active, now = _active(portal), portal.now_ms
    for key in [key for key, made in active.items() if made["ends"] <= now]:
        del active[key]
        record = portal.collection("contacts").records.get(int(key))
        if record is not None:
            _write(portal, record, enrolled="false")


CHORES = (finish,)
_READ, _WRITE = "automation.sequences.read", "automation.sequences.enrollments.write"
PATHS = (
    Path("sequences", "", "GET", list_sequences, (_READ,)),
    Path("sequences", "/enrollments", "POST", enroll, (_WRITE,)),
    Path("sequences", "/enrollments/contact/{contact}", "GET", enrollment_of, (_READ,)),
    Path("sequences", "/{sequence}", "GET", get_sequence, (_READ,)),
)
