"""Dictionary forms of numbers in three languages; what the languages do with them is in their own modules."""

from num2words import num2words


def cardinal(value: int, language: str) -> str:
    """ "dwadzieścia jeden"."""
    return str(num2words(value, lang=language))


def ordinal(value: int, language: str) -> str:
    """ "dwudziesty pierwszy": masculine nominative."""
    return str(num2words(value, lang=language, to="ordinal"))


def year(value: int, language: str) -> str:
    """A year as it is said, where the language has a way of its own: "twenty twenty-six"."""
    return str(num2words(value, lang=language, to="year"))
