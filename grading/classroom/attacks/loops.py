"""Code that does not end: in cells and calls, in C, in threads, in handlers, or only where hidden checks run."""

from grading.classroom.attack import Attack

FAMILY = "loops"
CELL, CALL = "(limit cell_", "(limit call_"


def _cell(name: str, tries: str, prelude: str, verdict: str = CELL, **more) -> Attack:
    return Attack(f"{name}, in a cell", FAMILY, tries, prelude=prelude, verdict=verdict, **more)


def _call(name: str, tries: str, body: str, verdict: str = CALL, **more) -> Attack:
    return Attack(f"{name}, in a call", FAMILY, tries, body=body, verdict=verdict, **more)


ATTACKS = [
    _cell("a loop", "Loops for ever.", "while True:\n    pass", CELL),
    _call("a loop", "Loops for ever.", "while True:\n    pass", CALL),
    _call(
        "a loop that catches",
        "Loops for ever and catches whatever would stop it.",
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        CALL,
    ),
    _cell("a sleep", "Sleeps.", "import time\ntime.sleep(1000)", "(limit cell_wall)"),
    _call("a sleep", "Sleeps.", "import time\ntime.sleep(1000)", "(limit call_wall)"),
    _cell("a power", "Computes a power in C, where no signal is looked at.", "x = 10**10**8", CELL),
    _call(
        "a regular expression",
        "Matches a regular expression that backtracks for ages.",
        "import re\nreturn re.match('(a*)*b', 'a' * 99)",
        CALL,
    ),
    _call("a sum", "Sums a range in C.", "return sum(range(10**15))", CALL),
    _call(
        "a lock",
        "Waits for a lock that nobody gives back.",
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
        "(limit call_wall)",
    ),
    _call("reading", "Waits for input.", "import os\nreturn os.read(os.pipe()[0], 1)", "(limit call_wall)"),
    _call(
        "threads",
        "Loops in threads that outlive the call.",
        """
import threading
for _ in range(3):
    threading.Thread(target=lambda: sum(range(10**15)), daemon=True).start()
threading.Event().wait()
""",
    ),
    _cell(
        "a thread left behind",
        "Leaves a thread that loops, and answers wrongly at once.",
        "import threading, time\nrun = lambda: [time.sleep(0) for _ in iter(int, 1)]\n"
        "threading.Thread(target=run, daemon=True).start()",
        "",
        spoils="its thread takes processor time from every later call",
    ),
    _cell(
        "a finalizer",
        "Loops when its objects are thrown away.",
        """
class Loop:
    def __del__(self):
        while True:
            pass
Loop()
""",
        CELL,
    ),
    _cell(
        "at exit",
        "Loops when the process ends.",
        """
import atexit
def loop():
    while True:
        pass
atexit.register(loop)
raise SystemExit
""",
        "",
    ),
    _cell(
        "a signal handler",
        "Ignores and answers all signals, and loops.",
        """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, lambda *args: None)
    except (OSError, ValueError):
        pass
while True:
    signal.pause()
""",
        "(limit cell_wall)",
    ),
    _cell(
        "an alarm",
        "Lets an alarm loop later, in somebody else's call.",
        """
import signal
def loop(*args):
    while True:
        pass
signal.signal(signal.SIGALRM, loop)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
""",
        "(limit c",
        spoils="the alarm rings in other cells",
    ),
    _cell(
        "blocked signals",
        "Blocks every signal and loops in a child.",
        """
import os, signal
signal.pthread_sigmask(signal.SIG_SETMASK, range(1, 65))
for _ in range(2):
    os.fork()
while True:
    pass
""",
        CELL,
    ),
    _call(
        "only for hidden inputs",
        "Answers at first, and hangs once the visible checks are over.",
        "global calls\ncalls += 1\nwhile calls > 1:\n    pass\nreturn solution['@NAME@'](*args)",
        CALL,
        prelude="calls = 0\nsolution = dict(globals())\nexec(@SOLUTION@, solution)",
        earns="some",
    ),
    _cell(
        "only the second time",
        "Performs well at first, and hangs when it is performed again after a crash.",
        """
import os
from pathlib import Path
for place in ("/tmp", "/home", "/dev/shm"):
    counter = Path(place, "counter")
    counter.write_text(counter.read_text() + "x" if counter.exists() else "x")
    while len(counter.read_text()) > 1:
        pass
""",
        "ended its own process",
        body="import os\nos._exit(0)",
    ),
    _cell(
        "by the clock",
        "Performs well at first, and hangs when it is performed a little later.",
        """
import time
while time.time() % 4 > 3:
    pass
""",
        "",
        body="import time\ntime.sleep(0.1)\nimport os\nos._exit(0)",
    ),
    _call(
        "many short sleeps",
        "Sleeps a little less than a call may, in every call.",
        "import time\ntime.sleep(0.4)\nreturn 0.0",
        "",
    ),
    _call(
        "a slow comparison",
        "Returns an object whose methods loop.",
        "return Slow()",
        prelude="class Slow:\n    def __getattr__(self, name):\n        while True: pass\n    __len__ = __getattr__\n",
        verdict="",
    ),
    _call(
        "a slow error",
        "Raises an error whose text takes for ever.",
        "raise Slow()",
        prelude="class Slow(Exception):\n    def __str__(self):\n        while True: pass\n",
        verdict=CALL,
    ),
    _cell(
        "an import",
        "Waits for the lock of the import system.",
        """
import threading, _imp
_imp.acquire_lock()
t = threading.Thread(target=lambda: __import__("this"))
t.start()
t.join()
""",
        "(limit cell_wall)",
    ),
]
