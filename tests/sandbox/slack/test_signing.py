from sandbox.slack import signing


def test_the_signature_is_slacks() -> None:
    body = b"payload=%7B%22type%22%3A%22block_actions%22%7D"

    signed = signing.signature(secret="sandbox-signing-secret", timestamp=1_700_000_000, body=body)

    assert signed == "v0=136ec842bba6873ef0e5d43c265750b6dfa364fd24176633ab9fc3f287226177"
