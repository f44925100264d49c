"""Every operation, told once for each version of its path."""

from __future__ import annotations

import pytest

from leadscore.sandbox.app import PARTS
from leadscore.sandbox.endpoints import BODIES, PARAMETERS, endpoints

ALL = list(endpoints(path for part in PARTS for path in part.PATHS))


def test_every_operation_has_words_of_its_own():
    assert [one.path for one in ALL if one.summary == f"{one.method} {one.path}"] == []


def test_an_operation_is_told_once():
    pairs = [(one.method, one.path) for one in ALL]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("name", BODIES)
def test_a_body_belongs_to_a_handler_that_there_is(name):
    assert name in {one.name for one in ALL}


def test_a_part_of_a_path_that_can_be_tried_is_one_that_there_is():
    assert PARAMETERS.keys() <= {name for one in ALL for name in one.parameters}


def test_the_versions_of_a_path_differ_in_nothing_but_the_path():
    found = [one for one in ALL if one.name == "objects.get_one"]
    assert [one.version for one in found] == ["v3", "2026-03", "2026-09"]
    assert len({(tuple(one.statuses), tuple(one.parameters)) for one in found}) == 1


def test_the_sandboxs_own_paths_take_its_token_and_those_for_anybody_take_none():
    token = {one.path: one.has_token for one in ALL}
    assert token["/__sandbox/log"]
    assert not token["/submissions/v3/integration/submit/{portal}/{form}"]
    assert not token["/__sandbox/openapi.json"]
