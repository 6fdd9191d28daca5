"""Code that takes all there is: memory, processes, threads, disk, output."""

from grading.classroom.attack import Attack

FAMILY = "bombs"


def _cell(name: str, tries: str, prelude: str, verdict: str, **more) -> Attack:
    return Attack(name, FAMILY, tries, prelude=prelude, verdict=verdict, **more)


TOUCH = """
def touch(block):
    for i in range(0, len(block), 4096):
        block[i] = 1
"""
ATTACKS = [
    _cell(
        "memory",
        "Takes and touches memory.",
        "x = []\nwhile True:\n    x.append(bytearray(b'x') * 2**24)",
        "(limit memory)",
    ),
    _cell(
        "memory, caught",
        "Takes memory and catches the error again and again.",
        """
x = []
while True:
    try:
        x.append(bytearray(b"x") * 2**22)
    except MemoryError:
        pass
""",
        "(limit",
    ),
    _cell("an array", "Makes an array of a terabyte.", "import numpy as np\nnp.ones(2**37)", "(limit memory)"),
    _cell(
        "arrays",
        "Fills memory with arrays.",
        "import numpy as np\nx = []\nwhile True:\n    x.append(np.ones(2**22))",
        "(limit memory)",
    ),
    Attack(
        "doubling texts",
        FAMILY,
        "Doubles a text without end, in a call.",
        body="x = 'x'\nwhile True:\n    x += x",
        verdict="(limit memory)",
    ),
    Attack(
        "small objects",
        FAMILY,
        "Makes small objects without end.",
        body="x = []\nwhile True:\n    x = [x, x, x, x, [None] * 99_999]",
        verdict="(limit memory)",
    ),
    _cell(
        "memory in processes",
        "Takes in each of many processes as much memory as one may have.",
        TOUCH
        + """
import os, time
for _ in range(8):
    if os.fork() == 0:
        touch(bytearray(100 * 2**20))
        time.sleep(99)
time.sleep(99)
""",
        "(limit memory)",
    ),
    _cell(
        "shared memory",
        "Takes memory that belongs to no process alone.",
        TOUCH
        + """
import mmap, os, time
for _ in range(8):
    if os.fork() == 0:
        touch(mmap.mmap(-1, 100 * 2**20))
        time.sleep(99)
time.sleep(99)
""",
        "(limit memory)",
    ),
    _cell(
        "memory files",
        "Fills files in memory that no disk limit counts.",
        """
import os
for _ in range(100):
    os.write(os.memfd_create("x"), bytes(2**22))
""",
        "Operation not permitted",
    ),
    _cell(
        "segments of System V",
        "Makes segments of shared memory that outlive their process.",
        """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
for _ in range(20):
    number = libc.shmget(0, ctypes.c_size_t(2**30), 0o1600)
    assert number >= 0, "Operation not permitted"
    ctypes.memset(libc.shmat(number, None, 0), 1, 2**28)
""",
        "Operation not permitted",
    ),
    _cell(
        "a disk of its own",
        "Mounts a disk of any size in a namespace of its own.",
        """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
assert libc.unshare(0x10000000 | 0x20000) == 0, "Operation not permitted"
assert libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, b"size=100g") == 0
""",
        "Operation not permitted",
    ),
    _cell(
        "a new user namespace",
        "Clones itself into a new user namespace, where it would be root.",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
assert libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0) == -1, "it may"
raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
""",
        "Operation not permitted",
    ),
    _cell("/dev/shm", "Fills shared memory.", "open('/dev/shm/x', 'wb').write(bytes(2**27))", "(limit"),
    _cell(
        "a large file",
        "Writes one large file.",
        "f = open('/tmp/x', 'wb')\nwhile True:\n    f.write(bytes(2**20))",
        "(limit file_size)",
    ),
    _cell(
        "many files",
        "Fills the disk with files.",
        "for i in range(10**6):\n    open(f'/tmp/{i}', 'wb').write(bytes(2**20))",
        "(limit disk)",
    ),
    _cell(
        "empty files",
        "Makes so many files that their names alone fill memory.",
        """
for i in range(10**7):
    open(f"/tmp/{i}", "w").close()
""",
        "(limit",
    ),
    _cell(
        "a sparse file",
        "Makes a file of a terabyte with nothing in it.",
        "f = open('/tmp/x', 'wb')\nf.truncate(2**40)",
        "(limit file_size)",
    ),
    _cell("processes", "Forks without end.", "import os\nwhile True:\n    os.fork()", "(limit"),
    _cell(
        "processes, caught",
        "Forks without end and catches what says no.",
        """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
        "(limit cell_",
    ),
    _cell(
        "threads",
        "Starts threads without end.",
        """
import threading
wait = threading.Event()
while True:
    threading.Thread(target=wait.wait, daemon=True).start()
""",
        "(limit processes)",
    ),
    _cell(
        "descriptors",
        "Opens files without end.",
        "x = []\nwhile True:\n    x.append(open('/dev/null'))",
        "Too many open files",
    ),
    _cell(
        "pipes",
        "Fills pipes and sockets.",
        """
import os, socket
x = []
while True:
    pair = socket.socketpair()
    x.append(pair)
    pair[0].setblocking(False)
    try:
        while True:
            pair[0].send(bytes(65536))
    except BlockingIOError:
        pass
""",
        "Too many open files",
    ),
    _cell("printing", "Prints without end.", "while True:\n    print('x' * 1000)", "(limit output)"),
    _cell(
        "printing, caught",
        "Prints without end and catches whatever ends it.",
        """
while True:
    try:
        while True:
            print("x" * 1000)
    except BaseException:
        pass
""",
        "(limit cell_",
    ),
    _cell(
        "printing errors",
        "Writes to the error stream without end.",
        "import sys\nwhile True:\n    sys.stderr.write('x' * 1000)",
        "(limit output)",
    ),
    _cell(
        "displaying",
        "Displays without end.",
        "from IPython.display import display\nwhile True:\n    display('x' * 1000)",
        "(limit output)",
    ),
    _cell("one long line", "Prints one text of many megabytes.", "print('x' * 10**8)", "(limit output)"),
    Attack(
        "a long repr",
        FAMILY,
        "Shows an object with a text of many megabytes.",
        after="class Long:\n    def __repr__(self): return 'x' * 10**7\nLong()",
        verdict="(limit output)",
    ),
    _cell(
        "a huge picture",
        "Displays a picture of many megabytes.",
        """
import os
from IPython.display import display
display({"image/png": os.urandom(2**23)}, raw=True)
""",
        "",
    ),
    _cell(
        "many pictures",
        "Displays thousands of pictures.",
        """
from IPython.display import display
for _ in range(5000):
    display({"image/png": b"\\x89PNG\\r\\n\\x1a\\n" + bytes(1000)}, raw=True)
""",
        "",
    ),
    _cell(
        "a long error", "Raises an error with a text of many megabytes.", "raise ValueError('x' * 10**8)", "ended early"
    ),
    _cell(
        "warnings",
        "Warns without end.",
        "import warnings\nwarnings.simplefilter('always')\nwhile True:\n    warnings.warn('x' * 999)",
        "(limit output)",
    ),
]
