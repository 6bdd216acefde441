"""Schemathesis reads our OpenAPI document and searches for responses of the agents' API that contradict it."""

import asyncio
import json
import sys
from pathlib import Path

from bridge.agents.openapi import document
from tests.bridge.agents.door import Door
from tests.generated import scale
from tests.generated.scale import Tried

CONFIG = Path(__file__).with_name("schemathesis.toml")


async def test_the_door_is_as_its_description_says(door: Door, tmp_path: Path, tried: Tried) -> None:
    """All checks and phases of schemathesis, from the examples to sequences of operations."""
    report = tmp_path / "report.json"
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"),
        *(str(door.http.make_url("/openapi.json")), "--header", f"Authorization: Bearer {door.tenant.secret}"),
        *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--continue-on-failure"),
        *("--seed", str(scale.SEED), "--max-examples", str(scale.many(4)), "--generation-database", "none"),
        *("--report-json-path", str(report), "--report", "json"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await running.communicate()

    assert running.returncode == 0, output.decode()
    results = json.loads(report.read_bytes())
    described = [f"{method.upper()} {path}" for path, of in document.document()["paths"].items() for method in of]
    assert results["operations"]["tested"] == results["operations"]["total"] == len(described)
    assert {name for name, phase in results["phases"].items() if phase["status"] != "success"} == set()
    tried("requests", results["test_cases"]["generated"])
    assert set(results["valid_rates"]) == set(described)
    about_interactions = [operation for operation in described if "/v1/interactions" in operation]
    assert await door.rows() >= len(about_interactions) > 0, "some of it is accepted"
