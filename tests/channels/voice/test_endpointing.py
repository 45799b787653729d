"""Issue 5: an answer is over after the silence that its fullness asks for, and never before."""

from hypothesis import given
from hypothesis import strategies as st

from channels.voice.endpointing import FRAME_MS, Endpointer, Patience, Voice
from channels.voice.fullness import Fullness

PATIENCE = Patience()
frames = st.lists(st.booleans(), max_size=120)
fullness = st.sampled_from(list(Fullness))


def fed(speech: list[bool]) -> Endpointer:
    ears = Endpointer()
    for one in speech:
        ears.step(Voice(one, one))
    return ears


def silence_at_the_end(speech: list[bool]) -> int | None:
    """Naively: milliseconds since the last frame of speech that was not alone among four; None before two such frames came."""
    began, last = None, None
    for index, one in enumerate(speech):
        crowd = sum(speech[max(0, index - 3) : index + 1])
        if began is None and crowd >= 2:
            began = last = index
        elif began is not None and one and crowd >= 2:
            last = index
    return None if last is None else (len(speech) - 1 - last) * FRAME_MS


@given(frames, fullness)
def test_over_exactly_after_its_silence(speech: list[bool], full: Fullness) -> None:
    ears, silent = fed(speech), silence_at_the_end(speech)
    assert ears.open == (silent is not None)
    assert ears.over(full) == (silent is not None and silent >= PATIENCE.of(full))


@given(frames)
def test_a_fuller_answer_is_never_waited_for_longer(speech: list[bool]) -> None:
    ears = fed(speech)
    order = [Fullness.INSIDE, Fullness.UNFINISHED, Fullness.NOTHING, Fullness.EXTENDABLE, Fullness.WHOLE]
    over = [ears.over(full) for full in order]
    assert over == sorted(over)


@given(frames)
def test_times_are_in_order_and_within_the_call(speech: list[bool]) -> None:
    ears = fed(speech)
    assert ears.now_ms == FRAME_MS * len(speech)
    if ears.open:
        assert 0 <= ears.began_ms < ears.ended_ms <= ears.now_ms


@given(frames, frames)
def test_what_was_closed_does_not_count_for_the_next(first: list[bool], second: list[bool]) -> None:
    ears = fed(first)
    ears.close()
    for one in second:
        ears.step(Voice(one, one))
    alone = fed(second)
    assert (ears.open, ears.silent_ms) == (alone.open, alone.silent_ms)


def test_whoever_never_falls_silent_is_cut_off() -> None:
    """A television beside the telephone must not hold the line for ever."""
    ears = fed([True] * (PATIENCE.longest // FRAME_MS))
    assert ears.over(Fullness.INSIDE)


@given(st.lists(st.booleans(), min_size=10, max_size=60))
def test_one_frame_is_no_onset(meant: list[bool]) -> None:
    ears = Endpointer()
    for one in meant:
        ears.step(Voice(True, one))
        assert not ears.meant(over=True) or sum(meant) >= 2
