"""The lecturer's side: from files handed in to marks, feedback and reports (``igf1lab-grade``).

Needs the ``[instructor]`` extra; learners need none of it.
"""

import sys

# jsonschema, which nbformat needs, would make a grammar of web addresses when it is imported: two
# seconds of every command, for a format that no notebook's schema names.
sys.modules.setdefault("rfc3987_syntax", None)
