from __future__ import annotations

import pytest

from leadscore.errors import HubSpotError, InvalidRequestError
from leadscore.hubspot import imports
from leadscore.hubspot.paths import VERSIONS


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


@pytest.fixture
def quick(portal, sandbox):
    """A portal whose imports begin at once."""
    sandbox.portal.job_delay = 0.0
    return portal


def _file(tmp_path, rows, columns=("jobtitle",)):
    path = tmp_path / "scores.csv"
    lines = [",".join(["Record ID", *columns]), *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _contacts(portal, n):
    return [c.id for c in portal.client.crm.contacts.basic_api.get_page(limit=n).results]


def test_what_is_uploaded_is_written_and_a_bad_row_is_told(quick, tmp_path):
    one, other = _contacts(quick, 2)
    path = _file(tmp_path, [(one, "Köchin"), ("404404", "Nobody"), (other, "Baker")])
    made = imports.upload(quick, path, name="leadscore r1 1", columns=["jobtitle"])
    ended = imports.follow(quick, made["id"])
    assert ended["state"] == "DONE"
    errors = dict(imports.row_errors(quick, made["id"]))
    assert list(errors) == ["404404"]
    assert errors["404404"]
    found = quick.client.crm.contacts.basic_api.get_by_id(one, properties=["jobtitle"])
    assert found.properties["jobtitle"] == "Köchin"


def test_an_import_whose_reply_is_lost_is_found_by_its_name_and_not_sent_again(
    quick, sandbox, tmp_path
):
    path = _file(tmp_path, [(_contacts(quick, 1)[0], "Baker")])
    rule = {"match": {"method": "POST", "path": "*/imports*"}, "times": 1}
    sandbox.faults([rule | {"action": {"apply_then_reset": True}}])
    made = imports.upload(quick, path, name="leadscore r1 1", columns=["jobtitle"])
    assert imports.follow(quick, made["id"])["state"] == "DONE"
    assert len(list(imports.imports_named(quick, "leadscore r1"))) == 1


def test_names_that_only_begin_alike_are_not_taken_for_ours(quick, tmp_path):
    path = _file(tmp_path, [(_contacts(quick, 1)[0], "Baker")])
    for name in ("leadscore r1 1", "leadscore r10 1"):
        imports.upload(quick, path, name=name, columns=["jobtitle"])
    assert [one["importName"] for one in imports.imports_named(quick, "leadscore r1")] == [
        "leadscore r1 1"
    ]


def test_a_column_that_the_portal_does_not_know_is_refused_in_its_words(quick, tmp_path):
    path = _file(tmp_path, [("1", "x")], ("no_such_property",))
    with pytest.raises(InvalidRequestError, match="no_such_property"):
        imports.upload(quick, path, name="n", columns=["no_such_property"])


def test_many_errors_come_in_pages_and_a_cursor_that_repeats_is_an_error(quick, sandbox, tmp_path):
    path = _file(tmp_path, [(str(n), "x") for n in range(1, 251)])
    made = imports.upload(quick, path, name="n", columns=["jobtitle"])
    imports.follow(quick, made["id"])
    assert len(dict(imports.row_errors(quick, made["id"]))) == 250
    sandbox.faults([{"match": {"path": "*/errors"}, "action": {"repeat_cursor": True}}])
    with pytest.raises(HubSpotError):
        list(imports.row_errors(quick, made["id"]))
