"""Notice answers whose cell stopped: what is checked then would be an older answer.

After a SyntaxError or NameError the variable still holds what an earlier run gave it. A notebook's
kernel tells which cells ran and how they ended; outside a notebook nothing is watched.
"""

import re

from igf1lab.exercises import code

_WATCHES: dict[str, "Watch"] = {}  # by set, for as long as the kernel runs


class Watch:
    """Remember of each answer's name whether the last cell that sets it came to its end.

    Parameters
    ----------
    names : dict
        Name of the answer's variable by question id.
    shell : InteractiveShell
        The kernel's.
    """

    def __init__(self, names: dict[str, str], shell):
        self._names, self._shell = names, shell
        self._stopped: dict[str, tuple] = {}  # name -> (the older answer, how the cell stopped)
        self._before, self._running = {}, ""

    def start(self) -> None:
        """Begin to listen to the kernel."""
        self._shell.events.register("pre_run_cell", self._cell_begins)
        self._shell.events.register("post_run_cell", self._cell_ended)

    def stop(self) -> None:
        """Listen no longer."""
        self._shell.events.unregister("pre_run_cell", self._cell_begins)
        self._shell.events.unregister("post_run_cell", self._cell_ended)

    def stale(self, name: str, answer) -> str:
        """Return how the cell with an answer stopped, if ``answer`` is an older one, else ""."""
        older, how = self._stopped.get(name, (None, ""))
        # A cell that sets the name before it checks it has a new answer, even an equal one.
        return (
            how if how and older is answer and name not in code.names_bound(self._running) else ""
        )

    def _cell_begins(self, info):
        self._running = info.raw_cell or ""
        space = self._shell.user_ns
        self._before = {name: space.get(name) for name in self._names.values()}

    def _cell_ended(self, result):
        source = (result.info.raw_cell if result.info else "") or ""
        error = result.error_before_exec or result.error_in_exec
        for name in code.names_bound(source) & set(self._names.values()):
            unchanged = self._shell.user_ns.get(name) is self._before.get(name)
            self._stopped.pop(name, None)
            if error is not None and unchanged:
                self._stopped[name] = (self._before.get(name), _in_words(error))
        self._running = ""
        self._explain_missing(source, error)

    def _explain_missing(self, source, error):
        """Say what to do if a check asks for an answer that no cell has given yet."""
        missing = re.match(r"name '(\w+)' is not defined", str(error)) if error else None
        for question, name in self._names.items():
            if missing and missing[1] == name and question in code.checks(source):
                how = self._stopped.get(name, ("", ""))[1]
                why = f" It stopped with {how}." if how else ""
                print(
                    f"Question {question.removeprefix('q')}: there is no `{name}` yet.{why} "
                    "Run the cell with your answer, then this one."
                )


# Slips whose own message leads nowhere: what Python says, what the line holds, what to do.
_SLIPS = (
    (r"leading zeros", r"\d,0\d", "if you meant a decimal, write it with a point, as in 0.05"),
    (r"name '[a-e]\d' is not defined", "", 'an answer like "a1" stands in quotes'),
)


def _in_words(error):
    says = re.sub(r"\s*\([^()]*line \d+\)$", "", str(error))[:200]
    for python_says, line_holds, to_do in _SLIPS:
        if re.search(python_says, says) and re.search(line_holds, getattr(error, "text", "") or ""):
            says = f"{says}; {to_do}"
    line = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
    return f"{type(error).__name__}{line}: {says}" if says else f"{type(error).__name__}{line}"


def watch(set_name: str, names: dict[str, str]) -> "Watch | None":
    """Watch a set's answers in this kernel, anew if it is watched already; None outside of one."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    if shell is None:
        return None
    if set_name in _WATCHES:
        _WATCHES.pop(set_name).stop()
    _WATCHES[set_name] = Watch(names, shell)
    _WATCHES[set_name].start()
    return _WATCHES[set_name]
