from __future__ import annotations

import dataclasses

import pytest

from leadscore.followup import Scored


def test_what_a_plan_found_cannot_be_changed():
    scored = Scored("7", {}, "A", "B", 97, written=True)
    with pytest.raises(dataclasses.FrozenInstanceError):
        scored.tier = "B"
