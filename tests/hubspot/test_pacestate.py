from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading

import pytest
from countedcalls import CountedCalls
from pydantic import SecretStr

from leadscore.errors import StoreError
from leadscore.hubspot.pacestate import FIELDS, SLOTS, File, Memory, share
from leadscore.hubspot.pacing import Bucket
from leadscore.hubspot.pool import Pool
from leadscore.hubspot.waits import Waits

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no flock")


def _bucket(folder, limit=5, interval=10.0, now=0.0):
    [state, *_] = share(folder, 3)
    return Bucket(limit, interval, waits=Waits(clock=lambda: now), state=state)


def test_the_file_is_for_its_owner_alone(tmp_path):
    before = os.umask(0)
    try:
        _bucket(tmp_path).take()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "pace").stat().st_mode) == 0o600


def test_two_who_share_a_folder_have_the_tokens_of_one(tmp_path):
    one, two = _bucket(tmp_path), _bucket(tmp_path)
    taken = [bucket.take(at_most=0) for _ in range(5) for bucket in (one, two)]
    assert sum(ticket is not None for ticket in taken) == 5


def test_what_one_learns_the_other_knows(tmp_path):
    one, two = _bucket(tmp_path), _bucket(tmp_path)
    one.learn({"X-HubSpot-RateLimit-Max": "190"})
    assert two.limit == 190


def test_buckets_in_one_file_do_not_mix(tmp_path):
    states = share(tmp_path, 3)
    buckets = [Bucket(limit, 10.0, state=s) for limit, s in zip((5, 6, 7), states, strict=True)]
    assert [bucket.limit for bucket in buckets] == [5, 6, 7]
    buckets[1].learn({"X-HubSpot-RateLimit-Max": "99"})
    assert [bucket.limit for bucket in buckets] == [5, 99, 7]


def test_two_processes_together_stay_below_the_limit(tmp_path):
    portal = CountedCalls(60, 10.0)
    for _ in range(2):
        [state, *_] = share(tmp_path, 3)
        portal.work(Bucket(100, 10.0, waits=portal.waits, state=state), 4)
    portal.run(100)
    assert portal.refused == 0
    assert portal.accepted > 0.9 * 600


def test_a_process_that_is_killed_leaves_its_tokens_out_and_no_lock(tmp_path):
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from leadscore.hubspot.pacestate import share\n"
        "from leadscore.hubspot.pacing import Bucket\n"
        "state = share(Path(sys.argv[1]), 3)[0]\n"
        "bucket = Bucket(5, 10.0, state=state)\n"
        "assert all(bucket.take(at_most=0) for _ in range(5))\n"
        "with state.held():\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -9
    [state, *_] = share(tmp_path, 3)
    bucket = Bucket(5, 10.0, state=state)
    assert bucket.take(at_most=1.0) is None
    assert bucket.take(at_most=0.0) is None


@pytest.mark.parametrize(
    "content", [b"", b"x", b"\xff" * 20_000, b"\0" * 20_000, os.urandom(3000)], ids=len
)
def test_a_damaged_file_is_a_bucket_at_its_beginning(tmp_path, content):
    (tmp_path / "pace").write_bytes(content)
    bucket = _bucket(tmp_path)
    assert bucket.limit == 5
    taken = [bucket.take(at_most=0) for _ in range(9)]
    assert sum(ticket is not None for ticket in taken) == 5


def test_a_file_that_is_cut_while_it_is_in_use_does_no_harm(tmp_path):
    bucket = _bucket(tmp_path)
    ticket = bucket.take()
    os.truncate(tmp_path / "pace", 100)
    bucket.back(ticket)
    assert bucket.take(at_most=0) is not None


def test_no_link_is_followed(tmp_path):
    (tmp_path / "other").write_bytes(b"precious")
    (tmp_path / "pace").symlink_to(tmp_path / "other")
    with pytest.raises(StoreError, match="pace"):
        share(tmp_path, 3)
    assert (tmp_path / "other").read_bytes() == b"precious"


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StoreError, match="limits"):
        share(tmp_path / "none", 3)


def test_a_child_has_a_lock_of_its_own(tmp_path):
    state = File(tmp_path / "pace", 0)
    state._process = -1  # as after a fork
    before = state._file
    with state.held() as numbers:
        numbers[0] = 7.0
    assert state._file != before
    with File(tmp_path / "pace", 0).held() as numbers:
        assert numbers[0] == 7.0


@pytest.mark.parametrize("kept", ["in memory", "in a file", "in a file that each opens"])
def test_threads_change_the_numbers_one_after_another(tmp_path, kept):
    files = [File(tmp_path / "pace", 0) for _ in range(8)]
    state = Memory() if kept == "in memory" else files[0]
    states = files if kept == "in a file that each opens" else [state] * 8

    def add(one):
        for _ in range(200):
            with one.held() as numbers:
                numbers[FIELDS + SLOTS - 1] += 1

    threads = [threading.Thread(target=add, args=(one,)) for one in states]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with state.held() as numbers:
        assert numbers[FIELDS + SLOTS - 1] == 1600
    for file in files:
        file.close()


def test_a_pools_three_buckets_are_shared_by_a_folder(tmp_path):
    one, two = (Pool(SecretStr("x" * 20), "http://127.0.0.1:9") for _ in range(2))
    for pool in (one, two):
        pool.share(tmp_path)
    one.search.learn({"X-HubSpot-RateLimit-Max": "4"})
    one.associations.learn({"X-HubSpot-RateLimit-Max": "150"})
    assert (two.general.limit, two.search.limit, two.associations.limit) == (100, 4, 150)


def test_a_pool_that_is_closed_or_shares_another_folder_leaves_no_file_open(tmp_path):
    pool = Pool(SecretStr("x" * 20), "http://127.0.0.1:9")
    opened = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        pool.share(tmp_path / name)
        opened += pool._shared
    pool.close()
    assert {file._file for file in opened} == {-1}
    assert pool.general.take(at_most=0) is not None  # alone again
