"""What becomes of records whose row is gone."""

from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.lostrows import check_deletions
from leadscore.sources import open_source


def test_only_a_table_that_is_known_again_can_delete(tmp_path):
    frame, file = open_source({"email": "ada@example.com"}), open_source(tmp_path / "crm.csv")
    check_deletions("keep", frame, None)
    check_deletions("archive", frame, "crm")
    check_deletions("archive", file, None)
    with pytest.raises(UsageError, match="Nothing tells this frame"):
        check_deletions("archive", frame, None)
    with pytest.raises(UsageError, match="deletions is 'delete'"):
        check_deletions("delete", file, None)
