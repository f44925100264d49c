"""Which paths lead to which handler."""

from collections import Counter

from leadscore.sandbox.app import PARTS
from leadscore.sandbox.routes import DATES, FAMILIES

PATHS = [path for part in PARTS for path in part.PATHS]


def test_numbered_and_dated_paths_lead_to_the_same_handlers():
    for family in ("objects", "associations", "lists", "imports", "properties"):
        assert {*DATES} <= {*FAMILIES[family].values()}


def test_no_path_and_method_is_served_twice():
    served = Counter(
        (prefix + path.path, path.method) for path in PATHS for prefix in FAMILIES[path.family]
    )
    assert not [path for path, times in served.items() if times > 1]


def test_every_path_that_takes_a_token_asks_for_a_scope_or_says_that_none_is_needed():
    free = {path.path for path in PATHS if not path.scopes and not path.open_to_all}
    ours = {path for path in free if path.startswith("/__sandbox")}
    assert free - ours <= {"/details", "/api-usage/daily/private-apps"}
