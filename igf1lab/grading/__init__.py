"""The lecturer's side: from files handed in to marks, feedback and reports (``igf1lab-grade``).

Needs the ``[instructor]`` extra; learners need none of it.
"""
