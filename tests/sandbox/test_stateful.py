"""Whatever is done to contacts, in whatever order: the portal says what a simple model says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

LIST = "/crm/v3/objects/contacts"
PROPERTIES = "/crm/v3/properties/contacts"
SCORE = {
    "name": "score",
    "label": "Score",
    "type": "number",
    "fieldType": "number",
    "groupName": "contactinformation",
}
ASKED = ("firstname", "city", "email", "score")
names = st.sampled_from(["Ada", "Bob", "Çelik", "王"])
cities = st.sampled_from(["", "Ulm", "Köln", "São Paulo"])
emails = st.sampled_from([f"{name}@example.com" for name in "ab"])
scores = st.integers(0, 3).map(str)


@dataclass
class Contact:
    values: dict[str, str]
    changed_at: int
    emails: set[str] = field(default_factory=set)
    archived: bool = False


class Model:
    """What a portal should hold."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.all: dict[str, Contact] = {}
        self.merged: dict[str, str] = {}
        self.score = True
        self.writes: list[tuple[str, str, str | None, str | None]] = []

    def live(self) -> dict[str, Contact]:
        return {number: one for number, one in self.all.items() if not one.archived}

    def lead(self, number: str) -> str:
        while number in self.merged:
            number = self.merged[number]
        return number

    def find(self, number: str) -> tuple[str, Contact | None]:
        number = self.lead(number)
        return number, self.live().get(number)

    def taken(self, email: str) -> bool:
        return any(email in one.emails for one in self.live().values())

    def change(self, number: str, values: dict[str, str]) -> None:
        one = self.all[number]
        for name, new in values.items():
            old = one.values.get(name)
            if (old or "") != new:
                self.writes.append((number, name, old, new or None))
                one.changed_at = self.now
                one.values[name] = new
                if not new:
                    del one.values[name]


class Contacts(RuleBasedStateMachine):
    """Steps through the API, each with what should come of it."""

    http: Any
    portal: Any
    clock: Any
    ids = Bundle("ids")

    @initialize()
    def empty(self) -> None:
        self.portal.__post_init__()
        self.portal.writes.clear()
        self.portal.requests.clear()
        self.clock.time = 1_800_000_000.0
        self.model = Model(self.portal.now_ms)
        assert self.http.post(PROPERTIES, SCORE).status == 201

    # ----------------------------------------------------------------- one record

    @rule(target=ids, name=names, city=cities)
    def create(self, name: str, city: str) -> str:
        answer = self.http.post(LIST, {"properties": {"firstname": name, "city": city}})
        assert answer.status == 201
        return self._created(answer.json["id"], {"firstname": name, "city": city})

    @rule(target=ids, email=emails)
    def create_with_email(self, email: str) -> Any:
        answer = self.http.post(LIST, {"properties": {"email": email}})
        if self.model.taken(email):
            assert answer.status == 409
            assert self._holder(email) in answer.json["message"]
            return multiple()
        assert answer.status == 201
        return self._created(answer.json["id"], {"email": email})

    def _created(self, number: str, values: dict[str, str]) -> str:
        assert number not in self.model.all
        assert number not in self.model.merged
        self.model.all[number] = Contact({}, self.model.now, {*{values.get("email")} - {None}})
        self.model.change(number, values)
        return number

    def _holder(self, email: str) -> str:
        return next(n for n, one in self.model.live().items() if email in one.emails)

    @rule(number=ids, city=cities)
    def update(self, number: str, city: str) -> None:
        answer = self.http("PATCH", f"{LIST}/{number}", {"properties": {"city": city}})
        found, one = self.model.find(number)
        assert answer.status == (404 if one is None else 200)
        if one is not None:
            assert answer.json["id"] == found
            self.model.change(found, {"city": city})

    @rule(number=ids, score=scores)
    def score_one(self, number: str, score: str) -> None:
        answer = self.http("PATCH", f"{LIST}/{number}", {"properties": {"score": score}})
        found, one = self.model.find(number)
        expected = 404 if one is None else 200 if self.model.score else 400
        assert answer.status == expected
        if expected == 200:
            self.model.change(found, {"score": score})

    @rule(number=ids)
    def archive(self, number: str) -> None:
        answer = self.http("DELETE", f"{LIST}/{number}")
        assert answer.status in {204, 404}
        found, one = self.model.find(number)
        if one is not None and found == number:
            assert answer.status == 204
            one.archived = True
        elif one is not None:
            # Whether a former id archives what came of it is not documented: it may, or may not.
            one.archived = self.http.get(f"{LIST}/{found}").status == 404

    @rule(target=ids, primary=consumes(ids), other=ids)
    def merge(self, primary: str, other: str) -> Any:
        body = {"primaryObjectId": primary, "objectIdToMerge": other}
        first, one = self.model.find(primary)
        second, two = self.model.find(other)
        answer = self.http.post(f"{LIST}/merge", body)
        if one is None or two is None or first == second:
            assert answer.status in {400, 404}
            return primary
        if (first, second) != (primary, other):
            # Merging by a former id: not documented either.
            assert answer.status in {200, 400, 404}
            if answer.status != 200:
                return primary
        assert answer.status == 200
        return self._merged(answer.json["id"], first, second)

    def _merged(self, number: str, first: str, second: str) -> Any:
        one, two = self.model.all.pop(first), self.model.all.pop(second)
        emails = one.emails | two.emails
        values = {**two.values, **one.values}
        self.model.all[number] = Contact(values, self.model.now, emails)
        self.model.merged |= {first: number, second: number}
        # What a merge writes to the log is the merge's own affair.
        self.portal.writes.clear()
        self.model.writes.clear()
        return multiple(number, first)

    # ----------------------------------------------------------------- batches

    @rule(numbers=st.lists(ids, min_size=1, max_size=4, unique=True), score=scores)
    def batch(self, numbers: list[str], score: str) -> None:
        inputs = [{"id": number, "properties": {"score": score}} for number in numbers]
        answer = self.http.post(f"{LIST}/batch/update", {"inputs": inputs})
        live = [number for number in numbers if number in self.model.live()]
        if live and not self.model.score:
            assert answer.status == 400
            return
        lost = [n for n in numbers if n not in live and n not in self.model.merged]
        assert answer.status == (207 if lost else 200)
        assert answer.ids == live
        assert self._lost(answer) == sorted(lost)
        for number in live:
            self.model.change(number, {"score": score})

    def _lost(self, answer: Any) -> list[str]:
        errors = answer.json.get("errors", [])
        return sorted(number for error in errors for number in error["context"]["ids"])

    # ----------------------------------------------------------------- properties and time

    @rule()
    def archive_score(self) -> None:
        answer = self.http("DELETE", f"{PROPERTIES}/score")
        assert answer.status in ({204} if self.model.score else {204, 404})
        self.model.score = False

    @rule()
    def create_score(self) -> None:
        answer = self.http.post(PROPERTIES, SCORE)
        assert answer.status == (409 if self.model.score else 201)
        self.model.score = True

    @rule(seconds=st.sampled_from([0.001, 1.0, 3600.0, 86_400.0]))
    def wait(self, seconds: float) -> None:
        self.clock.time += seconds
        self.model.now = self.portal.now_ms

    # ----------------------------------------------------------------- what must hold

    def _expected(self) -> dict[str, dict[str, str | None]]:
        asked = [name for name in ASKED if name != "score" or self.model.score]
        return {
            number: {name: one.values.get(name) for name in asked}
            for number, one in sorted(self.model.live().items(), key=lambda pair: int(pair[0]))
        }

    @staticmethod
    def _shown(results: list[dict[str, Any]]) -> dict[str, dict[str, str | None]]:
        return {
            one["id"]: {
                name: one["properties"][name] for name in ASKED if name in one["properties"]
            }
            for one in results
        }

    @invariant()
    def the_list_is_the_model(self) -> None:
        found, more = [], {}
        while True:
            body = self.http.get(LIST, limit=3, properties=ASKED, **more).json
            found += body["results"]
            if "paging" not in body:
                break
            more = {"after": body["paging"]["next"]["after"]}
        assert self._shown(found) == self._expected()
        assert list(self._shown(found)) == list(self._expected())
        assert len(found) == len(self._expected())

    @invariant()
    def the_search_is_the_model(self) -> None:
        asked = list(self._expected().values())[0:1]
        body = {"limit": 200, "properties": [*(asked[0] if asked else ["city"])]}
        answer = self.http.post(f"{LIST}/search", body)
        assert answer.status == 200
        assert answer.json["total"] == len(self._expected())
        if asked:
            assert self._shown(answer.json["results"]) == self._expected()

    @invariant()
    def the_archived_are_apart(self) -> None:
        answer = self.http.get(LIST, limit=100, archived="true")
        archived = {number for number, one in self.model.all.items() if one.archived}
        # After 90 days an archived record is gone, which the model does not know.
        assert set(answer.ids) <= archived

    @invariant()
    def every_id_that_ever_was_is_accounted_for(self) -> None:
        numbers = [*self.model.all, *self.model.merged]
        if not numbers or len(numbers) > 100:
            return
        inputs = [{"id": number} for number in numbers]
        body = {"inputs": inputs, "properties": list(ASKED)}
        answer = self.http.post(f"{LIST}/batch/read", body)
        gone = sorted(number for number, one in self.model.all.items() if one.archived)
        assert answer.status == (207 if gone else 200)
        assert self._lost(answer) == gone
        read = self._shown(answer.json["results"])
        assert read == {n: self._expected()[n] for n in numbers if n in self._expected()}

    @invariant()
    def only_what_differs_is_written(self) -> None:
        mine = {"city", "firstname", "email", "score"}
        writes = [
            (one.id, one.property, one.old, one.new)
            for one in self.portal.writes
            if one.property in mine
        ]
        assert sorted(map(repr, writes)) == sorted(map(repr, self.model.writes))


@pytest.mark.timeout(300)
def test_the_portal_is_its_model_after_every_step(http, portal, clock):
    Contacts.http, Contacts.portal, Contacts.clock = http, portal, clock
    run_state_machine_as_test(
        Contacts,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
