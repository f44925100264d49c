from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.cli import _run
from leadscore.demo import Leads, run_demo
from leadscore.errors import SettingsError, UsageError
from leadscore.modellist import models
from leadscore.registry import load_live
from leadscore.store import open_store

KEYS = {
    "contacts", "converted", "model", "features_used", "excluded", "protocol", "test_rows",
    "roc_auc", "roc_auc_ci", "average_precision", "lift_top_decile", "lift_top_decile_ci",
    "brier_skill", "ece", "signal", "written", "verified", "rejected", "seconds", "report",
}  # fmt: skip


def _table(path: Path, *, rows: int = 900, signal: bool = True, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    seats = rng.poisson(20, rows)
    source = rng.choice(["web", "fair", "partner"], rows)
    logit = (seats - 20) / 4 + (source == "partner") * 1.5 - 1.2 if signal else np.full(rows, -1.0)
    won = rng.random(rows) < 1 / (1 + np.exp(-logit))
    frame = pd.DataFrame(
        {
            "Lead No.": [f"L{i:05d}" for i in range(rows)],
            "Seats": seats,
            "Source": source,
            "Created": pd.date_range("2025-01-01", periods=rows, freq="D").strftime("%Y-%m-%d"),
            "Won": np.where(won, "yes", "no"),
        }
    )
    frame.to_csv(path, index=False)
    return path


@pytest.mark.slow
def test_the_demo_of_a_market_goes_all_the_way_and_reports_it(tmp_path):
    line = run_demo(Leads(contacts=2000, seed=2), progress=False)
    assert set(line) == KEYS | {"oracle_roc_auc"}
    assert line["contacts"] == 2000
    assert line["written"] == line["verified"] > 0
    store = open_store(Path(line["report"]).parent)
    assert load_live(store).id == line["model"]
    page = Path(line["report"]).read_text()
    for part in ("boosted trees", "as points, to type", "too young", "There is a usable signal"):
        assert part in page
    assert Path(line["report"]).is_relative_to(tmp_path / ".leadscore" / "demo")


@pytest.mark.slow
def test_the_demo_runs_twice_in_the_same_folder_and_says_the_same(tmp_path):
    leads = Leads(csv=_table(tmp_path / "t.csv"), outcome="Won", date="Created", id="Lead No.")
    lines = [run_demo(leads, progress=False) for _ in range(2)]
    for line in lines:
        assert line["contacts"] == 900
        assert line["written"] == line["verified"] > 0
        assert Path(line["report"]).is_file()
    same = KEYS - {"model", "seconds"}
    assert [lines[1][key] for key in same] == [lines[0][key] for key in same]
    assert load_live(open_store(Path(lines[1]["report"]).parent)).id == lines[1]["model"]


@pytest.mark.slow
def test_a_table_with_dates_is_tested_on_its_newest_rows(tmp_path):
    leads = Leads(csv=_table(tmp_path / "t.csv"), outcome="Won", date="Created", id="Lead No.")
    line = run_demo(leads, progress=False)
    assert set(line) == KEYS
    assert line["protocol"] == "temporal_holdout"
    assert line["test_rows"] == 270
    assert line["signal"]
    assert line["roc_auc"] > 0.6
    assert (line["contacts"], line["written"], line["verified"]) == (900, 900, 900)
    assert {"Created", "Lead No."} <= {entry["property"] for entry in line["excluded"]}


@pytest.mark.slow
def test_without_time_the_protocol_is_cross_validation_and_the_report_says_optimistic(tmp_path):
    leads = Leads(csv=_table(tmp_path / "t.csv"), outcome="Won", id="Lead No.")
    line = run_demo(leads, drop=["Created"], progress=False)
    assert line["protocol"] == "cross_validation"
    assert line["test_rows"] == 900
    assert "optimistic" in Path(line["report"]).read_text()


@pytest.mark.slow
def test_without_a_signal_nothing_is_written_and_that_is_no_error(tmp_path, capsys):
    path = _table(tmp_path / "t.csv", signal=False, rows=700)
    command = ["demo", "--csv", str(path), "--outcome", "Won", "--order", "--drop", "Created"]
    assert _run([*command, "--id", "Lead No.", "--json"]) == 0
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["signal"], line["written"], line["verified"]) == (False, 0, 0)
    store = open_store(Path(line["report"]).parent)
    assert models(store)[["id", "live"]].to_numpy().tolist() == [[line["model"], False]]
    assert "is not promoted" in Path(line["report"]).read_text()
    assert _run([*command, "--id", "Lead No.", "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["written"] == 700


@pytest.mark.slow
def test_every_lead_of_the_bank_table_is_written_and_verified(public_tables):
    leads = Leads(
        csv=public_tables / "bank-additional-full.csv.gz", outcome="y", positive="yes", order=True
    )
    line = run_demo(leads, drop=["duration"], progress=False)
    assert line["contacts"] == line["written"] == line["verified"] == 41_188
    assert (line["converted"], line["rejected"]) == (4_640, 0)
    assert line["protocol"] == "temporal_holdout"
    assert line["roc_auc"] >= 0.65


@pytest.mark.slow
def test_the_shoppers_table_is_split_between_months(public_tables):
    leads = Leads(
        csv=public_tables / "online-shoppers-intention.csv.gz", outcome="Revenue", date="Month"
    )
    line = run_demo(leads, drop=["PageValues"], progress=False)
    assert line["contacts"] == line["written"] == line["verified"] == 12_330
    assert line["protocol"] == "temporal_holdout"
    assert line["test_rows"] in {4_725, 1_727, 2_998, 5_274}


def test_a_table_needs_its_outcome_and_the_world_takes_no_table_options():
    with pytest.raises(UsageError, match="outcome"):
        Leads(csv="leads.csv").options()
    with pytest.raises(UsageError, match="--date"):
        Leads(date="when").options()


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SettingsError, match=r"notes\.txt"):
        run_demo(Leads(contacts=50), workspace=tmp_path, progress=False)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_another_portals_workspace_is_not_taken_for_a_demo(tmp_path):
    open_store(tmp_path / "crm").ledger.bind_portal(1)
    with pytest.raises(SettingsError, match="no demo left"):
        run_demo(Leads(contacts=50), workspace=tmp_path / "crm", progress=False)
