"""The facts in a message: days, hours, postcodes, PESEL, codes and choices, as plain JSON values."""

from dialogs.understanding.entities.calendar import weekdays_named
from dialogs.understanding.entities.extraction import Facts, facts

__all__ = ["Facts", "facts", "weekdays_named"]
