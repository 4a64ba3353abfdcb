"""The web edition: the course as pages that need no kernel, and JupyterLite for live code.

``python -m igf1lab.web pages`` makes the pages, ``lite`` adds JupyterLite, ``serve`` shows them.
"""
