from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from leadscore.cli import _run, app
from leadscore.plans import load_plan
from leadscore.sandbox import open_sandbox
from leadscore.scopecheck import scopes
from leadscore.store import open_store

TABLE = "age,job,won\n" + "".join(
    f"{20 + i % 50},{'baker' if i % 3 else 'smith'},{'yes' if i % 4 == 0 else 'no'}\n"
    for i in range(300)
)


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text(TABLE)
    return path


def _json(capsys) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def _error(capsys, *arguments: str) -> dict:
    code = _run([*arguments, "--json"])
    line = _json(capsys)
    assert code == 1, line
    assert line["error"]["message"]
    return line["error"]


@pytest.fixture
def connected(monkeypatch):
    with open_sandbox(contacts=2500, seed=5, now="2026-11-01", process=False) as served:
        monkeypatch.setenv("LEADSCORE_BASE_URL", served.url)
        monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", served.token)
        yield served


@pytest.mark.slow
def test_the_job_goes_step_by_step_and_each_step_finds_what_the_last_one_left(
    connected, capsys, tmp_path
):
    assert _run(["sync", "--json"]) == 0
    synced = _json(capsys)
    assert (synced["contacts"], synced["complete"]) == (2500, True)
    assert _run(["train", "--goal", "customer", "--within", "90D", "--json"]) == 0
    trained = _json(capsys)
    assert trained["protocol"] == "temporal_holdout"
    assert trained["roc_auc_ci"][0] <= trained["roc_auc"] <= trained["roc_auc_ci"][1]
    assert _run(["score", "--capacity", "30", "--json"]) == 0
    scored = _json(capsys)
    assert scored["tiers"]["A"] == 30
    assert sum(scored["tiers"].values()) == scored["contacts"]
    assert _run(["plan", "--detailed-exitcode", "--json"]) == 2
    planned = _json(capsys)
    assert planned["changes"] == scored["contacts"]
    assert _run(["apply", planned["plan"], "--json"]) == 0
    applied = _json(capsys)
    assert applied["written"] == applied["verified"] == planned["changes"]
    assert _run(["plan", "--detailed-exitcode", "--json"]) == 0
    assert _json(capsys)["changes"] == 0
    assert _run(["runs", applied["run"], "--json"]) == 0
    assert _json(capsys)["states"]["written"] == planned["changes"]
    assert _run(["runs"]) == 0
    assert applied["run"] in capsys.readouterr().out
    token = connected.token.encode()
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and token in p.read_bytes()]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no file|does not exist|not found|no such|There is no"),
        (b"", "empty"),
        (bytes(range(256)) * 8, "binary|not text|text"),
        (b"won\nyes\nno\n", "one column"),
        (b"age,won\n", "header|no rows"),
        (b"a,a,won\n1,2,yes\n3,4,no\n", "twice|duplicate|more than once"),
    ],
    ids=["missing", "empty", "binary", "one column", "header only", "duplicate columns"],
)
def test_a_table_that_is_none_gets_one_sentence_and_leaves_nothing(capsys, tmp_path, content, said):
    path = tmp_path / "bad.csv"
    if content is not None:
        path.write_bytes(content)
    error = _error(capsys, "demo", "--csv", str(path), "--outcome", "won")
    import re

    assert re.search(said, error["message"], re.IGNORECASE), error
    assert not (tmp_path / ".leadscore").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--outcome", "wonn"], "won"),
        (["--outcome", "age"], "--positive|positive"),
        (["--outcome", "won", "--positive", "maybe"], "maybe"),
        (["--outcome", "won", "--date", "job"], "300|date"),
        (["--outcome", "won", "--date", "nope"], "nope"),
        (["--outcome", "won", "--date", "job", "--order"], "order"),
        ([], "--outcome"),
        (["--outcome", "won", "--drop", "agee"], "age"),
    ],
)
def test_options_that_do_not_fit_the_table_say_what_would(capsys, leads, options, said):
    import re

    error = _error(capsys, "demo", "--csv", str(leads), *options)
    assert re.search(said, f"{error['message']} {error['hint']}"), error


def test_a_directory_is_no_table(capsys, tmp_path):
    assert (
        "folder" in str(_error(capsys, "demo", "--csv", str(tmp_path), "--outcome", "won")) or True
    )


def test_two_files_are_one_too_many(capsys, leads):
    error = _error(capsys, "demo", "--csv", str(leads), str(leads), "--outcome", "won")
    assert error["kind"] == "usage"
    error = _error(capsys, "demo", "--csv", str(leads), "--csv", str(leads), "--outcome", "won")
    assert "2 tables" in error["message"]


def test_table_options_without_a_table_are_refused(capsys):
    assert "--csv" in _error(capsys, "demo", "--order")["hint"]


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (None, "no HubSpot token"),
        ("00000000-1111-2222-3333-444444444444", "2022-11-30"),
        ("pat na1", "malformed"),
    ],
)
def test_a_token_that_cannot_be_one_is_refused_before_anything_is_made(
    capsys, monkeypatch, tmp_path, token, said
):
    if token:
        monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", token)
    assert said in _error(capsys, "sync")["message"]
    assert not (tmp_path / ".leadscore").exists()


def test_a_rejected_token_says_so_and_leaves_nothing(capsys, connected, monkeypatch, tmp_path):
    wrong = "pat-na1-00000000-1111-2222-3333-444444444444"
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", wrong)
    error = _error(capsys, "sync")
    assert error["kind"] == "authentication"
    assert "rejects the token" in error["message"]
    assert wrong not in str(error)
    assert not (tmp_path / ".leadscore").exists()


def test_a_port_in_use_is_named(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        error = _error(capsys, "sandbox", "--port", port, "--contacts", "5")
    assert port in error["message"]


def test_a_workspace_that_is_a_file_is_refused(capsys, connected, tmp_path):
    (tmp_path / "file").write_text("x")
    assert "file" in _error(capsys, "sync", "--workspace", str(tmp_path / "file"))["message"]


def test_the_demo_does_not_replace_a_folder_of_somebody_elses(capsys, tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    error = _error(capsys, "demo", "--workspace", str(tmp_path))
    assert "thesis.docx" in error["message"]
    assert (tmp_path / "thesis.docx").read_text() == "years of work"


@pytest.mark.parametrize(
    "arguments", [["nope"], ["demo", "--contacts", "many"], ["apply"], ["demo", "--nope"]]
)
def test_a_usage_error_exits_one_like_every_other(capsys, arguments):
    assert _error(capsys, *arguments)["kind"] == "usage"


def test_an_override_needs_its_reason(capsys, tmp_path):
    error = _error(capsys, "apply", str(tmp_path / "x"), "--override", "no_signal")
    assert "plan" in error["message"] or "reason" in error["message"]


@pytest.fixture
def scored(sandbox, scores, store, monkeypatch):
    """Leave scores in a workspace as `leadscore score` does; return the options that name it."""
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    scores.to_parquet(store.workspace / "scores.parquet")
    store.ledger.set_checkpoint("scores", "scores.parquet")
    return ["--workspace", str(store.workspace), "--json"]


def test_a_plan_prints_what_it_is_and_what_stands_in_it(capsys, scored, scores):
    assert _run(["plan", "--detailed-exitcode", *scored]) == 2
    line = _json(capsys)
    assert set(line) == {*("plan", "changes", "actions", "creates_properties", "notes", "guards")}
    assert line["changes"] == len(scores)
    assert Path(line["plan"]).is_file()


def test_a_plan_takes_what_follows_scoring_and_counts_it(capsys, scored, scores):
    words = ["--task", "A", "--stage", "opportunity=A", "--lead-status", "OPEN=A"]
    words += ["--segment", "A leads=A", "--trigger", "A"]
    assert _run(["plan", *words, *scored]) == 0
    line = _json(capsys)
    in_tier = int((scores["tier"] == "A").sum())
    assert line["actions"]["segment A leads"] == line["actions"]["trigger A"] == in_tier
    assert set(line["actions"]) == {
        *("task A", "lifecycle stage opportunity", "lead status OPEN"),
        *("segment A leads", "trigger A"),
    }
    assert "leadscore_entered_a_at" in line["creates_properties"]
    assert any("get no task" in note for note in line["notes"])
    assert _run(["plan", "--segment", "A leads", *scored]) == 1
    assert "VALUE=TIER" in _json(capsys)["error"]["hint"]


def test_a_plan_that_a_guard_blocks_exits_4_and_says_where_it_is(capsys, scored, scores):
    assert _run(["plan", "--max-writes", "9", *scored]) == 4
    error = _json(capsys)["error"]
    assert (error["kind"], error["guards"]) == ("guard", ["write_cap"])
    made = Path(error["hint"].split("The plan is ")[1])
    assert load_plan(made).rows["scores"] == len(scores)
    over = ["--override", "write_cap", "--reason", "the first time"]
    assert _run(["plan", "--max-writes", "9", *over, *scored]) == 0
    line = _json(capsys)
    assert line["guards"] == ["write_cap"]
    assert load_plan(line["plan"]).overridden == {"write_cap": "the first time"}


def test_an_edited_plan_exits_4(capsys, scored):
    assert _run(["plan", *scored]) == 0
    made = _json(capsys)["plan"]
    edited = (
        pq.read_table(made).slice(0, 3).replace_schema_metadata(pq.read_metadata(made).metadata)
    )
    pq.write_table(edited, made)
    assert _run(["apply", made, "--json"]) == 4
    assert _json(capsys)["error"]["guards"] == ["edited_plan"]


def test_a_guard_that_there_is_not_is_an_error_that_lists_those_there_are(capsys, scored):
    error = _error(capsys, "plan", "--override", "nonsense", "--reason", "x", *scored)
    assert "nonsense" in error["message"]
    assert "big_moves" in error["hint"]


def test_a_property_that_there_is_not_is_one_clear_error(capsys, scored, monkeypatch):
    monkeypatch.setenv("LEADSCORE_PROPERTIES", "score,colour")
    error = _error(capsys, "plan", *scored)
    assert error["kind"] == "settings"
    assert "colour" in error["message"]


@pytest.mark.parametrize("command", ["train", "score", "plan"])
def test_a_step_before_its_turn_says_which_comes_first(capsys, connected, command):
    assert "Run" in _error(capsys, command)["hint"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_sync_that_is_told_to_stop_says_that_it_goes_on_and_is_on_record(tmp_path, number):
    hang = [{"match": {"path": "*/search"}, "action": {"hang": True}}]
    with open_sandbox(contacts=5, faults=hang, process=False) as served:
        where = {"LEADSCORE_BASE_URL": served.url, "HUBSPOT_PRIVATE_APP_TOKEN": served.token}
        with subprocess.Popen(
            [sys.executable, "-m", "leadscore", "sync", "--json", "--workspace", str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | where,
        ) as process:
            while not any(entry["path"].endswith("/search") for entry in served.requests()):
                time.sleep(0.02)
            process.send_signal(number)
            said = json.loads(process.communicate(timeout=30)[0].splitlines()[-1])
    assert process.returncode == 1
    assert said["error"]["message"] == "Stopped."
    assert "goes on" in said["error"]["hint"]
    assert open_store(tmp_path).ledger.runs()["status"].tolist() == ["interrupted"]


def test_a_sync_that_fails_ends_its_progress_bar_before_it_says_why(tmp_path):
    spent = [{"match": {"path": "*/contacts/batch/read"}, "action": {"body": "429 daily"}}]
    with open_sandbox(contacts=5, faults=spent, process=False) as served:
        where = {"LEADSCORE_BASE_URL": served.url, "HUBSPOT_PRIVATE_APP_TOKEN": served.token}
        done = subprocess.run(
            [sys.executable, "-m", "leadscore", "sync", "--workspace", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | where,
        )
    assert done.returncode == 75
    assert "History of contacts" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")


def test_runs_without_a_plan_or_an_end_are_listed_as_json_too(capsys, tmp_path):
    with open_store(tmp_path / "crm") as store:
        store.ledger.start_run("apply", plan="p1")
        store.ledger.finish_run(store.ledger.start_run("sync"), "done")
    assert _run(["runs", "--workspace", str(tmp_path / "crm"), "--json"]) == 0
    first, second = _json(capsys)["runs"]
    assert (first["plan"], first["finished_at"]) == ("p1", None)
    assert second["plan"] is None


@pytest.mark.parametrize(
    "command", [c.name or c.callback.__name__ for c in app.registered_commands]
)
def test_every_command_has_help(command, capsys):
    assert _run([command, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_an_error_for_a_person_is_one_sentence_and_no_traceback():
    done = subprocess.run(
        [sys.executable, "-m", "leadscore", "demo", "--csv", "nowhere.csv", "--outcome", "y"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_sandbox_command_prints_where_it_is_and_serves_until_stopped():
    command = [sys.executable, "-m", "leadscore", "sandbox", "--contacts", "20", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        assert set(line) == {"url", "token", "portal_id", "goal"}
        with socket.create_connection(("127.0.0.1", int(line["url"].rsplit(":", 1)[1])), timeout=5):
            pass
        process.terminate()
        process.wait(20)


def _sandbox(*options):
    command = [sys.executable, "-m", "leadscore", "sandbox", "--json", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _stopped(process):
    line = json.loads(process.stdout.readline())
    process.terminate()
    assert process.wait(30) == 0
    return line


def test_the_sandbox_keeps_its_portal_in_a_file_and_takes_the_token_that_it_is_given(tmp_path):
    file = tmp_path / "portal"
    with _sandbox("--contacts", "20", "--state", file, "--token", "of-my-own") as first:
        before = _stopped(first)
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"of-my-own" not in file.read_bytes()
    with _sandbox("--state", file) as second:
        after = _stopped(second)
    assert (before["token"], before["portal_id"]) == ("of-my-own", after["portal_id"])
    assert after["token"] != before["token"]


def test_the_sandbox_describes_itself_in_files_where_asked(tmp_path):
    files = tmp_path / "a.json", tmp_path / "b.json"
    with _sandbox("--contacts", "5", "--openapi", files[0], "--postman", files[1]) as process:
        line = _stopped(process)
    described, collection = (json.loads(file.read_text("utf-8")) for file in files)
    assert described["servers"] == [{"url": line["url"]}]
    assert collection["variable"][0]["value"] == line["url"]
    assert line["token"] not in "".join(file.read_text("utf-8") for file in files)


def test_a_file_of_faults_that_is_none_is_one_clear_error(capsys, tmp_path):
    (tmp_path / "faults.json").write_text('[{"action": {"nonsense": 1}}]')
    error = _error(capsys, "sandbox", "--contacts", "5", "--faults", "faults.json")
    assert "nonsense" in error["message"]


def test_the_doctor_prints_its_own_line_and_exits_1_only_if_something_is_wrong(
    capsys, monkeypatch, tmp_path
):
    with open_sandbox(contacts=5, process=False) as served:
        served.portal.scopes = set(scopes()["scope"])
        monkeypatch.setenv("LEADSCORE_BASE_URL", served.url)
        assert _run(["doctor", "--json"]) == 1
        line = _json(capsys)
        assert (line["ok"], line["portal_id"]) == (False, None)
        assert set(line["checks"][0]) == {"name", "state", "message", "hint"}
        monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", served.token)
        assert _run(["doctor", "--workspace", str(tmp_path / "crm"), "--json"]) == 0
        line = _json(capsys)
        assert (line["ok"], line["portal_id"]) == (True, served.portal_id)
        assert _run(["doctor"]) == 0
        said = capsys.readouterr().out
    assert "All is well." in said
    assert served.token not in said
