"""Short answers to what patients and clinics ask, in our own words, each with its source and date; nothing is made up (R141)."""

from dialogs.knowledge.answers import TOPICS, Source, answer, source_of, stale

__all__ = ["TOPICS", "Source", "answer", "source_of", "stale"]
