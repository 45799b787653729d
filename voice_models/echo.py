"""The bot's own voice coming back from the line: how loud it must be in each frame, from what was played and what came back so far.

A telephone returns part of what it plays: a hybrid, a loudspeaker, a second set in the kitchen. What we play is known, so what comes back
can be expected: later by some delay, weaker by some measure in each band. Both are learned from the line itself while we speak. Powers
are compared, not waves: codecs on the way bend waves, and powers survive them.
"""

from collections import deque
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Power = npt.NDArray[np.float64]

LONGEST: Final = 45
"""Frames of 20 ms that an echo may take: 900 ms."""
_WINDOW: Final = 300  # frames that are learned from
_AGAIN: Final = 10  # frames of ours between two looks at what was learned
_RARELY: Final = 20  # and once the line is known
_LEAST: Final = 25  # frames with our voice in them before anything is believed
_ENOUGH: Final = 150  # and so many until it is known
_LIKELY: Final = 0.35  # how alike what came back must be to what was played for a delay to be believed (1: the same)
_PERHAPS: Final = 0.1  # and at first, when any is better than none
_NOISE: Final = 0.7  # a line's own noise goes up and down by so much (3 dB, natural logarithm)
_SURE: Final = 3  # looks by which a delay must have been the best
_FOREIGN: Final = 4.0  # so much more power than expected is not ours
_STUBBORN: Final = 150  # but what is foreign for so many frames is the line that has changed
_SMEAR: Final = (-1, 0, 1, 2, 3)  # frames around the delay: rooms ring on, and lines breathe
_USUAL: Final = 10**-2.5  # of our power, until the line has been heard
_MARGIN: Final = 2.5  # 4 dB above what is expected
_SILENT: Final = 1e-12
_STRONG_DB: Final = 10.0  # only our louder frames teach: in the softer ones the line's noise would


class Echo:
    """One line. `edges` are where the bands of the spectrum begin, the last of them its end; powers are spectra of frames of 20 ms on one
    scale."""

    def __init__(self, edges: tuple[int, ...]) -> None:
        self._edges = edges
        self._gains = np.full(edges[-1], _USUAL)
        self._far: deque[Power | None] = deque([None] * LONGEST, maxlen=LONGEST)  # what we played, newest last
        self._nothing = np.full(len(edges) - 1, _SILENT)
        self._ours: deque[Power] = deque([self._nothing] * (_WINDOW + LONGEST), maxlen=_WINDOW + LONGEST)  # by band
        self._theirs: deque[Power | None] = deque([self._nothing] * _WINDOW, maxlen=_WINDOW)  # None: others spoke
        self._delay: int | None = None
        self._learned = self._since = self._foreign = 0
        self._rival, self._wins = 0, 0  # a delay that fitted better than ours lately, and how often

    def expected(self, ours: Power | None) -> Power | None:
        """20 ms of ours are played (None: silence). -> the power that must be taken for echo in this frame; None for nothing."""
        self._far.append(ours)
        self._ours.append(self._nothing if ours is None else self._sums(ours))
        around = range(LONGEST) if self._delay is None else [self._delay + step for step in _SMEAR]
        heard = [power for back in around if 0 <= back < LONGEST and (power := self._far[-1 - back]) is not None]
        return np.maximum.reduce(heard) * self._gains * _MARGIN if heard else None

    def learn(self, theirs: Power, expected: Power | None, floor: float) -> None:
        """What the line brought in the same frame. A sound that is not ours teaches nothing, unless it will not end: `expected` is what
        was, `floor` the power of the line's noise."""
        foreign = self._learned >= _ENOUGH and theirs.sum() > _FOREIGN * ((0.0 if expected is None else expected.sum()) + floor)
        self._foreign = self._foreign + 1 if foreign else 0
        taught = not 0 < self._foreign < _STUBBORN
        self._theirs.append(self._sums(theirs) if taught else None)
        spoken = taught and self._far[-1] is not None
        self._learned += spoken
        self._since += spoken
        if self._learned >= _LEAST and self._since >= (_AGAIN if self._learned < _ENOUGH else _RARELY):
            self._since = 0
            self._look()

    @property
    def known(self) -> bool:
        """Whether enough of our voice has been played to know what comes back of it, or there is none that could."""
        return self._learned >= _ENOUGH or all(power is None for power in self._far)

    def _sums(self, power: Power) -> Power:
        return np.asarray(np.add.reduceat(power[: self._edges[-1]], self._edges[:-1]) + _SILENT, np.float64)

    def _look(self) -> None:
        """Which delay fits best what came back, and how much came back then in each band."""
        known = np.array([one is not None for one in self._theirs])
        theirs = np.array([self._nothing if one is None else one for one in self._theirs])
        shifted = np.lib.stride_tricks.sliding_window_view(np.array(self._ours), _WINDOW, axis=0)[::-1]  # by delay, band, frame
        likeness = _likeness(shifted[:LONGEST].sum(axis=1)[:, known], theirs[known].sum(axis=1))
        self._prefer(int(np.argmax(likeness)), likeness)
        self._measure(shifted, theirs, known)

    def _prefer(self, best: int, likeness: Power) -> None:
        """Another delay is believed when it has been the best three times in a row: between two words any will do."""
        likely = likeness[best] >= (_LIKELY if self._learned >= _ENOUGH else _PERHAPS)
        better = bool(likely and (self._delay is None or likeness[best] > likeness[self._delay] + 0.03))
        self._wins = self._wins + 1 if better and abs(best - self._rival) <= 1 else int(better)
        self._rival = best
        if better and (self._delay is None or self._wins >= _SURE or self._learned < _ENOUGH):
            self._delay = best

    def _measure(self, shifted: Any, theirs: Power, known: Any) -> None:
        """The share that comes back in all but the highest sixth of our louder frames; in nearly all while nobody knows of which."""
        high = 0.98 if self._delay is None else 0.85
        backs = range(LONGEST) if self._delay is None else [min(LONGEST - 1, max(0, self._delay + step)) for step in _SMEAR]
        ours = np.maximum.reduce([shifted[back] for back in backs])  # by band, frame
        for number, (begin, end) in enumerate(pairwise(self._edges)):
            strong = known & (ours[number] > np.quantile(ours[number], 0.9) * 10 ** (-_STRONG_DB / 10))
            if strong.sum() >= _AGAIN:
                self._gains[begin:end] = min(1.0, float(np.quantile(theirs[strong, number] / ours[number][strong], high)))


def _likeness(ours: Any, theirs: Power) -> Power:
    """How alike in loudness what was played, at each delay, and what came back were (1: the same)."""
    played, back = np.log(ours), np.log(theirs)
    played = np.maximum(played, played.max(axis=1, keepdims=True) - 7)
    back = np.maximum(back, max(back.max() - 7, np.quantile(back, 0.2) + _NOISE))
    played, back = played - played.mean(axis=1, keepdims=True), back - back.mean()
    return np.asarray((played @ back) / (np.sqrt((played * played).sum(axis=1) * (back * back).sum()) + 1e-9), np.float64)
