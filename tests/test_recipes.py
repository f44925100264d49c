"""Every page of docs/recipes runs as it stands, against a portal on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
import recipepages

from leadscore.sandbox import Sandbox


@pytest.fixture
def surroundings(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what the page about the recipes tells a reader to set."""
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)


@pytest.mark.parametrize("page", recipepages.pages(), ids=lambda page: page.stem)
def test_a_recipe_runs_as_it_stands(page: Path, surroundings: None) -> None:
    recipepages.run(page)


@pytest.mark.parametrize("page", recipepages.pages(), ids=lambda page: page.stem)
def test_a_recipe_is_short_and_named_on_the_page_about_them(page: Path) -> None:
    lines = sum(
        block.text.count("\n") for block in recipepages.blocks(page) if block.language == "python"
    )
    assert 0 < lines <= 60
    assert f"({page.name})" in (recipepages.FOLDER / "README.md").read_text("utf-8")


def test_a_block_that_prints_something_else_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n")
    with pytest.raises(AssertionError, match=r"page\.md:6: this is printed instead:\n2"):
        recipepages.run(page)


def test_a_file_of_a_page_is_there_for_the_blocks_after_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    parts = ("csv leads.csv\na,b", "sh\ncat leads.csv", "text\na,b")
    page.write_text("\n".join(f"```{part}\n```\n" for part in parts))
    recipepages.run(page)
