from __future__ import annotations

import re

import pytest

from leadscore.errors import StoreError
from leadscore.stamps import now, to_json


def test_times_are_utc_with_milliseconds() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", now())


def test_json_keeps_every_letter() -> None:
    assert to_json({"b": "Ægir", "a": None}) == '{"a": null, "b": "Ægir"}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_what_json_does_not_know_does_not_go_on_record(value):
    with pytest.raises(StoreError, match="cannot go on record"):
        to_json(value)
