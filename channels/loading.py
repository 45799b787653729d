"""What a process loads at its start stays: the garbage collector rests meanwhile, and passes over it ever after.

Looking through modules, readers and models again and again would hold up every call and request of the process for a tenth of a
second at a time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Load what the process needs in this block; blocks may follow one another. What the block dropped is collected at its end."""
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
