"""A budget of repeats: a portal that is dead is not asked again and again.

The figures are those of botocore's retry quota: 500 tokens, a repeat costs 5, one after a timeout
10, and a success gives 1 back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

__all__ = ["Budget"]

TOKENS: Final = 500
REPEAT, AFTER_TIMEOUT, SUCCESS = 5, 10, 1
REST: Final = 60.0  # seconds without a request once the budget is used up


class Budget:
    """What all calls of a portal may spend on repeats together.

    Parameters
    ----------
    clock : callable
        Returns seconds.

    Examples
    --------
    >>> budget = Budget(clock=lambda: 0.0)
    >>> sum(budget.spend() for _ in range(1000))
    100
    >>> budget.resting
    True
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rests_until = float("-inf")
        self.tokens = TOKENS

    def spend(self, *, after_timeout: bool = False) -> bool:
        """Pay for one repeat; False when there is too little left."""
        cost = AFTER_TIMEOUT if after_timeout else REPEAT
        with self._lock:
            if self.tokens < cost:
                self._rests_until = self._clock() + REST
                return False
            self.tokens -= cost
            return True

    def earn(self) -> None:
        """Note a success, which ends a rest."""
        with self._lock:
            self.tokens = min(TOKENS, self.tokens + SUCCESS)
            self._rests_until = float("-inf")

    @property
    def resting(self) -> bool:
        """Whether the portal is left alone, because too much failed just now."""
        return self._clock() < self._rests_until
