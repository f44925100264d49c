"""One portal on a real port for all tests of the sandbox; its state is new in every test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import urllib3
from clientcases import person
from hubspot import HubSpot
from urllib3.filepost import encode_multipart_formdata

from leadscore.sandbox import oauthstore
from leadscore.sandbox.edits import create
from leadscore.sandbox.portal import SCOPES, Portal
from leadscore.sandbox.records import Record
from leadscore.sandbox.serving import Server


class Clock:
    """A clock that stands still unless a test moves it."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


@dataclass
class Answer:
    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def ids(self) -> list[str]:
        return [one["id"] for one in self.json["results"]]


@dataclass
class Http:
    """Requests with the portal's token, and whatever comes back."""

    url: str
    token: str
    pool: urllib3.PoolManager

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers |= more.pop("headers", {})
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        query = f"?{urlencode(more, doseq=True)}" if more else ""
        reply = self.pool.request(
            method, self.url + path + query, body=content, headers=headers, retries=False
        )
        return Answer(reply.status, reply.headers, reply.data.decode())

    def form(self, method: str, path: str, **fields: Any) -> Answer:
        """Send a form: texts, and files as (name, content) or (name, content, type)."""
        body, kind = encode_multipart_formdata(fields)
        return self(method, path, body, headers={"Content-Type": kind})

    def get(self, path: str, **query: Any) -> Answer:
        return self("GET", path, **query)

    def post(self, path: str, body: Any, **query: Any) -> Answer:
        return self("POST", path, body, **query)


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def _served(clock: Clock) -> Iterator[tuple[Portal, Server]]:
    portal = Portal(clock=clock, limits=False)
    server = Server(portal)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield portal, server
    server.stop()
    thread.join(10)


@pytest.fixture
def portal(_served: tuple[Portal, Server], clock: Clock) -> Portal:
    """Return the portal as it was on its first day: no records, no custom properties."""
    portal = _served[0]
    portal.limits, portal.scopes, portal.tier = False, set(SCOPES), "professional"
    portal.history_cap, portal.index_lag, portal.list_order = None, 0.0, "id"
    portal.retry_after, portal.job_delay = False, 2.0
    portal.writes.clear()
    portal.requests.clear()
    clock.time = 1_800_000_000.0
    portal.__post_init__()
    return portal


@pytest.fixture
def url(_served: tuple[Portal, Server], portal: Portal) -> str:
    return _served[1].url


@pytest.fixture(scope="session")
def _pool() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager() as pool:
        yield pool


@pytest.fixture
def http(url: str, portal: Portal, _pool: urllib3.PoolManager) -> Http:
    return Http(url, portal.token, _pool)


@pytest.fixture
def sign_in(http: Http, portal: Portal) -> Callable[..., dict[str, Any]]:
    """Connect the portal's app by OAuth, as a user and their browser would."""

    def connect(*scopes: str, version: str = "v3") -> dict[str, Any]:
        app, uri = oauthstore.app(portal), "http://localhost:9/back"
        kind = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}
        wish = {"client_id": app["clientId"], "redirect_uri": uri, "scope": " ".join(scopes)}
        sent = http("POST", "/oauth/authorize", urlencode(wish).encode(), **kind)
        code = dict(parse_qsl(urlsplit(sent.headers["location"]).query))["code"]
        known = {"client_id": app["clientId"], "client_secret": app["clientSecret"]}
        wish = {"grant_type": "authorization_code", "code": code, "redirect_uri": uri, **known}
        answer = http("POST", f"/oauth/{version}/token", urlencode(wish).encode(), **kind)
        found: dict[str, Any] = answer.json
        return found

    return connect


@pytest.fixture
def client(url: str, portal: Portal) -> HubSpot:
    """Return HubSpot's official client, pointed at the portal."""
    return HubSpot(access_token=portal.token, host=url, base_url=url)


Add = Callable[..., Record]


@pytest.fixture
def add(portal: Portal) -> Add:
    """Put a record into the portal without asking it."""

    def put(kind: str = "contacts", **values: str) -> Record:
        record = create(portal, portal.collection(kind), values)
        portal.writes.clear()
        return record

    return put


@pytest.fixture
def people(add: Add) -> list[str]:
    """Put seven contacts into the portal, and return their ids."""
    return [str(add(**person(number)).id) for number in range(7)]


@pytest.fixture
def busy(portal: Portal) -> Portal:
    """Return a portal whose clock stands still: a limit that is used up stays so until it moves."""
    portal.limits = True
    return portal


@pytest.fixture
def define(portal: Portal) -> Callable[..., dict[str, Any]]:
    """Define a custom contact property."""

    def put(name: str, kind: str = "number", field: str = "number", **more: Any) -> dict[str, Any]:
        body = {"name": name, "label": name, "type": kind, "fieldType": field}
        body |= {"groupName": "contactinformation"} | more
        if "options" in more:
            body["options"] = [{"label": value, "value": value} for value in more["options"]]
        return portal.collection("contacts").definitions.create(body, at=portal.now)

    return put


@pytest.fixture(params=["v3", "2026-03", "2026-09"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def objects(version: str) -> str:
    """Return the path of contacts in one version of the API."""
    return "/crm/v3/objects/contacts" if version == "v3" else f"/crm/objects/{version}/contacts"
