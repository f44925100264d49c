"""What a pull writes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadscore.filetargets import FileTarget
from leadscore.pulltargets import Untouched, open_target
from leadscore.sqltargets import SqlTarget

DEFINED = {"name": {"type": "string"}}


@pytest.mark.parametrize(
    ("into", "kind"),
    [("a.csv", FileTarget), (Path("a.parquet"), FileTarget), ("sqlite:///a.db", SqlTarget)],
)
def test_a_path_is_a_file_and_a_url_is_a_database(into, kind):
    assert isinstance(open_target(into, "t", DEFINED, ["name"]), kind)


@pytest.mark.parametrize("into", ["a.csv", "sqlite:///a.db"])
def test_what_is_untouched_can_be_read_and_nothing_else(into):
    target = open_target(into, "t", DEFINED, ["name"])
    target.write({"7": {"name": "Acme"}})
    seen = Untouched(target)
    seen.write({"7": {"name": "Other"}, "8": {"name": "New"}})
    seen.mark(["7"])
    seen.delete(["7"])
    seen.finish()
    assert (seen.ids, seen.read(["7"])["7"]["name"]) == ({"7"}, "Acme")
    assert (seen.where, seen.lasting) == (target.where, False)
    assert not Path("a.csv").exists()


def test_looking_makes_no_table_and_adds_no_column():
    more = {**DEFINED, "city": {"type": "string"}}
    assert open_target("sqlite:///a.db", "t", DEFINED, ["name"], make=False).ids == set()
    open_target("sqlite:///a.db", "t", DEFINED, ["name"]).write({"7": {"name": "Acme"}})
    seen = open_target("sqlite:///a.db", "t", more, ["name", "city"], make=False)
    assert seen.read(["7"]) == {"7": {"id": "7", "name": "Acme"}}
