import gc
import shutil
import socket
import time
import zipfile

import pandas as pd
import pytest
import urllib3
from hubspot import HubSpot

from leadscore.errors import SandboxError, TableError, UsageError
from leadscore.sandbox import Sandbox, open_sandbox
from leadscore.sandbox.shuffling import mixed

FRAME = pd.DataFrame({"emp.size": [1, 2, 3], "won": ["no", "yes", "no"]})


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "leads.csv"
    FRAME.to_csv(path, index=False)
    return path


def contacts(sandbox, *names):
    client = HubSpot(access_token=sandbox.token, host=sandbox.url, base_url=sandbox.url)
    return client.crm.contacts.basic_api.get_page(properties=list(names)).results


def reachable(sandbox):
    port = int(sandbox.url.rpartition(":")[2])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("process", [True, False])
def test_a_table_is_served_to_the_official_client(csv, process):
    with open_sandbox(csv=csv, outcome="won", process=process) as sandbox:
        found = contacts(sandbox, "emp_size", "won")
        assert [one.properties["emp_size"] for one in found] == ["1", "2", "3"]
        assert sandbox.goal == "won=yes"
        assert sandbox.columns == {"emp_size": "emp.size", "won": "won"}
        assert isinstance(sandbox.portal_id, int)
    assert not reachable(sandbox)


@pytest.mark.parametrize("process", [True, False])
def test_a_world_is_served_to_the_official_client(process):
    with open_sandbox(contacts=30, seed=2, process=process) as sandbox:
        assert (sandbox.goal, sandbox.columns) == ("customer", {})
        assert len(contacts(sandbox, "lifecyclestage")) == 10


def test_the_state_is_at_hand_in_this_process_only(csv):
    with open_sandbox(csv=csv, outcome="won", process=False) as sandbox:
        assert sandbox.portal.token == sandbox.token
    with open_sandbox(csv=csv, outcome="won") as sandbox:
        assert sandbox.portal is None


@pytest.mark.parametrize("process", [True, False])
def test_a_port_in_use_is_a_clear_error_wherever_it_runs(csv, process):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"Port {port} ") as refused:
            open_sandbox(csv=csv, outcome="won", port=port, process=process)
    assert refused.value.hint


@pytest.mark.parametrize("process", [True, False])
def test_a_table_that_cannot_be_used_is_the_same_error_wherever_it_runs(csv, process):
    with pytest.raises(TableError, match="nope") as refused:
        open_sandbox(csv=csv, outcome="nope", process=process)
    assert refused.value.hint


def test_a_dataframe_needs_this_process():
    with open_sandbox(csv=FRAME, outcome="won", process=False) as sandbox:
        assert len(contacts(sandbox)) == 3
    with pytest.raises(UsageError, match="DataFrame"):
        open_sandbox(csv=FRAME, outcome="won")


def test_options_are_checked_before_a_process_starts():
    with pytest.raises(UsageError, match="no table"):
        open_sandbox(order=True)


@pytest.mark.parametrize("process", [True, False])
def test_closing_twice_is_fine(csv, process):
    sandbox = open_sandbox(csv=csv, outcome="won", process=process)
    sandbox.close()
    sandbox.close()
    assert not reachable(sandbox)


@pytest.mark.parametrize("process", [True, False])
def test_a_forgotten_sandbox_is_closed(csv, process):
    sandbox = open_sandbox(csv=csv, outcome="won", process=process)
    known = Sandbox(sandbox.url, "", 0, "", {})
    del sandbox
    gc.collect()
    assert not reachable(known)


def test_the_token_is_not_shown(csv):
    with open_sandbox(csv=csv, outcome="won", process=False) as sandbox:
        assert sandbox.token not in repr(sandbox)


def test_limits_are_those_of_the_tier_with_headers(csv):
    with (
        open_sandbox(csv=csv, outcome="won", api_addon=True, process=False) as sandbox,
        urllib3.PoolManager() as pool,
    ):
        reply = pool.request(
            "GET",
            f"{sandbox.url}/crm/objects/2026-03/contacts",
            headers={"Authorization": f"Bearer {sandbox.token}"},
        )
    assert reply.headers["X-HubSpot-RateLimit-Max"] == "250"
    assert reply.headers["X-HubSpot-RateLimit-Remaining"] == "249"


# --------------------------------------------------------------------------- the file


def kept(sandbox, *names):
    return [{name: one.properties[name] for name in names} for one in contacts(sandbox, *names)]


def change(sandbox, city):
    client = HubSpot(access_token=sandbox.token, host=sandbox.url, base_url=sandbox.url)
    first = client.crm.contacts.basic_api.get_page().results[0].id
    body = {"properties": {"firstname": city}}
    client.crm.contacts.basic_api.update(first, simple_public_object_input=body)


@pytest.mark.parametrize("process", [True, False])
def test_a_portal_with_a_file_is_there_again(csv, tmp_path, process):
    options = {"state": tmp_path / "portal.zip", "process": process}
    with open_sandbox(csv=csv, outcome="won", **options) as sandbox:
        change(sandbox, "Ada")
        before = kept(sandbox, "firstname", "emp_size")
    with open_sandbox(**options) as again:
        assert kept(again, "firstname", "emp_size") == before
        assert (again.portal_id, again.goal, again.columns) == (
            sandbox.portal_id,
            sandbox.goal,
            sandbox.columns,
        )
        assert again.token != sandbox.token
    assert before[0]["firstname"] == "Ada"


def test_the_same_command_may_be_given_again_and_another_may_not(csv, tmp_path):
    state = tmp_path / "portal.zip"
    for _ in range(2):
        open_sandbox(csv=csv, outcome="won", state=state, process=False).close()
    before = state.read_bytes()
    with pytest.raises(UsageError, match="another seed"):
        open_sandbox(seed=4, state=state, process=False)
    with pytest.raises(UsageError, match="another outcome"):
        open_sandbox(csv=csv, outcome="emp.size", state=state, process=False)
    assert state.read_bytes() == before
    open_sandbox(state=state, process=False).close()


@pytest.mark.parametrize("process", [True, False])
def test_a_file_that_is_open_elsewhere_is_refused(csv, tmp_path, process):
    options = {"csv": csv, "outcome": "won", "state": tmp_path / "portal.zip"}
    with (
        open_sandbox(**options, process=process),
        pytest.raises(SandboxError, match="Another sandbox"),
    ):
        open_sandbox(**options)


def test_a_port_in_use_leaves_the_file_to_others(csv, tmp_path):
    options = {"csv": csv, "outcome": "won", "state": tmp_path / "portal.zip", "process": False}
    with open_sandbox(csv=csv, outcome="won", process=False) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(SandboxError, match="Port"):
            open_sandbox(**options, port=port)
        open_sandbox(**options).close()


@pytest.mark.parametrize("process", [True, False])
def test_a_portal_is_saved_when_asked(csv, tmp_path, process):
    state = tmp_path / "portal.zip"
    with open_sandbox(csv=csv, outcome="won", state=state, process=process) as sandbox:
        before = state.read_bytes()
        change(sandbox, "Ada")
        sandbox.save()
        assert state.read_bytes() != before


def test_a_portal_is_saved_meanwhile_if_it_was_asked_to_change(csv, tmp_path):
    state = tmp_path / "portal.zip"
    options = {"csv": csv, "outcome": "won", "state": state, "save_every": 0.2, "process": False}
    with open_sandbox(**options) as sandbox:
        saves = []
        sandbox.portal.save = lambda: saves.append(1)
        contacts(sandbox)
        time.sleep(0.6)
        assert not saves
        change(sandbox, "Ada")
        time.sleep(0.6)
        assert len(saves) == 1


@pytest.mark.parametrize("process", [True, False])
def test_a_file_that_cannot_be_written_at_the_end_is_an_error(csv, tmp_path, process, capfd):
    folder = tmp_path / "folder"
    folder.mkdir()
    sandbox = open_sandbox(csv=csv, outcome="won", state=folder / "p.zip", process=process)
    shutil.rmtree(folder)
    with pytest.raises(SandboxError, match="writ"):
        sandbox.close()
    assert not reachable(sandbox)


def test_no_token_is_in_the_file(csv, tmp_path):
    state = tmp_path / "portal.zip"
    options = {"csv": csv, "outcome": "won", "state": state, "process": False}
    with open_sandbox(**options, token="pat-na1-0123456789") as sandbox:
        assert sandbox.token == "pat-na1-0123456789"
        contacts(sandbox)
    with zipfile.ZipFile(state) as archive:
        everything = b"".join(map(archive.read, archive.namelist()))
    assert b"0123456789" not in everything


# --------------------------------------------------------------------------- options


@pytest.mark.parametrize("process", [True, False])
def test_every_option_reaches_the_portal(csv, process):
    rule = {"match": {"path": "*/companies"}, "action": {"status": 418}}
    with open_sandbox(
        csv=csv,
        outcome="won",
        token="my-own-token",
        index_lag=60,
        history_cap=2,
        list_order="shuffled",
        retry_after=True,
        faults=[rule],
        process=process,
    ) as sandbox:
        assert sandbox.token == "my-own-token"
        assert sandbox.faults() == [{**rule, "matched": 0, "fired": 0}]
        client = HubSpot(access_token=sandbox.token, host=sandbox.url, base_url=sandbox.url)
        ids = [int(one.id) for one in contacts(sandbox)]
        change(sandbox, "Ada")
        search = client.crm.contacts.search_api.do_search
        found = search({"properties": ["firstname"], "limit": 100})
    assert ids == sorted(ids, key=mixed)
    # What is there at first is found at once, and what is changed later is not.
    assert found.total == 3
    assert not any(one.properties["firstname"] for one in found.results)


def test_faults_may_be_a_file(csv, tmp_path):
    path = tmp_path / "faults.json"
    path.write_text('[{"action": {"status": 503}}]')
    with open_sandbox(csv=csv, outcome="won", faults=path, process=False) as sandbox:
        assert len(sandbox.faults()) == 1
    path.write_text("[")
    with pytest.raises(UsageError, match="cannot be read"):
        open_sandbox(csv=csv, outcome="won", faults=path)
