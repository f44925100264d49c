"""How much of the market can be learnt: `benchmarks/world.py` has the protocol."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from threadpoolctl import threadpool_limits

HERE = Path(__file__).resolve()


def protocol() -> ModuleType:
    path = HERE.parents[2] / "benchmarks" / "world.py"
    if not path.exists():
        pytest.skip("there are no benchmarks beside these tests")
    spec = importlib.util.spec_from_file_location("world_benchmark", path)
    found = importlib.util.module_from_spec(spec)
    sys.modules["world_benchmark"] = found
    spec.loader.exec_module(found)
    return found


def ranked(contacts: int, models: tuple[str, ...], **options) -> dict:
    with threadpool_limits(1):  # a second thread only waits where the cores are shared
        return protocol().ranking(contacts, models=models, **options)


def test_behaviour_reveals_intent_only_in_part() -> None:
    found = ranked(12_000, ("additive",))
    assert 0.84 < found["roc_auc"]["oracle"] < 0.96
    assert 0.62 < found["roc_auc"]["additive"] < 0.84


def test_the_benchmark_learns_nothing_where_there_is_no_signal() -> None:
    found = ranked(12_000, ("additive",), signal=False)
    assert abs(found["roc_auc"]["additive"] - 0.5) < 0.08
    assert found["test_won"] == pytest.approx(found["test_expected"], rel=0.2)


@pytest.mark.slow
def test_with_200_000_contacts_trees_find_what_an_additive_model_cannot() -> None:
    found = ranked(200_000, ("trees", "additive"))
    auc = found["roc_auc"]
    assert 20_000 <= found["test_rows"] <= 40_000
    assert 0.88 <= auc["oracle"] <= 0.93
    assert 0.75 <= auc["trees"] <= 0.85
    assert auc["trees"] >= auc["additive"] + 0.01
