import pytest

from sandbox.slack import requests


def test_the_eldest_are_forgotten_but_the_count_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_KEPT", 2)
    record = requests.Record()
    for method in ("one", "two", "three"):
        record.add(method=method, args={}, status=200, error=None)

    assert [(call["n"], call["method"]) for call in record.after(0)] == [(2, "two"), (3, "three")]
    assert [call["method"] for call in record.after(2)] == ["three"]
