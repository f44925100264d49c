import json

import pandas as pd
import pytest

from leadscore.commands import overrides, plain, say, table
from leadscore.errors import UsageError


def test_a_machine_gets_one_line_of_json_and_a_person_gets_text(capsys):
    say({"n": 1, "name": "Zoë"}, True, str)
    assert json.loads(capsys.readouterr().out) == {"n": 1, "name": "Zoë"}
    say({"n": 1}, False, lambda line: f"n is {line['n']}")
    assert capsys.readouterr().out == "n is 1\n"


def test_a_guard_is_passed_over_only_for_a_reason():
    assert overrides([], None) == {}
    assert overrides(["no_signal"], " a try ") == {"no_signal": "a try"}
    with pytest.raises(UsageError, match="reason"):
        overrides(["no_signal"], " ")


def test_rows_are_plain_values_and_what_is_missing_is_none():
    frame = pd.DataFrame({"id": ["a"], "auc": [float("nan")], "live": [True]})
    assert table(frame) == [{"id": "a", "auc": None, "live": True}]


def test_what_json_does_not_know_is_said_as_text():
    moment = pd.Timestamp("2026-11-25", tz="UTC")
    assert plain({"at": moment}) == {"at": str(moment)}
