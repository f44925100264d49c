from __future__ import annotations

import pytest

from leadscore.checks import Check, guarded, ok, unknown, warning, wrong
from leadscore.errors import StoreError


def test_each_state_has_its_maker():
    made = [ok("a", "m"), warning("a", "m", "h"), wrong("a", "m", "h"), unknown("a", "m")]
    assert [check.state for check in made] == ["ok", "warning", "wrong", "unknown"]
    assert wrong("a", "m", "h").as_dict() == {
        "name": "a",
        "state": "wrong",
        "message": "m",
        "hint": "h",
    }


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (StoreError("It is broken.", hint="Mend it."), wrong("x", "It is broken.", "Mend it.")),
        (RuntimeError("secret"), unknown("x", "It could not be looked at (RuntimeError).")),
    ],
)
def test_an_error_becomes_a_line_and_what_came_before_it_is_kept(error, expected):
    def look():
        yield ok("first", "Fine.")
        raise error

    assert guarded("x", look) == [Check("first", "ok", "Fine."), expected]


def test_being_told_to_stop_is_obeyed():
    def look():
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        guarded("x", look)
