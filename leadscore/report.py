"""CRM reports from the store: tidy frames, each with a picture of its name in `leadscore.plots`.

They read the local copy and nothing else, so they say what is true as of its last sync.

>>> import leadscore as ls
>>> sorted(name for name in ls.report.__all__ if not name.startswith("write"))
['ages', 'campaigns', 'cohorts', 'completeness', 'funnel', 'owners', 'sources', 'speed_to_lead', \
'tiers']
"""

from leadscore.cohorttable import cohorts
from leadscore.filled import completeness
from leadscore.firsttouch import speed_to_lead
from leadscore.funnels import funnel
from leadscore.leadages import ages
from leadscore.origins import campaigns, sources
from leadscore.scoreoutcomes import owners, tiers

__all__ = [
    "ages",
    "campaigns",
    "cohorts",
    "completeness",
    "funnel",
    "owners",
    "sources",
    "speed_to_lead",
    "tiers",
]
