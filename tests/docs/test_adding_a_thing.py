"""docs/adding-a-thing.md, followed to the letter in a copy of this repository."""

import re
from pathlib import Path

import pytest

from tests.docs import following

PAGE = following.page("adding-a-thing.md")


def test_it_adds_one_folder_one_table_one_file_of_sql_and_one_line_beside_a_test_of_its_own() -> None:
    ours = [name for name in PAGE.files if not name.startswith("bridge/things/handover/")]

    assert ours == ["sql/migrations/NNNN_handovers.sql", "sql/handovers.sql", "tests/scenarios/test_handover.py"]
    assert PAGE.registry == "bridge/things/registry.py"
    assert PAGE.adds_one_line()


@pytest.mark.processes
def test_following_it_yields_a_noun_that_people_and_agents_can_move(tmp_path: Path) -> None:
    output = PAGE.output_of_tests(tmp_path)

    own = re.findall(r"^async def (test_\w+)\(", PAGE.files["tests/scenarios/test_handover.py"], re.MULTILINE)
    assert own and [name for name in own if f"test_handover.py::{name} PASSED" not in output] == []
    assert "test_scope.py::test_every_statement_stays_in_its_organization[handovers.apply] PASSED" in output
    assert "test_agreement.py::test_the_rules_know_the_table_of_every_noun[handover] PASSED" in output
