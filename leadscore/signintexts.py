"""What the commands about scopes and signing in say to a person."""

from __future__ import annotations

from typing import Any

from leadscore.visibletext import visible

__all__ = ["login", "logout", "portals", "scopes", "usage"]

Line = dict[str, Any]


def scopes(line: Line) -> str:
    """Return a list to tick: what is needed, what is optional, what nobody uses."""
    rows = _merged(line["scopes"])
    width = max((len(name) for name, _ in rows), default=0)
    parts = [_part(rows, need, width, line["checked"]) for need in _HEADS]
    return "\n\n".join([part for part in parts if part] + [_verdict(line)])


_HEADS = {
    "needed": "Cannot do without",
    "optional": "Does less without",
    "unused": "Granted, and used by none of these",
}
_MARKS = {True: "yes", False: "MISSING", None: "?"}


def _merged(found: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return one row per scope with all its jobs: what one job needs is needed."""
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    needed = {row["scope"] for row in found if row["need"] == "needed"}
    for row in found:
        need = "needed" if row["scope"] in needed else row["need"]
        kept = merged.setdefault((row["scope"], need), row | {"jobs": []})
        kept["jobs"] += [row["job"]] if row["job"] else []
    return merged


def _part(rows: dict[tuple[str, str], Any], need: str, width: int, checked: bool) -> str:
    found = [
        f"  {_mark(row, need, checked)}{visible(scope):<{width}}  {_words(row)}"
        for (scope, of), row in rows.items()
        if of == need
    ]
    return "\n".join([f"{_HEADS[need]}:", *found]) if found else ""


def _mark(row: dict[str, Any], need: str, checked: bool) -> str:
    if not checked:
        return ""
    return f"{_MARKS[row['granted']] if need != 'unused' else '':<9}"


def _words(row: dict[str, Any]) -> str:
    jobs = f" ({', '.join(row['jobs'])})" if row["jobs"] else ""
    return f"{row['why']}{jobs}"


def _verdict(line: Line) -> str:
    if not line["checked"]:
        return f"No token was looked at: {line['unchecked']}"
    missing, unused = len(line["missing"]), len(line["unused"])
    lacks = f"lacks {missing} of these" if missing else "has all that is needed"
    more = f"and {unused} that none of these jobs uses" if unused else "and no more"
    said = f"The token of portal {line['portal_id']} {lacks}, {more}."
    hints = [_GIVE] * bool(missing) + [_TAKE] * bool(unused)
    return " ".join([said, *hints])


_GIVE = "Give what is missing to the service key or app in HubSpot."
_TAKE = "Take away what nothing else uses."


def login(line: Line) -> str:
    """Return what was kept, where, and how to use it."""
    name, places = line["name"], {"keyring": "the system's keyring", "file": "a file of your own"}
    return "\n".join(
        [
            f"Signed in to portal {line['portal_id']} as {name}; kept in {places[line['kept']]}.",
            f"Use it with --portal {name}, LEADSCORE_PORTAL={name} or "
            f'ls.connect(name="{name}"); its workspace is {visible(line["workspace"])}.',
        ]
    )


def logout(line: Line) -> str:
    """Return what was forgotten, and what is left to be done."""
    said = f"{line['name']} is forgotten here"
    if line["revoked"]:
        return (
            f"{said}, and revoked at HubSpot: access ends within half an hour. The app stays "
            "installed until somebody removes it there, under Connected apps."
        )
    return f"{said}. Its token goes on working: rotate or delete it in HubSpot."


def portals(line: Line) -> str:
    """Return one portal a row."""
    if not line["portals"]:
        return "No portal was signed in to by name. leadscore login NAME does."
    rows: list[tuple[str, ...]] = [("", "name", "portal", "by", "kept in", "since", "at")]
    rows += [_portal(row, line["current"]) for row in line["portals"]]
    return _columns(rows)


def _columns(rows: list[tuple[str, ...]], *, right: tuple[int, ...] = ()) -> str:
    """Return rows as columns of one width each, some of them flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [">" if place in right else "<" for place in range(len(widths))]
    return "\n".join(
        "  ".join(f"{word:{s}{w}}" for word, s, w in zip(row, sides, widths, strict=True)).rstrip()
        for row in rows
    )


def usage(line: Line) -> str:
    """Return one limit a row."""
    rows: list[tuple[str, ...]] = [("", "allowed", "used", "left", "until")]
    rows += [_limit(row) for row in line["usage"]]
    return _columns(rows, right=(1, 2, 3))


def _limit(row: dict[str, Any]) -> tuple[str, ...]:
    numbers = (row[name] for name in ("allowed", "used", "left"))
    until = "" if row["resets_at"] is None else f"{str(row['resets_at'])[:16]} UTC"
    shown = ("" if number is None else f"{number:,}" for number in numbers)
    return (visible(row["what"]), *shown, until)


def _portal(row: dict[str, Any], current: str | None) -> tuple[str, ...]:
    mark = "*" if row["name"] == current else ""
    since = str(row["since"])[:10]
    known = (row["name"], str(row["portal_id"]), row["kind"], row["kept"], since, row["url"])
    return (mark, *map(visible, known))
