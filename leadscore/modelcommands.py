"""The commands about models: learn, choose the live one, score, watch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadscore import modeltexts, texts
from leadscore.commands import (
    DONE,
    PENDING,
    Capacity,
    Drop,
    Json,
    Keep,
    Override,
    Reason,
    Workspace,
    app,
    open_workspace,
    overrides,
    plain,
    say,
    table,
)
from leadscore.errors import UsageError

__all__ = ["models", "monitor", "promote", "score", "train"]

_TIERS = "Tiers by conversion rate instead of capacity, as A=0.2."


@app.command()
def train(
    goal: Annotated[
        str, typer.Option(help="A lifecycle stage, deal_won[:PIPELINE], or PROPERTY=VALUE.")
    ] = "customer",
    within: Annotated[str | None, typer.Option(help="The horizon, such as 90D.")] = None,
    drop: Drop = [],  # noqa: B006 - typer copies it
    keep: Keep = [],  # noqa: B006
    learner: Annotated[str, typer.Option(help="logistic or ebm.")] = "logistic",
    rules: Annotated[
        Path | None, typer.Option(help="Point rules (YAML), for where there is too little data.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Learn from the store which contacts convert, say how well, and go live if not worse."""
    from leadscore.goals import parse_goal
    from leadscore.steps import train_and_evaluate

    told = train_and_evaluate(
        open_workspace(workspace),
        parse_goal(goal, within=within),
        drop=drop,
        keep=keep,
        learner=learner,
        rules=rules,
    )
    say(told, as_json, modeltexts.trained)
    return DONE


@app.command()
def score(
    capacity: Capacity = None,
    rate: Annotated[list[str], typer.Option(help=_TIERS)] = [],  # noqa: B006
    who: Annotated[str, typer.Option(help="open or all.")] = "open",
    hold_out: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share that is scored and never written.")
    ] = 0.0,
    override: Override = [],  # noqa: B006
    reason: Reason = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Score contacts with the live model of the workspace."""
    from leadscore.steps import score_and_keep

    told = score_and_keep(
        open_workspace(workspace),
        capacity=capacity,
        rates=_rates(rate) or None,
        who=who,
        hold_out=hold_out,
        override=overrides(override, reason),
    )
    say(told, as_json, texts.plain)
    return DONE


@app.command()
def models(workspace: Workspace = None, as_json: Json = False) -> int:
    """List the models of the workspace: what each was made of, how good it is, which is live."""
    from leadscore.modellist import models as run

    found = run(open_workspace(workspace))
    say(plain({"models": table(found)}), as_json, modeltexts.models)
    return DONE


@app.command()
def promote(
    model: Annotated[str | None, typer.Argument(help="Its id, or the first digits.")] = None,
    back: Annotated[bool, typer.Option("--back", help="The model that was live before.")] = False,
    override: Override = [],  # noqa: B006
    reason: Reason = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Make a model the live one, if it is not worse on the newest leads."""
    from leadscore.registry import promote as run
    from leadscore.registry import roll_back

    if (model is None) != back:
        raise UsageError("Name one model, or --back.", hint="`leadscore models` lists them.")
    store = open_workspace(workspace)
    if model is None:
        told = {"model": roll_back(store, reason=reason or "")}
        say(told, as_json, texts.plain)
        return DONE
    asked = run(store, model, override=overrides(override, reason))
    say(plain({**asked.attrs, "checks": table(asked)}), as_json, modeltexts.checks)
    return DONE


@app.command()
def monitor(
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 where something is alarming.")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Say whether the live model is still true: drift, missing values, scores against what came."""
    from leadscore.monitoring import monitor as run

    found = run(open_workspace(workspace))
    wrong = table(found[found["verdict"] != "ok"])
    say(plain({**found.attrs, "checks": wrong}), as_json, modeltexts.checks)
    return PENDING if detailed_exitcode and found.attrs["alarms"] else DONE


def _rates(given: list[str]) -> dict[str, float]:
    try:
        return {tier: float(value) for tier, _, value in (one.partition("=") for one in given)}
    except ValueError:
        raise UsageError(
            f"The rate {given[0]!r} cannot be read.", hint="Write --rate A=0.2 --rate B=0.1."
        ) from None
