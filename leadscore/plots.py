"""Pictures of a model, its scores and the portal: one function, one figure.

All use matplotlib's object interface, so nothing of pyplot's global state is touched; drawn into an
``ax`` if one is given. Colours are those of Okabe and Ito (2008), which colour-blind readers tell
apart.
"""

from leadscore.backtestplots import (
    breakdown,
    compare,
    conversion_over_time,
    gains,
    lift,
    reliability,
)
from leadscore.crmplots import (
    ages,
    campaigns,
    cohorts,
    completeness,
    funnel,
    sources,
    speed_to_lead,
)
from leadscore.driftplots import drift, forward
from leadscore.outcomeplots import by_owner, by_tier
from leadscore.scoreplots import (
    conversion_by_tier,
    importance,
    score_distribution,
    score_over_time,
    waterfall,
)

__all__ = [
    "ages",
    "breakdown",
    "by_owner",
    "by_tier",
    "campaigns",
    "cohorts",
    "compare",
    "completeness",
    "conversion_by_tier",
    "conversion_over_time",
    "drift",
    "forward",
    "funnel",
    "gains",
    "importance",
    "lift",
    "reliability",
    "score_distribution",
    "score_over_time",
    "sources",
    "speed_to_lead",
    "waterfall",
]
