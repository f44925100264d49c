"""Ask ahead: run what waits for replies in threads, bounded, while the caller works."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["ahead", "several"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_PATIENCE = 1.0  # seconds to wait for threads that are told to stop; they end with their request


def ahead(*sources: Generator[Item], size: int = 4) -> Generator[Item]:
    """Run each generator in a thread of its own, and yield what they give in the order it comes.

    Parameters
    ----------
    *sources : generator
        Each is used, and closed, in one thread alone.
    size : int, default 4
        How many items may lie ready; the threads wait when nobody takes them.

    Yields
    ------
    item
        Of one source in its order; the first error of a source ends everything and is raised.

    Examples
    --------
    >>> list(ahead(letter for letter in "abc"))
    ['a', 'b', 'c']
    """
    ready: queue.Queue[tuple[str, Any]] = queue.Queue(max(size, len(sources)))
    stopped = threading.Event()
    threads = [
        threading.Thread(target=_drain, args=(one, ready, stopped), daemon=True) for one in sources
    ]
    for thread in threads:
        thread.start()
    try:
        running = len(threads)
        while running:
            kind, value = ready.get()
            if kind == "item":
                yield value
            elif kind == "error":
                raise value
            else:
                running -= 1
    finally:
        stopped.set()
        _stop(threads, ready)


def _drain(
    source: Generator[Item], ready: queue.Queue[tuple[str, Any]], stopped: threading.Event
) -> None:
    try:
        for item in source:
            ready.put(("item", item))
            if stopped.is_set():
                source.close()
                return
        ready.put(("end", None))
    except BaseException as error:  # noqa: BLE001 - carried over and raised there
        ready.put(("error", error))


def _stop(threads: list[threading.Thread], ready: queue.Queue[tuple[str, Any]]) -> None:
    """Make room in the queue until each thread has seen that nobody takes any more."""
    for thread in threads:
        for _ in range(round(_PATIENCE / 0.01)):
            while not ready.empty():
                ready.get_nowait()
            thread.join(0.01)
            if not thread.is_alive():
                break


def several(
    call: Callable[[Item], Result], items: Iterable[Item], *, workers: int = 8
) -> Generator[Result]:
    """Call for several items at once, and yield the results in the items' order.

    Parameters
    ----------
    call : callable
    items : iterable
        Taken as they are needed: about two per worker in advance.
    workers : int, default 8

    Examples
    --------
    >>> list(several(str.upper, "abc"))
    ['A', 'B', 'C']
    """
    pending: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="leadscore-read")
    try:
        for item in items:
            pending.append(pool.submit(call, item))
            if len(pending) >= 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
