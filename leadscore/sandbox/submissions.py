"""Form submissions: taken at once, a contact a moment later, and read by the legacy endpoint.

HubSpot takes submissions on another host (api.hsforms.com) and under the same paths. The contact
appears ``Portal.job_delay`` later. Assumed: a submission is read from then on, a value that does
not fit its property is dropped, and the conversion's name is that of the page and the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from leadscore.sandbox import formdefinitions
from leadscore.sandbox.edits import apply, check_change, check_new, create, write
from leadscore.sandbox.history import CALCULATED, Source
from leadscore.sandbox.moments import from_ms, to_ms
from leadscore.sandbox.paging import by_place
from leadscore.sandbox.replies import Refusal, Reply, not_found, rate_limited
from leadscore.sandbox.routes import Path
from leadscore.sandbox.submissionchecks import CONTACT, Fields, fields_in, problems

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Collection, Portal
    from leadscore.sandbox.records import Record

__all__ = ["CHORES", "MOST", "PATHS", "arrive", "list_submissions", "submit", "submit_secure"]

# HubSpot legacy docs, "Submit data to a form": 50 requests in ten seconds without a token.
MOST, SPAN = 50, 10_000
MOST_LISTED = 50

Submission = dict[str, Any]


def submit(call: Call) -> Reply:
    """Take a submission from anybody; its fields are those of the form.

    Raises
    ------
    Refusal
        400; 404; 429.
    """
    if call.portal.limits:
        _admit(call.portal)
    return _taken(call, strict=True)


def submit_secure(call: Call) -> Reply:
    """Take a submission with a token; its fields may be any properties of contacts."""
    return _taken(call, strict=False)


def _admit(portal: Portal) -> None:
    window = portal.shelf("submission window")
    times = [at for at in window.get("times", []) if at > portal.now_ms - SPAN]
    if len(times) >= MOST:
        raise rate_limited("ten_secondly_rolling")
    window["times"] = [*times, portal.now_ms]


def _taken(call: Call, *, strict: bool) -> Reply:
    portal, form = call.portal, _form(call)
    body = call.body("fields")
    fields = fields_in(body)
    wrong = problems(portal, form, body, fields, strict=strict)
    if wrong:
        raise Refusal(400, "The request is not valid", errors=wrong)
    context, now = body.get("context") or {}, portal.now_ms
    at = to_ms(str(body["submittedAt"])) if body.get("submittedAt") is not None else now
    sent = [{"name": name, "value": text, "objectTypeId": CONTACT} for name, text in fields.items()]
    made: Submission = {"id": str(uuid4()), "form": form["id"], "at": at, "values": sent}
    made |= {"page": context.get("pageUri"), "title": context.get("pageName"), "contact": None}
    made |= {"due": now + round(portal.job_delay * 1000), "known": bool(context.get("hutk"))}
    portal.shelf("pending submissions")[made["id"]] = made
    action = form["configuration"]["postSubmitAction"]
    key = "redirectUri" if action["type"] == "redirect_url" else "inlineMessage"
    return Reply(200, {key: action.get("value", "")})


def _form(call: Call) -> dict[str, Any]:
    """Return the form; a wrong portal is as good as no form (assumed)."""
    if call.path["portal"] != str(call.portal.id):
        raise not_found(f"No form was found for portal {call.path['portal']}.")
    return formdefinitions.find(call.portal, call.path["form"])


# --------------------------------------------------------------------------- the contact


def arrive(portal: Portal) -> None:
    """Make contacts of the submissions whose time has come."""
    pending = portal.shelf("pending submissions")
    if not pending:
        return
    for one in [one for one in pending.values() if one["due"] <= portal.now_ms]:
        del pending[one["id"]]
        one["contact"] = _written(portal, one)
        portal.shelf("submissions").setdefault(one["form"], []).append(one)


def _written(portal: Portal, one: Submission) -> int | None:
    contacts, form = portal.collection("contacts"), portal.shelf("forms")[one["form"]]
    fields = {sent["name"]: sent["value"] for sent in one["values"] if sent["value"].strip()}
    fields |= _stages(form)
    source = Source("FORM", form["id"], form["name"])
    holder = contacts.records.holder("email", fields.get("email", "").strip().lower())
    record = None if holder is None else contacts.records.get(holder)
    values = _fitting(portal, contacts, record, fields)
    if values is None:
        return None
    if record is None:
        record = create(portal, contacts, values, source=source)
        _write_known(portal, contacts, record, _origin(one))
    else:
        apply(portal, contacts, record, values, source=source)
    _write_known(portal, contacts, record, _conversion(portal, record, one, form["name"]))
    return record.id


def _stages(form: Mapping[str, Any]) -> Fields:
    stages = form["configuration"].get("lifecycleStages") or []
    own = [one for one in stages if one.get("objectTypeId", CONTACT) == CONTACT]
    return {"lifecyclestage": str(own[-1]["value"])} if own and own[-1].get("value") else {}


def _fitting(
    portal: Portal, contacts: Collection, record: Record | None, fields: Fields
) -> dict[str, str] | None:
    """Return the values that fit their properties; None when no contact can be made of them."""
    while fields:
        try:
            if record is None:
                return check_new(portal, contacts, fields)
            return check_change(portal, contacts, record, fields)
        except Refusal as refusal:
            bad = {
                name
                for error in refusal.more.get("errors") or []
                for name in error.get("context", {}).get("propertyName", [])
            }
            if not bad & fields.keys():
                return None
            fields = {name: text for name, text in fields.items() if name not in bad}
    return {} if record else None


def _origin(one: Submission) -> dict[str, str]:
    """Return where a new contact comes from: without the tracking cookie it is offline."""
    at = from_ms(one["at"])
    if one["known"]:
        return {"hs_analytics_source": "DIRECT_TRAFFIC", "hs_analytics_first_timestamp": at}
    return {"hs_analytics_source": "OFFLINE", "hs_analytics_first_timestamp": at}


def _conversion(portal: Portal, record: Record, one: Submission, name: str) -> dict[str, str]:
    """Return the properties that count a contact's submissions."""
    at, get = from_ms(one["at"]), record.values.get
    before = portal.shelf("submissions").get(one["form"], [])
    new = all(old["contact"] != record.id for old in before)
    event = f"{one['title']}: {name}" if one["title"] else name
    found = {
        "num_conversion_events": str(_count(get("num_conversion_events")) + 1),
        "num_unique_conversion_events": str(_count(get("num_unique_conversion_events")) + new),
    }
    if not get("first_conversion_date") or at < record.values["first_conversion_date"]:
        found |= {"first_conversion_date": at, "first_conversion_event_name": event}
    if at >= get("recent_conversion_date", ""):
        found |= {"recent_conversion_date": at, "recent_conversion_event_name": event}
    return found


def _count(text: str | None) -> int:
    return round(float(text)) if text else 0


def _write_known(
    portal: Portal, contacts: Collection, record: Record, values: Mapping[str, str]
) -> None:
    known = {name: text for name, text in values.items() if name in contacts.definitions.active}
    write(portal, contacts, record, known, source=CALCULATED)


# --------------------------------------------------------------------------- reading


def list_submissions(call: Call) -> Reply:
    """List a form's submissions, the newest first, 20 at a time and 50 at most."""
    limit = call.integer("limit", default=20, most=MOST_LISTED)
    if call.path["form"] not in call.portal.shelf("forms"):
        raise not_found(f"Form {call.path['form']} does not exist.")
    known = call.portal.shelf("submissions").get(call.path["form"], [])
    ordered = sorted(known, key=lambda one: -one["at"])
    return Reply(200, by_place(call, ordered, limit=limit, shape=_shape))


def _shape(one: Submission) -> dict[str, Any]:
    shape = {"conversionId": one["id"], "submittedAt": one["at"], "values": one["values"]}
    return shape | ({"pageUrl": one["page"]} if one["page"] else {})


CHORES = (arrive,)
_SCOPE = ("forms",)
_BASE = "/submissions/v3/integration"
PATHS = (
    Path("elsewhere", f"{_BASE}/submit/{{portal}}/{{form}}", "POST", submit, open_to_all=True),
    Path("elsewhere", f"{_BASE}/secure/submit/{{portal}}/{{form}}", "POST", submit_secure, _SCOPE),
    Path(
        "elsewhere",
        "/form-integrations/v1/submissions/forms/{form}",
        "GET",
        list_submissions,
        _SCOPE,
    ),
)
