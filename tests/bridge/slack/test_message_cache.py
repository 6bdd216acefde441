"""The cache of cache: what it saves, when it knows nothing, and that it never knows better than the rows."""

import dataclasses

from bridge import ids
from bridge.slack.message_cache import MessageCache
from storage.model import Handle, Interaction, Life, Scope, Status
from tests.bridge.interactions import interaction

HERE = Handle(channel="C0APPROVALS", ts="1700000000.000100")
THERE = Handle(channel="D0ANA", ts="1700000000.000200")
QUESTION = interaction()


def life(status: Status) -> Life:
    """How QUESTION ended, as a claim returns it."""
    ended = interaction(status=status)
    return Life(**{field.name: getattr(ended, field.name) for field in dataclasses.fields(Life)})


def known(cache: MessageCache, question: Interaction = QUESTION) -> Interaction | None:
    return cache.interaction(question.scope, question.id)


def test_a_posted_copy_is_known_until_it_is_settled() -> None:
    cache = MessageCache()
    cache.remember(QUESTION, HERE)
    cache.remember(QUESTION, THERE)

    assert cache.knows(QUESTION.scope, QUESTION.id, HERE)
    cache.settled(QUESTION.scope, QUESTION.id, HERE)

    assert not cache.knows(QUESTION.scope, QUESTION.id, HERE)
    assert cache.knows(QUESTION.scope, QUESTION.id, THERE)


def test_a_copy_of_another_scope_is_not_known() -> None:
    cache = MessageCache()
    cache.remember(QUESTION, HERE)

    elsewhere = Scope(organization_id=QUESTION.organization_id, connection_id=ids.new())

    assert not cache.knows(elsewhere, QUESTION.id, HERE)


def test_a_pending_question_is_read_from_its_row_because_another_replica_may_know_better() -> None:
    cache = MessageCache()

    cache.remember(QUESTION, HERE)

    assert known(cache) is None


def test_the_end_that_was_decided_here_needs_no_reading() -> None:
    cache = MessageCache()
    cache.remember(QUESTION, HERE)

    cache.ended(QUESTION.scope, QUESTION.id, life(Status.ANSWERED))

    ended = known(cache)
    assert ended is not None
    assert ended.status is Status.ANSWERED and ended.answer is not None
    assert ended.request == QUESTION.request, "what the card is drawn from is all there"


def test_the_end_of_a_question_that_was_not_posted_here_is_not_kept() -> None:
    cache = MessageCache()

    cache.ended(QUESTION.scope, QUESTION.id, life(Status.ANSWERED))

    assert len(cache) == 0


def test_a_question_is_forgotten_with_its_last_copy() -> None:
    cache = MessageCache()
    cache.remember(QUESTION, HERE)
    cache.ended(QUESTION.scope, QUESTION.id, life(Status.CANCELLED))

    cache.settled(QUESTION.scope, QUESTION.id, HERE)
    cache.settled(QUESTION.scope, QUESTION.id, HERE)

    assert len(cache) == 0 and known(cache) is None


def test_no_more_than_so_many_questions_are_kept() -> None:
    cache = MessageCache(max_entries=3)

    for _ in range(10):
        cache.remember(interaction(id=ids.new()), HERE)

    assert len(cache) == 3


def test_what_is_old_is_forgotten() -> None:
    cache = MessageCache(seconds=0.0)

    cache.remember(QUESTION, HERE)

    assert not cache.knows(QUESTION.scope, QUESTION.id, HERE)
    cache.ended(QUESTION.scope, QUESTION.id, life(Status.ANSWERED))
    cache.settled(QUESTION.scope, QUESTION.id, HERE)


def test_a_late_post_does_not_bring_back_a_pending_question() -> None:
    cache = MessageCache()
    cache.remember(QUESTION, HERE)
    cache.ended(QUESTION.scope, QUESTION.id, life(Status.ANSWERED))

    cache.remember(QUESTION, THERE)

    assert cache.knows(QUESTION.scope, QUESTION.id, THERE)
    ended = known(cache)
    assert ended is not None and ended.status is Status.ANSWERED


def test_large_questions_count_for_several_so_that_memory_is_bounded() -> None:
    cache = MessageCache(max_entries=10)
    large = dataclasses.replace(QUESTION, request={**QUESTION.request, "body": "x" * 4_000})
    for number in range(20):
        cache.remember(dataclasses.replace(large, id=ids.new()), HERE)
        assert len(cache) <= 2, number

    cache.remember(dataclasses.replace(QUESTION, request={"body": "x" * 100_000}), HERE)

    assert not cache.knows(QUESTION.scope, QUESTION.id, HERE), "one that is larger than all of it is left out"


def test_metadata_is_not_remembered() -> None:
    cache = MessageCache()
    cache.remember(dataclasses.replace(QUESTION, metadata={"a": [[]] * 4_000}), HERE)

    cache.ended(QUESTION.scope, QUESTION.id, life(Status.ANSWERED))

    found = known(cache)
    assert found is not None and found.metadata == {}
