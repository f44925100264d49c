import gc
import socket

import pandas as pd
import pytest
import urllib3
from hubspot import HubSpot

from leadscore.errors import SandboxError, TableError, UsageError
from leadscore.sandbox import Sandbox, open_sandbox

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
