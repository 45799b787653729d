"""The facts in a message: days, hours, postcodes, PESEL, codes and choices, as plain JSON values."""

from dialogs.understanding.entities.calendar import weekdays_named
from dialogs.understanding.entities.extraction import FIELDS, Facts, facts

__all__ = ["FIELDS", "Facts", "facts", "weekdays_named"]
