"""The outside world: telephones, text messages, pages, and the processes that carry them. Outermost; nobody imports it."""
