"""Marks: one submission, a whole class, the gradebook, marking by hand."""
