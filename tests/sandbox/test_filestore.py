import json

import pytest

from leadscore.sandbox import filestore
from leadscore.sandbox.replies import Refusal


@pytest.mark.parametrize("name", ["", " ", "..", "a/b", "a\\b", None, 7])
def test_a_name_is_text_without_a_slash(name):
    with pytest.raises(Refusal):
        filestore.checked_name(name)


def test_a_path_is_made_once(portal):
    first = filestore.made_path(portal, "/a/b")
    assert filestore.made_path(portal, "a/b/") == first
    assert filestore.made_path(portal, "/") is None
    assert len(filestore.folders(portal)) == 2


def test_what_the_file_manager_keeps_is_plain_json(http, portal):
    fields = {"file": ("x.bin", bytes(range(256))), "options": '{"access":"PRIVATE"}'}
    http.form("POST", "/files/v3/files", folderPath="/a", **fields)
    assert json.loads(json.dumps(portal.shelves)) == portal.shelves
