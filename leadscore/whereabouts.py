"""What became of contacts that a plan names and the portal's replies leave out."""

from __future__ import annotations

from collections.abc import Sequence

from leadscore.hubspot.connection import Portal
from leadscore.hubspot.reading import answering, read_ids

__all__ = ["whereabouts"]

_GONE = "Erased, or never there: the portal has no {word} of this id."
_BINNED = "Archived: it is in HubSpot's recycling bin."
_MERGED = "Merged into {word} {other}, which the next run finds under its own id."
_BACK = "The portal's replies left it out, although it is there; the next run looks again."


def whereabouts(
    portal: Portal, contacts: Sequence[str], object_type: str = "contacts"
) -> dict[str, str]:
    """Say what became of contacts, one sentence each; nothing is written to any of them.

    Parameters
    ----------
    portal : Portal
    contacts : sequence of str
        Ids.
    object_type : str, default "contacts"

    Returns
    -------
    dict of str to str

    Notes
    -----
    That a contact which was merged into another answers under the other's id is unverified.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     whereabouts(portal, ["404"])
    {'404': 'Erased, or never there: the portal has no contact of this id.'}
    """
    if not contacts:
        return {}
    rows = read_ids(portal, object_type, contacts, [], archived=True).rows
    binned = set(rows.column("id").to_pylist())
    there = answering(portal, object_type, [one for one in contacts if one not in binned])
    word = {"contacts": "contact", "companies": "company", "deals": "deal"}.get(
        object_type, "record"
    )
    return {one: _BINNED if one in binned else _told(one, there.get(one), word) for one in contacts}


def _told(contact: str, answers_as: str | None, word: str) -> str:
    if answers_as is None:
        return _GONE.format(word=word)
    return _BACK if answers_as == contact else _MERGED.format(word=word, other=answers_as)
