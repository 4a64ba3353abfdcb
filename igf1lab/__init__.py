"""IGF-1 and the gut, claim by claim: the package behind the course.

Rooms, each importing only from those before it: :mod:`~igf1lab.units` and
:mod:`~igf1lab.parameters`, :mod:`~igf1lab.models`, :mod:`~igf1lab.evidence`,
:mod:`~igf1lab.page`, :mod:`~igf1lab.lesson`, :mod:`~igf1lab.exercises`; for lecturers,
:mod:`~igf1lab.grading`; and for the pages, :mod:`~igf1lab.web`.
"""

__version__ = "1.0.0"
