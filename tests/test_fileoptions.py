"""What may be said of a file that is put there."""

from __future__ import annotations

import pandas as pd
import pytest

from leadscore.errors import UsageError
from leadscore.fileoptions import ACCESS, file_of, upload_options


@pytest.fixture
def options(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a")

    def call(**more):
        given = {"folder": "/a", "access": "PRIVATE", "overwrite": False, "ttl": None}
        return upload_options(path, **given | more)

    return call


@pytest.mark.parametrize(
    ("ttl", "period"),
    [("P1M", "P1M"), ("P1Y", "P1Y"), ("30D", "P30D"), (pd.Timedelta(weeks=1), "P7D"), (None, None)],
)
def test_a_time_to_live_is_sent_as_a_period(options, ttl, period):
    assert options(ttl=ttl)["ttl"] == period


@pytest.mark.parametrize("ttl", ["P", "PT1H", "1h", "36h", "0D", "366D", "soon"])
def test_a_time_that_hubspot_does_not_take_is_refused(options, ttl):
    with pytest.raises(UsageError, match="cannot be kept"):
        options(ttl=ttl)


def test_every_access_is_taken_and_no_other(options):
    for access in ACCESS:
        assert options(access=access)["access"] == access
    with pytest.raises(UsageError):
        options(access="public")


def test_a_files_name_has_its_ending_where_it_has_one():
    assert file_of({"id": 7, "name": "a", "extension": "txt"}, "r").name == "a.txt"
    bare = file_of({"id": 7, "name": "a", "size": None})
    assert (bare.id, bare.name, bare.size, bare.run) == ("7", "a", 0, None)
    assert "url" not in repr(file_of({"id": 7, "url": "https://x"}))
