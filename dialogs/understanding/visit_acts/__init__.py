"""What is done to a visit, clause by clause: one small module for each kind of evidence."""
