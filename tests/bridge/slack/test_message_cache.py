"""The cache of handles: what it saves, when it knows nothing, and that it never knows better than the rows."""

import dataclasses

from bridge import ids
from bridge.slack.message_cache import Handles
from storage.model import Handle, Interaction, Life, Scope, Status
from tests.bridge.interactions import interaction

HERE = Handle(channel="C0APPROVALS", ts="1700000000.000100")
THERE = Handle(channel="D0ANA", ts="1700000000.000200")
QUESTION = interaction()


def life(status: Status) -> Life:
    """How QUESTION ended, as a claim tells it."""
    ended = interaction(status=status)
    return Life(**{field.name: getattr(ended, field.name) for field in dataclasses.fields(Life)})


def known(handles: Handles, question: Interaction = QUESTION) -> Interaction | None:
    return handles.interaction(question.scope, question.id)


def test_a_posted_copy_is_known_until_it_is_settled() -> None:
    handles = Handles()
    handles.remember(QUESTION, HERE)
    handles.remember(QUESTION, THERE)

    assert handles.knows(QUESTION.scope, QUESTION.id, HERE)
    handles.settled(QUESTION.scope, QUESTION.id, HERE)

    assert not handles.knows(QUESTION.scope, QUESTION.id, HERE)
    assert handles.knows(QUESTION.scope, QUESTION.id, THERE)


def test_a_copy_of_another_scope_is_not_known() -> None:
    handles = Handles()
    handles.remember(QUESTION, HERE)

    elsewhere = Scope(organization_id=QUESTION.organization_id, connection_id=ids.new())

    assert not handles.knows(elsewhere, QUESTION.id, HERE)


def test_a_pending_question_is_read_from_its_row_because_another_replica_may_know_better() -> None:
    handles = Handles()

    handles.remember(QUESTION, HERE)

    assert known(handles) is None


def test_the_end_that_was_decided_here_needs_no_reading() -> None:
    handles = Handles()
    handles.remember(QUESTION, HERE)

    handles.ended(QUESTION.scope, QUESTION.id, life(Status.ANSWERED))

    ended = known(handles)
    assert ended is not None
    assert ended.status is Status.ANSWERED and ended.answer is not None
    assert ended.request == QUESTION.request, "what the card is drawn from is all there"


def test_the_end_of_a_question_nobody_posted_here_is_not_kept() -> None:
    handles = Handles()

    handles.ended(QUESTION.scope, QUESTION.id, life(Status.ANSWERED))

    assert len(handles) == 0


def test_a_question_is_forgotten_with_its_last_copy() -> None:
    handles = Handles()
    handles.remember(QUESTION, HERE)
    handles.ended(QUESTION.scope, QUESTION.id, life(Status.CANCELLED))

    handles.settled(QUESTION.scope, QUESTION.id, HERE)
    handles.settled(QUESTION.scope, QUESTION.id, HERE)

    assert len(handles) == 0 and known(handles) is None


def test_no_more_than_so_many_questions_are_kept() -> None:
    handles = Handles(most=3)

    for _ in range(10):
        handles.remember(interaction(id=ids.new()), HERE)

    assert len(handles) == 3


def test_what_is_old_is_forgotten() -> None:
    handles = Handles(seconds=0.0)

    handles.remember(QUESTION, HERE)

    assert not handles.knows(QUESTION.scope, QUESTION.id, HERE)
    handles.ended(QUESTION.scope, QUESTION.id, life(Status.ANSWERED))
    handles.settled(QUESTION.scope, QUESTION.id, HERE)


def test_a_late_post_does_not_bring_back_a_pending_question() -> None:
    handles = Handles()
    handles.remember(QUESTION, HERE)
    handles.ended(QUESTION.scope, QUESTION.id, life(Status.ANSWERED))

    handles.remember(QUESTION, THERE)

    assert handles.knows(QUESTION.scope, QUESTION.id, THERE)
    ended = known(handles)
    assert ended is not None and ended.status is Status.ANSWERED


def test_large_questions_count_for_several_so_that_memory_is_bounded() -> None:
    handles = Handles(most=10)
    large = dataclasses.replace(QUESTION, request={**QUESTION.request, "body": "x" * 4_000})
    for number in range(20):
        handles.remember(dataclasses.replace(large, id=ids.new()), HERE)
        assert len(handles) <= 2, number

    handles.remember(dataclasses.replace(QUESTION, request={"body": "x" * 100_000}), HERE)

    assert not handles.knows(QUESTION.scope, QUESTION.id, HERE), "one that is larger than all of it is left out"


def test_metadata_is_not_remembered() -> None:
    handles = Handles()
    handles.remember(dataclasses.replace(QUESTION, metadata={"a": [[]] * 4_000}), HERE)

    handles.ended(QUESTION.scope, QUESTION.id, life(Status.ANSWERED))

    found = known(handles)
    assert found is not None and found.metadata == {}
