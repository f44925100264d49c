"""Tokens out of a notebook: whatever a cell shows, none gets into a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from leadscore.errors import LeadscoreError, UsageError
from leadscore.settings import Settings, load_settings

__all__ = ["Scrubber", "refuse_tokens"]

_MASK = "[token]"
_SHORTEST = 8  # characters: a shorter secret would be found in words
#: What a terminal's colours, a highlighted page and an escaped text may put between two letters.
_BETWEEN = r"(?:\x1b\[[0-9;]*m|\\u001b\[[0-9;]*m|\\x1b\[[0-9;]*m|<[^<>]{0,100}>)*"
_HEX = "[0-9a-fA-F]"
_NAMED = re.compile(
    r"(?:^|_)(?:token|secret|password|passwd|api_?key|credentials?)$", re.IGNORECASE
)


def _loose(parts: Iterable[str]) -> str:
    return _BETWEEN.join(parts)


#: HubSpot's private-app tokens and service keys: pat-REGION-UUID.
_SHAPE = _loose(
    [*"pat-", "[a-z]", "[a-z]", "[0-9]", *(x for n in (8, 4, 4, 4, 12) for x in ("-", *[_HEX] * n))]
)


class Scrubber:
    r"""Finds tokens in texts, by their value and by their shape, and takes them out.

    A token is found in plain text, in JSON, with colour codes or tags between its letters, and
    after ``Bearer``.

    Parameters
    ----------
    secrets : iterable of str
        The values of tokens, client secrets and the like.

    Examples
    --------
    >>> Scrubber(["s3cret-value"]).text("it is \x1b[31ms3cret\x1b[0m-value")
    'it is \x1b[31m[token]'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({s for s in secrets if len(s) >= _SHORTEST}, key=len, reverse=True)
        loose = [_loose(re.escape(letter) for letter in secret) for secret in known]
        bearer = r"(?<=Bearer )[A-Za-z0-9._~+/=-]{16,}"
        self._found = re.compile("|".join([*loose, _SHAPE, bearer]))

    @classmethod
    def of_surroundings(cls, settings: Settings | None = None) -> Scrubber:
        """Return one that knows the secrets that a notebook's kernel would find here."""
        return cls(_secrets(settings or load_settings()))

    def text(self, text: str) -> str:
        """Return a text without tokens."""
        return self._found.sub(_MASK, text)

    def holds(self, text: str) -> bool:
        """Say whether there is a token in a text."""
        return self._found.search(text) is not None

    def anything(self, value: Any) -> Any:
        """Return a JSON-like value with every text in it, names included, without tokens."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.anything(name): self.anything(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.anything(one) for one in value]
        return value


def _secrets(settings: Settings) -> list[str]:
    from leadscore.hubspot.tokens import token_in_keyring

    held = (settings.token, settings.client_secret, settings.refresh_token)
    found = [secret.get_secret_value().strip() for secret in held if secret is not None]
    if settings.token is None and (kept := token_in_keyring()) is not None:
        found.append(kept.get_secret_value().strip())
    return found + _by_name(settings)


def _by_name(settings: Settings) -> list[str]:
    """Return the secrets of every portal by name: a cell may connect to any of them."""
    from leadscore.hubspot.vault import Vault

    vault = Vault(settings)
    found: list[str] = []
    with suppress(LeadscoreError):
        for entry in vault.entries():
            found += [one.get_secret_value() for one in vault.secrets(entry.name).values()]
    return found


def refuse_tokens(given: dict[str, Any], scrubber: Scrubber) -> None:
    """Refuse parameters that are tokens: papermill keeps parameters in the notebook, twice.

    Raises
    ------
    UsageError
        One is, or its name says so. The value is not shown.

    Examples
    --------
    >>> refuse_tokens({"capacity": 100}, Scrubber())
    """
    for name, value in given.items():
        secret = isinstance(value, str) and value and _NAMED.search(str(name))
        if secret or scrubber.holds(repr(value)) or scrubber.holds(str(name)):
            raise UsageError(
                f"The parameter {scrubber.text(str(name))!r} would carry a token into the file.",
                hint="Leave it out: the notebook finds the token in the environment, in .env or "
                "in the keyring.",
            )
