"""What every wait goes by: a clock, a sleep and a random number, all three replaceable."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Deadline", "Waits"]


@dataclass(slots=True)
class Waits:
    """The clock, the sleep and the random number of everything that waits.

    Parameters
    ----------
    clock : callable
        Returns seconds that only go forward. The default is common to all processes of a machine.
    sleep : callable
        Takes seconds.
    uniform : callable
        Takes two bounds and returns a number between them.

    Examples
    --------
    >>> waited = []
    >>> waits = Waits(sleep=waited.append)
    >>> waits.sleep(2.5)
    >>> waited
    [2.5]
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on a clock that nothing may pass.

    Parameters
    ----------
    at : float
        The moment, in the clock's seconds.
    clock : callable
        Returns the time now.

    Examples
    --------
    >>> Deadline(at=5.0, clock=lambda: 3.0).left()
    2.0
    >>> Deadline(at=5.0, clock=lambda: 6.0).left()
    0.0
    """

    at: float
    clock: Callable[[], float]

    def left(self) -> float:
        """Return the seconds that are left, never less than none."""
        return max(0.0, self.at - self.clock())
