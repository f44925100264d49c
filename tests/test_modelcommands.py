import json

import pandas as pd
import pytest
from worldstore import world_store

from leadscore.cli import _run
from leadscore.sandbox.world import simulate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("crm")
    world_store(made, simulate(contacts=2500, seed=3, now="2026-11-01")).close()
    return made


@pytest.fixture(scope="module")
def trained(folder):
    assert _run(["train", "--workspace", str(folder), "--json"]) == 0
    return folder


def said(capsys, *arguments, code=0):
    assert _run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.slow
def test_the_first_model_with_a_signal_is_live_and_scores(trained, capsys):
    listed = said(capsys, "models", "--workspace", str(trained))["models"]
    assert [one["live"] for one in listed] == [True]
    told = said(capsys, "score", "--capacity", "50", "--workspace", str(trained))
    assert told["tiers"]["A"] == 50
    assert "reasons" in pd.read_parquet(told["scores"])


@pytest.mark.slow
def test_tiers_can_go_by_conversion_rate(trained, capsys):
    rates = ["--rate", "A=0.05", "--rate", "B=0.02"]
    told = said(capsys, "score", *rates, "--workspace", str(trained))
    scores = pd.read_parquet(told["scores"])
    assert scores.loc[scores["tier"] == "A", "probability"].min() >= 0.05


@pytest.mark.slow
def test_the_live_model_is_watched(trained, capsys):
    told = said(capsys, "monitor", "--workspace", str(trained))
    assert told["model"] == said(capsys, "models", "--workspace", str(trained))["models"][0]["id"]
    assert all(one["verdict"] != "ok" for one in told["checks"])


@pytest.mark.slow
def test_there_is_nothing_to_go_back_to_before_a_second_promotion(trained, capsys):
    told = said(capsys, "promote", "--back", "--workspace", str(trained), code=1)
    assert told["error"]["hint"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["promote"], "one model"),
        (["promote", "abc", "--back"], "one model"),
        (["score", "--rate", "A=lots"], "A=lots"),
        (["train", "--learner", "trees"], "trees"),
    ],
)
def test_a_wrong_option_is_named(folder, capsys, arguments, named):
    told = said(capsys, *arguments, "--workspace", str(folder), code=1)
    assert told["error"]["kind"] == "usage"
    assert named in told["error"]["message"]


def test_before_a_model_is_trained_the_commands_say_so(folder, tmp_path, capsys):
    assert said(capsys, "models", "--workspace", str(tmp_path)) == {"models": []}
    for command in ("score", "monitor"):
        told = said(capsys, command, "--workspace", str(tmp_path), code=1)
        assert "leadscore" in told["error"]["hint"]
