"""Both descriptions are handed out, with the address that they were asked at."""

from __future__ import annotations

import pytest
import requests


@pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
def test_a_client_fetches_them_without_a_token_and_nothing_else(sandbox):
    where = f"{sandbox.url}/__sandbox"
    described = requests.get(f"{where}/openapi.json", timeout=30).json()
    assert described["servers"] == [{"url": sandbox.url}]
    collection = requests.get(f"{where}/postman.json", timeout=30).json()
    assert collection["variable"][0] == {"key": "baseUrl", "value": sandbox.url, "type": "string"}
    assert collection == sandbox.postman()
    assert requests.get(where, timeout=30).status_code == 401
    assert requests.get(f"{where}/openapi.json/x", timeout=30).status_code == 401
