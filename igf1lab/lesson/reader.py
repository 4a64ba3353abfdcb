"""Whether somebody reads along who can click."""

import os
import sys

SHUT = "<p>This opens as soon as you have recorded your prediction above.</p>"
_SIGNS_OF_A_READER = ("JPY_SESSION_NAME", "VSCODE_PID", "VSCODE_CWD", "COLAB_RELEASE_TAG")


def headless() -> bool:
    """Return whether nobody can click: then twins show what a prediction would open.

    ``IGF1LAB_HEADLESS`` decides (``0``, ``no`` or ``false`` means somebody can); without it, a
    kernel in a browser, or one started from JupyterLab, Notebook, VS Code or Colab, has a reader
    and others have none.
    """
    said = os.environ.get("IGF1LAB_HEADLESS", "").strip().lower()
    if said:
        return said not in ("0", "no", "false", "off")
    if sys.platform == "emscripten":
        return False
    return not any(name in os.environ for name in _SIGNS_OF_A_READER)
