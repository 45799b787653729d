"""The garbage collector at a start: it passes over what was loaded and finds what is dropped later."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from channels.loading import loading


class Ring:
    """Something that only the garbage collector can take away."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_was_loaded_is_passed_over_and_what_the_block_dropped_is_gone() -> None:
    with loading():
        assert not gc.isenabled()
        kept = Ring()
        dropped = weakref.ref(Ring())
    assert gc.isenabled()
    assert dropped() is None
    assert gc.get_freeze_count() > 10_000
    assert not any(one is kept for one in gc.get_objects())


def test_what_is_dropped_later_is_found_also_after_a_start_that_failed() -> None:
    with pytest.raises(OSError, match="no model"), loading():
        raise OSError("no model")
    assert gc.isenabled()
    later = weakref.ref(Ring())
    gc.collect()
    assert later() is None
