"""The portal's clock: the machine's time, moved, or standing still."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

__all__ = ["Clock"]


class Clock:
    """Time in seconds since the epoch, which whoever runs the portal may move.

    Parameters
    ----------
    start : float, optional
        The time at which it starts; now when left out.
    still : bool
        Stand still, except when moved.
    source : callable
        What it goes on by.

    Examples
    --------
    >>> clock = Clock(100.0, still=True)
    >>> clock.advance(3600)
    >>> clock()
    3700.0
    """

    def __init__(
        self,
        start: float | None = None,
        *,
        still: bool = False,
        source: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        now = source()
        self._ahead = 0.0 if start is None else start - now
        self._stopped = (now if start is None else start) if still else None

    def __call__(self) -> float:
        """Return the time."""
        return self._source() + self._ahead if self._stopped is None else self._stopped

    @property
    def stopped(self) -> bool:
        """Whether it stands still."""
        return self._stopped is not None

    def dump(self) -> dict[str, float | None]:
        """Return how far it is from the machine's time, and where it stands if it does.

        Examples
        --------
        >>> Clock.restore(Clock(100.0, still=True).dump())()
        100.0
        """
        return {"ahead": self._ahead, "stopped": self._stopped}

    @classmethod
    def restore(cls, dumped: Mapping[str, float | None]) -> Clock:
        """Return a clock that goes on, or stands, as another did."""
        clock = cls()
        clock._ahead = float(dumped["ahead"] or 0.0)
        clock._stopped = None if dumped["stopped"] is None else float(dumped["stopped"])
        return clock

    def advance(self, seconds: float) -> None:
        """Move it, forward or back."""
        if self._stopped is None:
            self._ahead += seconds
        else:
            self._stopped += seconds

    def set(self, at: float) -> None:
        """Move it to a time."""
        self.advance(at - self())

    def stop(self) -> None:
        """Let it stand still."""
        self._stopped = self()

    def go(self) -> None:
        """Let it go on from where it stands."""
        if self._stopped is not None:
            self._ahead, self._stopped = self._stopped - self._source(), None
