"""A portal out of its file answers as the one that went into it."""

import asyncio
import json
from urllib.parse import urlencode

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.sandbox.app import build_app
from leadscore.sandbox.clock import Clock
from leadscore.sandbox.definitions import Definitions
from leadscore.sandbox.history import Block, Change, Source
from leadscore.sandbox.kinds import Kind
from leadscore.sandbox.portal import Collection, Grant, Portal
from leadscore.sandbox.records import Record, Records
from leadscore.sandbox.state import dump_portal, restore_portal

LIST = "/crm/v3/objects/contacts"
CITY = "city,firstname,score,hs_merged_object_ids"


class Asked:
    """A portal's application, asked without a connection."""

    def __init__(self, portal):
        self.portal = portal
        self.app = build_app(portal, hosts=("here",))

    def __call__(self, method, path, body=None, **query):
        raw = b"" if body is None else json.dumps(body).encode()
        return asyncio.run(self._ask(method, path, raw, urlencode(query).encode()))

    async def _ask(self, method, path, raw, query):
        headers = [
            (b"host", b"here"),
            (b"authorization", f"Bearer {self.portal.token}".encode()),
            (b"content-type", b"application/json"),
        ]
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
        scope |= {"query_string": query, "headers": headers, "root_path": "", "scheme": "http"}
        sent = []

        async def receive():
            return {"type": "http.request", "body": raw}

        async def send(message):
            sent.append(message)

        await self.app({**scope, "server": ("here", 80), "client": None}, receive, send)
        text = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], json.loads(text) if text else None


def new():
    portal = Portal(clock=Clock(1_800_000_000.0, still=True), limits=False)
    body = {"name": "score", "label": "Score", "type": "number", "fieldType": "number"}
    contacts = portal.collection("contacts").definitions
    contacts.create({**body, "groupName": "contactinformation"}, at=portal.now)
    return portal


def again(portal):
    """Return the portal as it comes out of a file."""
    return restore_portal(dict(dump_portal(portal)), limits=False)


READS = [
    ("GET", LIST, None, {"limit": 50, "properties": CITY, "propertiesWithHistory": CITY}),
    ("GET", LIST, None, {"limit": 100, "archived": "true", "properties": CITY}),
    ("GET", LIST, None, {"limit": 50, "associations": "companies"}),
    ("POST", f"{LIST}/search", {"limit": 100, "properties": ["city", "score"]}, {}),
    ("POST", f"{LIST}/search", {"query": "a"}, {}),
    ("POST", f"{LIST}/batch/read", {"inputs": [{"id": str(n)} for n in range(1001, 1030)]}, {}),
    ("GET", "/crm/v3/objects/companies", None, {"limit": 50, "associations": "contacts"}),
    ("GET", "/crm/v3/properties/contacts", None, {}),
    ("GET", "/crm/v3/properties/contacts", None, {"archived": "true"}),
    ("GET", "/crm/v3/properties/contacts/groups", None, {}),
    ("GET", "/crm/v3/pipelines/deals", None, {}),
    ("GET", "/crm/v3/owners", None, {}),
    ("GET", "/crm-object-schemas/v3/schemas", None, {}),
    ("GET", "/crm/v4/associations/contacts/companies/labels", None, {}),
    ("POST", "/crm/v3/lists/search", {}, {}),
    ("GET", "/account-info/v3/details", None, {}),
    # What is written afterwards gets the same ids.
    ("POST", LIST, {"properties": {"email": "last@example.com"}}, {}),
]


def replies(portal):
    ask = Asked(portal)
    return [_plain(ask(method, path, body, **query)) for method, path, body, query in READS]


def _plain(reply):
    status, body = reply
    for one in [body, *(body or {}).get("errors", [])]:
        for key in ("correlationId", "id") if isinstance(one, dict) else ():
            if "context" in one or key == "correlationId":
                one.pop(key, None)
    return status, body


text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
number = st.integers(0, 11)
acts = st.one_of(
    st.tuples(st.just("create"), text),
    st.tuples(st.just("update"), number, text),
    st.tuples(st.just("clear"), number),
    st.tuples(st.just("score"), number, st.integers(-5, 5)),
    st.tuples(st.just("archive"), number),
    st.tuples(st.just("merge"), number, number),
    st.tuples(st.just("erase"), number),
    st.tuples(st.just("company"), text),
    st.tuples(st.just("link"), number, number),
    st.tuples(st.just("property"), st.sampled_from(["one", "two"])),
    st.tuples(st.just("drop property"), st.sampled_from(["one", "two", "score"])),
    st.tuples(st.just("wait"), st.integers(1, 90_000)),
)


def act(ask, what, *values):
    ids = [str(1001 + value) for value in values if isinstance(value, int)]
    requests = {
        "create": ("POST", LIST, {"properties": {"firstname": values[0]}}),
        "update": ("PATCH", f"{LIST}/{ids[:1]}", {"properties": {"city": values[-1]}}),
        "clear": ("PATCH", f"{LIST}/{ids[:1]}", {"properties": {"city": ""}}),
        "score": ("PATCH", f"{LIST}/{ids[:1]}", {"properties": {"score": str(values[-1])}}),
        "archive": ("DELETE", f"{LIST}/{ids[:1]}", None),
        "merge": (
            *("POST", f"{LIST}/merge"),
            {"primaryObjectId": ids[0], "objectIdToMerge": ids[-1]} if ids else None,
        ),
        "erase": ("POST", f"{LIST}/gdpr-delete", {"objectId": ids[0]} if ids else None),
        "company": ("POST", "/crm/v3/objects/companies", {"properties": {"name": values[0]}}),
        "link": (
            "PUT",
            f"/crm/v4/objects/contacts/{ids[:1]}/associations/default/companies/{ids[-1:]}",
            None,
        ),
        "property": (
            *("POST", "/crm/v3/properties/contacts"),
            {
                "name": values[0],
                "label": str(values[0]),
                "type": "string",
                "fieldType": "text",
                "groupName": "contactinformation",
                "hasUniqueValue": values[0] == "two",
            },
        ),
        "drop property": ("DELETE", f"/crm/v3/properties/contacts/{values[0]}", None),
    }
    if what == "wait":
        ask.portal.clock.advance(values[0])
        return
    method, path, body = requests[what]
    ask(method, path.replace("['", "").replace("']", ""), body)


@settings(max_examples=25, deadline=None)
@given(st.lists(acts, max_size=25))
def test_a_portal_out_of_a_file_gives_equal_replies(steps):
    portal = new()
    ask = Asked(portal)
    for step in steps:
        act(ask, *step)
    copy = again(portal)
    assert replies(copy) == replies(portal)


def test_the_acts_of_the_property_do_something():
    ask = Asked(new())
    for step in [
        *[("create", "Ada"), ("create", "Bob"), ("create", "Cy"), ("company", "Acme")],
        *[("update", 0, "Ulm"), ("score", 0, 5), ("clear", 0), ("link", 0, 3)],
        *[("merge", 0, 1), ("archive", 2), ("property", "two"), ("drop property", "score")],
    ]:
        act(ask, *step)
    assert [one.status for one in ask.portal.requests] == [
        *[201, 201, 201, 201],
        *[200, 200, 200, 200],
        *[200, 204, 201, 204],
    ]


# --------------------------------------------------------------------------- piece by piece


def test_archived_records_come_back_archived_and_hold_no_unique_value():
    portal = new()
    ask = Asked(portal)
    ask("POST", LIST, {"properties": {"email": "a@example.com"}})
    ask("DELETE", f"{LIST}/1001")
    copy = Asked(again(portal))
    assert copy("GET", f"{LIST}/1001", archived="true")[0] == 200
    assert copy("POST", LIST, {"properties": {"email": "a@example.com"}})[0] == 201


def test_unique_custom_properties_stay_unique():
    portal = new()
    ask = Asked(portal)
    act(ask, "property", "two")
    ask("POST", LIST, {"properties": {"firstname": "a", "two": "x"}})
    copy = Asked(again(portal))
    answer = copy("POST", LIST, {"properties": {"firstname": "b", "two": "x"}})
    assert answer[0] in {400, 409}


def block(values):
    return Block(
        ids=[1001, 1005],
        starts=np.array([0, 2, 3]),
        names=("city", "score"),
        sources=(Source("CRM_UI", "7", "A user", 9), Source("IMPORT")),
        property=np.array([0, 1, 0], np.int16),
        at=np.array([1, 2, 3]),
        value=values,
        source=np.array([0, 1, 0], np.int8),
    )


@pytest.mark.parametrize("values", [["Ulm", "5", "Bonn"], ["\ud800", "", "Köln"]], ids=["", "odd"])
def test_the_history_of_a_world_comes_back_as_it_was(values):
    portal = new()
    contacts = portal.collection("contacts")
    for number in (1001, 1005):
        record = Record(number, {"createdate": portal.now, "lastmodifieddate": portal.now})
        contacts.records.add(record)
    contacts.history.load(block(values))
    contacts.history.add(1005, "city", Change("Paris", 9, Source("INTEGRATION", "1")))
    copy = again(portal).collection("contacts").history
    for number, name in ((1001, "city"), (1001, "score"), (1005, "city"), (1005, "score")):
        assert copy.of(number, name) == contacts.history.of(number, name)
    assert copy.blocks[0].starts.dtype == np.int64


def test_custom_object_types_come_back():
    portal = new()
    portal.add_kind(
        Kind("cars", "car", "2-7", "hs_lastmodifieddate", shown=("plate",), unique=("plate",))
    )
    kind = again(portal).collection("2-7").kind
    assert kind == portal.collection("cars").kind


def test_a_clock_goes_on_as_far_ahead_as_it_was():
    portal = Portal(clock=Clock(4_000_000_000.0))
    assert abs(again(portal).clock() - portal.clock()) < 5


def test_shelves_and_ids_come_back():
    portal = new()
    portal.shelf("odd")["key"] = {"list": [1, 2.5, None, "ä\ud800"]}
    portal.reserve_id(5_000)
    copy = again(portal)
    assert copy.shelf("odd") == portal.shelf("odd")
    assert copy.new_id() == 5_001


def test_no_token_is_in_the_members():
    portal = new()
    portal.grants["granted-token"] = Grant({"oauth"})
    portal.shelf("oauth")["access"] = {"issued-token": {}}
    portal.shelf("oauth")["app"] = {"appId": 1}
    everything = b"".join(content for _, content in dump_portal(portal))
    for token in (portal.token, "granted-token", "issued-token"):
        assert token.encode() not in everything
    assert again(portal).shelf("oauth") == {"app": {"appId": 1}}
    assert "access" in portal.shelf("oauth")


def test_what_a_portal_holds_is_all_known_to_this_module():
    """Whoever gives a portal something new decides here whether it is kept."""
    kept = {"id", "tier", "api_addon", "time_zone", "clock", "shelves", "collections"}
    kept |= {"associations", "_last_id"}
    derived = {"limiter", "_aliases", "chores", "paths"}
    chosen = {"limits", "retry_after", "token", "scopes", "history_cap", "index_lag"}
    chosen |= {"list_order", "job_delay", "faults", "save", "new_refresh_tokens"}
    passing = {"writes", "requests", "revoked", "grants"}
    assert set(vars(Portal())) == kept | derived | chosen | passing
    assert set(vars(Definitions("contacts"))) == {
        *("kind", "active", "archived", "groups", "most_custom", "version"),
    }
    assert set(Record.__dataclass_fields__) == {"id", "values", "archived_at"}
    assert set(vars(Records())) == {
        *("version", "before", "_by_id", "_ids", "_shuffled", "merged", "_holders"),
    }
    assert set(Collection.__dataclass_fields__) == {
        *("kind", "definitions", "records", "history", "index"),
    }
