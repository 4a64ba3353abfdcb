"""What runs in the browser, in JupyterLab and on a page alike: plain ES modules and style sheets."""

from pathlib import Path

FOLDER = Path(__file__).parent
