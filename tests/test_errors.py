from __future__ import annotations

import inspect

import pytest

from leadscore import errors
from leadscore.errors import BusyError, GuardError, LeadscoreError, LimitReachedError

CLASSES = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_has_the_one_root(cls):
    assert issubclass(cls, LeadscoreError)


def test_every_error_is_listed_and_drawn_in_the_tree():
    defined = {
        n for n, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__
    }
    assert defined == set(errors.__all__)
    assert all(name in (errors.__doc__ or "") for name in defined)


def test_an_error_reads_as_what_was_wrong_and_then_what_to_do():
    error = LeadscoreError("The door is shut.", hint="Open it.")
    assert str(error) == "The door is shut. Open it."
    assert error.as_dict() == {"kind": "error", "message": "The door is shut.", "hint": "Open it."}


def test_a_guard_names_itself_for_machines():
    assert GuardError("No.", guards=["no_signal"]).as_dict()["guards"] == ["no_signal"]


@pytest.mark.parametrize(
    ("cls", "code"),
    [(LeadscoreError, 1), (GuardError, 4), (BusyError, 75), (LimitReachedError, 75)],
)
def test_exit_codes_are_those_of_the_contract(cls, code):
    assert cls.exit_code == code
