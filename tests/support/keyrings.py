"""A keyring in memory, as a desktop's keeps secrets on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend


class Memory(KeyringBackend):
    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.broken = False

    def get_password(self, service: str, username: str) -> str | None:
        self._ready()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._ready()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._ready()
        del self.kept[service, username]

    def _ready(self) -> None:
        if self.broken:
            raise RuntimeError("locked")


@contextmanager
def ring_of(memory: Memory) -> Iterator[Memory]:
    """Use a keyring until the block ends."""
    before = keyring.get_keyring()
    keyring.set_keyring(memory)
    try:
        yield memory
    finally:
        keyring.set_keyring(before)
