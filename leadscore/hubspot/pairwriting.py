"""Associate records and end associations, thousands in a call, with one outcome per pair.

HubSpot API docs, "Associate records": 2,000 pairs a call; labels of the portal's own that are in a
request replace those that the pair had; taking off the type without a label ends an association.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leadscore.errors import InvalidRequestError
from leadscore.hubspot.associationtypes import AssociationType
from leadscore.hubspot.replies import errors_of
from leadscore.hubspot.writing import Outcome

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["PAIRS", "Pair", "associate_pairs", "dissociate_pairs", "key_of_pair", "pair_of_key"]

PAIRS = 2_000  # of one call
Pair = tuple[str, str]
Types = Sequence[AssociationType]


def key_of_pair(pair: Pair) -> str:
    """Return what a pair is called on record.

    Examples
    --------
    >>> key_of_pair(("7", "20")), pair_of_key("7:20")
    ('7:20', ('7', '20'))
    """
    return ":".join(pair)


def pair_of_key(key: str) -> Pair:
    """Return the pair of a name on record."""
    one, _, other = key.partition(":")
    return one, other


def associate_pairs(
    portal: Portal, from_type: str, to_type: str, pairs: Mapping[Pair, Types]
) -> list[Outcome]:
    """Associate up to 2,000 pairs.

    Parameters
    ----------
    portal : Portal
    from_type, to_type : str
    pairs : mapping
        Each pair's types; none stand for the one without a label.

    Returns
    -------
    list of Outcome
        One per pair, in their order, by `key_of_pair`: written or rejected, with HubSpot's words.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     [done] = associate_pairs(portal, "contacts", "deals", {("404", "405"): []})
    >>> done.state, done.reason
    ('rejected', 'No contact with ID 404 exists')
    """
    plain = {pair: types for pair, types in pairs.items() if not types}
    typed = {pair: types for pair, types in pairs.items() if types}
    found: dict[str, Outcome] = {}
    for some, last, expect in (
        (plain, ("associate", "default"), (200, 201, 207)),
        (typed, ("create",), (201, 207)),
    ):
        where = portal.path("associations", from_type, to_type, "batch", *last)
        found |= {o.id: o for o in _send(portal, where, some, _entry, expect)}
    return [found[key_of_pair(pair)] for pair in pairs]


def _entry(pair: Pair, types: Types) -> dict[str, Any]:
    ends = {"from": {"id": pair[0]}, "to": {"id": pair[1]}}
    return ends | ({"types": [one.spec for one in types]} if types else {})


def dissociate_pairs(
    portal: Portal, from_type: str, to_type: str, pairs: Mapping[Pair, Types]
) -> list[Outcome]:
    """Take types off up to 2,000 pairs; without types the association ends.

    Parameters
    ----------
    portal, from_type, to_type, pairs
        As for `associate_pairs`.

    Returns
    -------
    list of Outcome
        HubSpot passes over pairs that are not associated.
    """
    whole = {pair: types for pair, types in pairs.items() if not types}
    some = {pair: types for pair, types in pairs.items() if types}
    found: dict[str, Outcome] = {}
    for part, last, entry in (
        (whole, ("archive",), _whole_entry),
        (some, ("labels", "archive"), _entry),
    ):
        where = portal.path("associations", from_type, to_type, "batch", *last)
        # 204 without a body, or 200 on dated paths (HubSpot's published specifications).
        found |= {o.id: o for o in _send(portal, where, part, entry, (200, 204, 207))}
    return [found[key_of_pair(pair)] for pair in pairs]


def _whole_entry(pair: Pair, _: Types) -> dict[str, Any]:
    return {"from": {"id": pair[0]}, "to": [{"id": pair[1]}]}


def _send(
    portal: Portal,
    where: str,
    pairs: Mapping[Pair, Types],
    entry: Callable[[Pair, Types], dict[str, Any]],
    expect: tuple[int, ...],
) -> Iterator[Outcome]:
    """Send one call; one that is refused as a whole is narrowed down to the guilty pairs."""
    if not pairs:
        return
    inputs = [entry(pair, types) for pair, types in pairs.items()]
    try:
        reply = portal.transport.call("POST", where, body={"inputs": inputs}, expect=expect)
    except InvalidRequestError as error:
        items = list(pairs.items())
        if len(items) == 1:
            yield Outcome(key_of_pair(items[0][0]), "rejected", error.message)
            return
        for half in (items[: len(items) // 2], items[len(items) // 2 :]):
            yield from _send(portal, where, dict(half), entry, expect)
        return
    yield from _outcomes(list(pairs), reply)


def _outcomes(pairs: Sequence[Pair], reply: Mapping[str, Any]) -> Iterator[Outcome]:
    errors = errors_of(dict(reply))
    done = set(_done(reply))
    named = [(_side(error), _named(error), _words(error)) for error in errors]
    unnamed = next((words for _, ids, words in named if not ids), "")
    for pair in pairs:
        why = next((words for side, ids, words in named if _is_about(pair, side, ids)), "")
        if not why and errors and pair not in done:
            why = unnamed
        yield Outcome(key_of_pair(pair), "rejected" if why else "written", why)


def _done(reply: Mapping[str, Any]) -> Iterator[Pair]:
    """Return the pairs that the reply names as associated, in either direction."""
    for one in reply.get("results") or []:
        yield _end(one, "from"), _end(one, "to")


def _end(one: Mapping[str, Any], side: str) -> str:
    return str(one.get(f"{side}ObjectId") or (one.get(side) or {}).get("id"))


def _side(error: Mapping[str, Any]) -> int | None:
    """Return which end of a pair an error is about, where it says so."""
    sub = str(error.get("subCategory") or "").rpartition(".")[2]
    return 0 if sub.startswith("FROM") else 1 if sub.startswith("TO") else None


def _named(error: Mapping[str, Any]) -> set[str]:
    lists = error["context"].values()
    return {str(one) for each in lists if isinstance(each, list) for one in each if _is_id(one)}


def _is_id(one: object) -> bool:
    return str(one).isdecimal()


def _words(error: Mapping[str, Any]) -> str:
    return str(error.get("message") or "")[:500] or "refused without a reason"


def _is_about(pair: Pair, side: int | None, ids: set[str]) -> bool:
    ends = pair if side is None else (pair[side],)
    return not ids.isdisjoint(ends)
