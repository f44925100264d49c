from __future__ import annotations

import stat

import pyarrow as pa
import pytest

from leadscore.staging import Stage, discard

SCHEMA = pa.schema([("id", pa.string()), ("seats", pa.float64())])
ABOUT = {"columns": {"id": "string"}}


def _rows(*ids):
    return pa.table({"id": list(ids), "seats": [1.0] * len(ids)}, schema=SCHEMA)


def _ids(stage, kind="rows"):
    return stage.read(kind, SCHEMA).read_all().column("id").to_pylist()


def test_a_reading_that_was_left_goes_on_with_its_parts_facts_and_place(tmp_path):
    stage = Stage(tmp_path, "contacts", ABOUT)
    stage.note(total=3)
    stage.add({"rows": _rows("1", "2")}, position={"after": "3"})
    again = Stage(tmp_path, "contacts", ABOUT)
    again.add({"rows": _rows("3")}, position={"read": True})
    assert (again.facts, again.position, again.rows) == ({"total": 3}, {"read": True}, 3)
    assert _ids(again) == ["1", "2", "3"]


def test_a_reading_of_something_else_begins_anew(tmp_path):
    Stage(tmp_path, "contacts", ABOUT).add({"rows": _rows("1")}, position={"after": "2"})
    other = Stage(tmp_path, "contacts", {"columns": {"id": "string", "seats": "double"}})
    assert (other.position, other.rows, _ids(other)) == (None, 0, [])


def test_a_part_without_its_place_on_record_is_not_there(tmp_path, monkeypatch):
    stage = Stage(tmp_path, "contacts", ABOUT)
    stage.add({"rows": _rows("1")}, position={"after": "2"})

    def killed():
        raise KeyboardInterrupt

    monkeypatch.setattr(stage, "_commit", killed)
    with pytest.raises(KeyboardInterrupt):
        stage.add({"rows": _rows("2")}, position={"after": "3"})
    again = Stage(tmp_path, "contacts", ABOUT)
    assert (again.position, _ids(again)) == ({"after": "2"}, ["1"])


@pytest.mark.parametrize("damage", ["manifest", "cut", "missing"])
def test_a_damaged_reading_begins_anew(tmp_path, damage):
    stage = Stage(tmp_path, "contacts", ABOUT)
    stage.add({"rows": _rows("1")}, position={"after": "2"})
    folder = tmp_path / "staging" / "contacts"
    part = next(folder.glob("*.parquet"))
    if damage == "manifest":
        (folder / "manifest.json").write_text('{"about": ')
    elif damage == "cut":
        part.write_bytes(part.read_bytes()[:-9])
    else:
        part.unlink()
    assert Stage(tmp_path, "contacts", ABOUT).position is None


def test_kinds_are_kept_apart_and_empty_tables_leave_no_file(tmp_path):
    stage = Stage(tmp_path, "contacts", ABOUT)
    stage.add({"rows": _rows("1"), "misfits": _rows()}, position={})
    stage.add({"rows": _rows("2"), "misfits": _rows("m")}, position={})
    assert (_ids(stage), _ids(stage, "misfits"), stage.rows) == (["1", "2"], ["m"], 2)
    assert len(list((tmp_path / "staging" / "contacts").glob("*.parquet"))) == 3


def test_its_files_are_for_their_owner_alone(tmp_path):
    Stage(tmp_path, "contacts", ABOUT).add({"rows": _rows("1")}, position={})
    for path in (tmp_path / "staging").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_discarding_leaves_nothing(tmp_path):
    stage = Stage(tmp_path, "contacts", ABOUT)
    stage.add({"rows": _rows("1")}, position={})
    stage.discard()
    discard(tmp_path, "contacts")
    assert not (tmp_path / "staging" / "contacts").exists()
