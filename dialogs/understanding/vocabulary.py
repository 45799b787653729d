"""The words of our own subject: a question about anything else gets an honest "I do not know", not the nearest answer."""

from collections.abc import Iterable, Sequence

from dialogs.understanding.lexicon import Lexicon
from dialogs.understanding.text import words

_CONTENT = 4
_STEM = 5


class Vocabulary:
    """Words and stems of the training examples that belong to the subject."""

    def __init__(self, texts: Iterable[str], lexicons: Sequence[Lexicon]) -> None:
        own = {word for text in texts for word in words(text)}
        self._words = frozenset(own)
        self._stems = frozenset(word[:_STEM] for word in own if len(word) >= _STEM)
        self._lexicons = lexicons

    def foreign(self, text: str) -> float:
        """Share of the content words of folded text that nobody uses about visits, queues and accounts."""
        content = [word for word in words(text) if len(word) >= _CONTENT and not word.isdigit()]
        strange = [word for word in content if not self._known(word)]
        return len(strange) / len(content) if content else 0.0

    def _known(self, word: str) -> bool:
        return word in self._words or word[:_STEM] in self._stems or any(one.understands(word) for one in self._lexicons)
