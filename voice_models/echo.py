"""The bot's own voice coming back from the line: how loud it must be in each frame, from what was played and what came back so far.

A telephone returns part of what it plays: a hybrid, a loudspeaker, a second set in the kitchen. What we play is known, so what comes back
can be expected: later by some delay, weaker by some measure in each band. Both are learned from the line itself while we speak. Powers
are compared, not waves: codecs on the way bend waves, and powers survive them.
"""

from collections import deque
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Power = npt.NDArray[np.float64]

LONGEST: Final = 45
"""Frames of 20 ms that an echo may take: 900 ms."""
_WINDOW: Final = 200  # frames that are learned from
_AGAIN: Final = 10  # frames between two looks at what was learned
_LEAST: Final = 25  # frames with our voice in them before anything is believed
_ENOUGH: Final = 150  # and so many until it is known
_FOREIGN: Final = 4.0  # so much more power than expected is not ours
_STUBBORN: Final = 150  # but what is foreign for so many frames is the line that has changed
_SMEAR: Final = (-1, 0, 1, 2, 3)  # frames around the delay: rooms ring on, and lines breathe
_USUAL: Final = 10**-2.5  # of our power, until the line has been heard
_MARGIN: Final = 2.5  # 4 dB above what is expected
_SILENT: Final = 1e-12
_STRONG_DB: Final = 10.0  # only our louder frames teach: in the softer ones the line's noise would


class Echo:
    """One line. `bands` are slices of the spectrum; powers are spectra of frames of 20 ms on one scale."""

    def __init__(self, bands: tuple[slice, ...], size: int) -> None:
        self._bands, self._size = bands, size
        self._far: deque[Power | None] = deque([None] * LONGEST, maxlen=LONGEST)  # what we played, newest last
        self._ours = np.full((_WINDOW + LONGEST, len(bands)), _SILENT)
        self._theirs = np.full((_WINDOW, len(bands)), _SILENT)
        self._delay: int | None = None
        self._gains = np.full(size, _USUAL)
        self._learned = 0
        self._since = self._foreign = 0

    def expected(self, ours: Power | None) -> Power | None:
        """20 ms of ours are played (None: silence). -> the power that must be taken for echo in this frame; None for nothing."""
        self._far.append(ours)
        self._ours = np.roll(self._ours, -1, axis=0)
        self._ours[-1] = self._sums(ours)
        around = range(LONGEST) if self._delay is None else [self._delay + step for step in _SMEAR]
        heard = [power for back in around if 0 <= back < LONGEST and (power := self._far[-1 - back]) is not None]
        return np.maximum.reduce(heard) * self._gains * _MARGIN if heard else None

    def learn(self, theirs: Power, expected: Power | None, floor: float) -> None:
        """What the line brought in the same frame. A sound that is not ours teaches nothing, unless it will not end: `expected` is what
        was, `floor` the power of the line's noise."""
        foreign = self._learned >= _ENOUGH and theirs.sum() > _FOREIGN * ((0.0 if expected is None else expected.sum()) + floor)
        self._foreign = self._foreign + 1 if foreign else 0
        if 0 < self._foreign < _STUBBORN:
            self._skip()
            return
        self._theirs = np.roll(self._theirs, -1, axis=0)
        self._theirs[-1] = self._sums(theirs)
        self._learned += self._ours[-1].sum() > len(self._bands) * _SILENT * 2
        self._since += 1
        if self._since >= _AGAIN and self._learned >= _LEAST:
            self._since = 0
            self._look()

    @property
    def known(self) -> bool:
        """Whether enough of our voice has been played to know what comes back of it, or there is none that could."""
        return self._learned >= _ENOUGH or all(power is None for power in self._far)

    def _skip(self) -> None:
        self._theirs = np.roll(self._theirs, -1, axis=0)
        self._theirs[-1] = np.nan

    def _sums(self, power: Power | None) -> Any:
        return _SILENT if power is None else [power[band].sum() + _SILENT for band in self._bands]

    def _look(self) -> None:
        """Which delay fits best what came back, and how much came back then in each band."""
        theirs = self._theirs
        known = ~np.isnan(theirs).any(axis=1)
        likeness = [self._alike(back, theirs, known) for back in range(LONGEST)]
        best = int(np.argmax(likeness))
        if self._delay is None or likeness[best] > likeness[self._delay] + 0.03:
            self._delay = best
        self._measure(theirs, known)

    def _shifted(self, back: int) -> Any:
        end = len(self._ours) - back
        return self._ours[end - _WINDOW : end]

    def _alike(self, back: int, theirs: Any, known: Any) -> float:
        ours, back_then = (np.log(one[known].sum(axis=1)) for one in (self._shifted(back), theirs))
        ours, back_then = np.maximum(ours, ours.max() - 7), np.maximum(back_then, back_then.max() - 7)
        spread = ours.std() * back_then.std()
        return float(((ours - ours.mean()) * (back_then - back_then.mean())).mean() / spread) if spread > 0 else 0.0

    def _measure(self, theirs: Any, known: Any) -> None:
        """The share that comes back in all but the highest sixth of our louder frames."""
        assert self._delay is not None  # noqa: S101 - just found
        around = [self._shifted(min(LONGEST - 1, max(0, self._delay + step))) for step in _SMEAR]
        ours = np.maximum.reduce(around)
        for number, band in enumerate(self._bands):
            strong = known & (ours[:, number] > np.quantile(ours[:, number], 0.9) * 10 ** (-_STRONG_DB / 10))
            if strong.sum() >= _AGAIN:
                self._gains[band] = min(1.0, float(np.quantile(theirs[strong, number] / ours[strong, number], 0.85)))
