from sandbox.slack import requests


def test_the_eldest_are_forgotten_but_the_count_goes_on() -> None:
    record = requests.Record(max_kept=2)
    for method in ("one", "two", "three"):
        record.add(method=method, args={}, status=200, error=None)

    assert [(call["n"], call["method"]) for call in record.after(0)] == [(2, "two"), (3, "three")]
    assert [call["method"] for call in record.after(2)] == ["three"]
