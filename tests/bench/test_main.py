import tempfile

import pytest

from bench import environment
from bench.__main__ import MEASURES, measured
from bench.sizes import SMALL


@pytest.mark.processes
async def test_every_row_of_the_table_can_be_measured() -> None:
    """The values are not tested, because the machine may be busy with other work meanwhile."""
    with tempfile.TemporaryFile() as log:
        async with environment.running(log) as started:
            figures = await measured(started, SMALL, list(MEASURES))

    assert len(figures) == 32
    assert all(figure.value.median > 0 for figure in figures if figure.unit not in {"", "KiB"})
    assert all(figure.ratio.median > 0 for figure in figures if figure.ratio and figure.unit != "KiB")
