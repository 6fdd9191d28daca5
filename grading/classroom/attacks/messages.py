"""Messages of the student's own on the socket to the judge: forged, garbled, premature, endless, or none at all."""

from grading.classroom.attack import Attack

FAMILY = "messages"
# finds the socket, the request at hand and its token
TOOLS = """
import os, socket, struct, sys, time
import msgpack

def connection():
    for number in range(3, 128):
        try:
            found = socket.socket(fileno=os.dup(number))
            if found.family == socket.AF_UNIX:
                return found
        except OSError:
            pass

def above(name):
    frame = sys._getframe()
    while frame and name not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals[name]

def token():
    return above("request")["token"]

def send(data):
    line = connection()
    line.setblocking(True)
    line.sendall(data)

def ext(code, payload):
    return msgpack.ExtType(code, msgpack.packb(payload, use_bin_type=True))

def message(payload):
    data = payload if isinstance(payload, bytes) else msgpack.packb(payload, use_bin_type=True)
    return struct.pack("!I", len(data)) + data

def reply(value):
    return message(ext(0, [["token", token()], ["value", value]]))
"""
FORGED = "messages of its own"
GARBLED = "no answer"


def _line(name: str, tries: str, body: str, verdict: str = "", **more) -> Attack:
    """Say something during a call; a wrong answer follows."""
    return Attack(name, FAMILY, tries, prelude=TOOLS, body=body.strip("\n") + "\nreturn 0.0", verdict=verdict, **more)


def _answer(name: str, tries: str, value: str, verdict: str = GARBLED) -> Attack:
    """Answer a call with a value that no encoder makes, and stay silent then."""
    return _line(name, tries, f"send(reply({value}))\nos._exit(0)", verdict)


ATTACKS = [
    Attack(
        "garbage before",
        FAMILY,
        "Sends noise before anybody has asked.",
        prelude=TOOLS,
        before=TOOLS + "\nsend(os.urandom(999))",
        verdict="to the grader",
    ),
    Attack(
        "a premature answer",
        FAMILY,
        "Sends an answer before the question, for whatever will be asked next.",
        prelude=TOOLS + "\nsend(message(ext(0, [['token', token()], ['value', 4.0]])) * 3)",
        verdict=FORGED,
    ),
    Attack(
        "garbage on all descriptors",
        FAMILY,
        "Writes noise to every descriptor that is open.",
        prelude="import os\nfor number in range(256):\n    try:\n"
        "        os.write(number, b'\\x00\\x00\\x00\\x01\\xc3')\n"
        "    except OSError:\n        pass",
        verdict="to the grader",
    ),
    _line(
        "an answer twice",
        "Sends each answer twice.",
        """
line = above("connection")
class Twice:
    def __getattr__(self, name): return getattr(line, name)
    def sendall(self, data): line.sendall(data + data)
frame = sys._getframe()
while "connection" not in frame.f_locals:
    frame = frame.f_back
import ctypes
frame.f_locals["connection"] = Twice()
ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
""",
        FORGED,
    ),
    _line(
        "an old answer",
        "Repeats the answer to an earlier question.",
        "send(message(ext(0, [['token', '0' * 16], ['value', 4.0]])))\nos._exit(0)",
        FORGED,
    ),
    _line(
        "the right token, twice",
        "Answers with the right token, and then once more.",
        "send(reply(4.0) * 2)\nos._exit(0)",
        "",
    ),
    _line("noise", "Sends noise instead of an answer.", "send(b'GET / HTTP/1.1' * 99)\nos._exit(0)", GARBLED),
    _line("a great length", "Announces four gigabytes.", "send(b'\\xff' * 4)\ntime.sleep(9)", GARBLED),
    _line(
        "half a message",
        "Sends half of a message and stays silent.",
        "send(reply(4.0)[:9])\ntime.sleep(9)",
        "(limit call_wall)",
    ),
    _line(
        "drop by drop",
        "Sends one byte now and then, so that the judge is always busy reading.",
        "data = struct.pack('!I', 10**6)\nwhile True:\n    send(data[:1])\n    data = data[1:] or b'x'\n"
        "    time.sleep(0.05)",
        "(limit call_wall)",
    ),
    _line(
        "drop by drop, with memory",
        "Keeps the judge reading while it takes memory in many processes.",
        """
import threading
def drip():
    send(struct.pack("!I", 10**6))
    while True:
        send(b"x")
        time.sleep(0.01)
threading.Thread(target=drip, daemon=True).start()
for _ in range(6):
    if os.fork() == 0:
        block = bytearray(100 * 2**20)
        for i in range(0, len(block), 4096):
            block[i] = 1
        time.sleep(9)
time.sleep(9)
""",
        "(limit memory)",
    ),
    _line(
        "a flood",
        "Sends without end.",
        "while True:\n    send(b'\\x00\\x0f\\xff\\xff' + b'x' * 2**20)",
        "to the grader",
    ),
    _line(
        "empty messages", "Sends millions of empty messages.", "while True:\n    send(bytes(2**20))", "to the grader"
    ),
    _line("a list", "Sends a well-formed message that is a list.", "send(message([1, 2]))\nos._exit(0)", FORGED),
    _line("a number", "Sends a well-formed message that is a number.", "send(message(4.0))\nos._exit(0)", FORGED),
    _line(
        "nothing but the token",
        "Sends an answer without a value.",
        "send(message(ext(0, [['token', token()]])))\nos._exit(0)",
        "",
    ),
    _line(
        "an error that is none",
        "Sends an error of the wrong shape.",
        "send(message(ext(0, [['token', token()], ['error', [1, 2]]])))\nos._exit(0)",
    ),
    _line(
        "an error of great length",
        "Sends an error whose texts are megabytes long.",
        """
texts = [[k, "<script>" + "x" * 10**6] for k in ("builtin", "type", "message", "location")]
send(message(ext(0, [["token", token()], ["error", ext(0, texts)]])))
os._exit(0)
""",
    ),
    _line(
        "time that it took",
        "Says that it took not-a-number of seconds.",
        "send(message(ext(0, [['token', token()], ['value', 4.0], ['seconds', float('nan')]])))\nos._exit(0)",
    ),
    _line(
        "changes",
        "Says that arrays changed which were never asked about.",
        """
array = ext(1, ["<f8", [4], bytes(32)])
changes = [ext(2, [i, array]) for i in (-1, 0, 1, 10**6)] + [1, "x", [0, 0]]
send(message(ext(0, [["token", token()], ["value", array], ["changed", changes]])))
os._exit(0)
""",
    ),
    _answer(
        "an array whose shape lies",
        "Sends an array with more entries than bytes.",
        "ext(1, ['<f8', [10**9], b'12345678'])",
    ),
    _answer("a negative shape", "Sends an array of a negative shape.", "ext(1, ['<f8', [-1, -1], b'12345678'])"),
    _answer("an array of objects", "Sends an array of pointers.", "ext(1, ['O', [1], b'12345678'])"),
    _answer("an array of fields", "Sends an array with a dtype of fields.", "ext(1, ['i4,O', [1], bytes(12)])"),
    _answer("a great dtype", "Sends a dtype that is a program's text.", "ext(1, ['f8,' * 10**5, [1], bytes(8)])"),
    _answer(
        "no bytes for much", "Sends an array of nothing with entries of no size.", "ext(1, ['<U0', [10**12], b''])"
    ),
    _answer("a shape of many axes", "Sends an array with a million axes.", "ext(1, ['<f8', [1] * 10**5, bytes(8)])"),
    _answer("an unknown extension", "Sends an extension that nobody knows.", "msgpack.ExtType(99, b'x')"),
    _answer("a timestamp", "Sends the one extension that MessagePack itself reads.", "msgpack.Timestamp(1)"),
    _answer("a map", "Sends a map, which the protocol does not use.", "{'a': 1}"),
    _answer("an unhashable key", "Sends a dict with a list for a key.", "ext(0, [[[1], 2]])"),
    _answer("half a pair", "Sends a dict of triples.", "ext(0, [[1, 2, 3]])"),
    _answer("a long number", "Sends the digits of a number that takes long to read.", "ext(5, '9' * 10**6)"),
    _answer("a number that is a name", "Sends a name for a number.", "ext(5, '__import__')"),
    _answer("a complex text", "Sends texts for a complex number.", "ext(4, ['1', '2'])"),
    _answer("a handle of no number", "Sends a handle whose number is a text.", "ext(6, ['0', 'x', True])"),
    _answer("a tensor of nothing", "Sends a Tensor without data.", "ext(7, [[], True])"),
    _answer(
        "a broken text",
        "Sends a text that is not UTF-8.",
        "msgpack.packb('\\udc80', unicode_errors='surrogatepass')",
        "",
    ),
    _answer("millions of empty lists", "Sends few bytes that become gigabytes of small objects.", "[[]] * (4 * 2**20)"),
    _line(
        "nested extensions",
        "Sends extensions in extensions, each a copy of the rest.",
        """
data = msgpack.packb(bytes(6 * 2**20))
for _ in range(39):
    data = msgpack.packb(msgpack.ExtType(2, data))
send(message(ext(0, [["token", token()]])[:0] or data))
os._exit(0)
""",
        GARBLED,
    ),
    _line(
        "deep lists",
        "Sends lists nested too deep for a recursive reader.",
        "send(message(b'\\x91' * 10**6 + b'\\x01'))\nos._exit(0)",
        GARBLED,
    ),
    _line(
        "lists of great length",
        "Announces long lists in long lists, and sends none of them.",
        "send(message(b'\\xdd\\x00\\x0f\\xff\\xff' * 10**5))\nos._exit(0)",
        GARBLED,
    ),
    _line(
        "colliding keys on the wire",
        "Sends keys whose hashes collide.",
        """
keys = [[ext(5, str(i * (2**61 - 1) + 2**70)), 0] for i in range(20_000)]
send(reply(ext(0, keys)))
os._exit(0)
""",
        GARBLED,
    ),
    _line(
        "a forged limit",
        "Says that a limit was hit.",
        "send(message(ext(0, [['token', token()], ['limit', 'reply']])))\nos._exit(0)",
        "(limit reply)",
    ),
    _line(
        "the wrong descriptor",
        "Puts another file in the place of the socket.",
        """
nowhere = os.open("/dev/null", os.O_RDWR)
for number in range(3, 64):
    try:
        os.dup2(nowhere, number)
    except OSError:
        pass
""",
        "ended its own process",
    ),
    _line("all descriptors closed", "Closes every descriptor.", "os.closerange(0, 256)", "ended its own process"),
    _line(
        "a closed ear",
        "Shuts one half of the socket.",
        "connection().shutdown(socket.SHUT_RD)\ntime.sleep(9)",
        "(limit call_wall)",
    ),
    _line(
        "a closed mouth",
        "Shuts the other half of the socket.",
        "connection().shutdown(socket.SHUT_WR)\ntime.sleep(9)",
        "ended its own process",
    ),
    _line(
        "passed descriptors",
        "Sends descriptors along with bytes.",
        "socket.send_fds(connection(), [reply(4.0)], [0, 1, 2] * 20)\nos._exit(0)",
    ),
    Attack(
        "a patched session",
        FAMILY,
        "Makes the session claim what it likes.",
        prelude="""
from grading.sandbox.session import Session
Session._names = lambda self: {"value": {"@NAME@": ["@NAME@", "reference"], "x": [1], "y": None, 3: 4}}
Session._begin = lambda self, wanted: {"value": [4.0 for _ in wanted]}
""",
        spoils="the session answers for the other exercises, too",
    ),
    Attack(
        "names of the wrong shape",
        FAMILY,
        "Makes the session tell of names in the wrong shape.",
        prelude="from grading.sandbox.session import Session\nSession._names = lambda self: {'value': ['x', 1]}",
        spoils="the session denies all names",
    ),
    Attack(
        "outputs of the wrong shape",
        FAMILY,
        "Makes the shell report outputs of the wrong shape.",
        prelude="""
shell = get_ipython()
type(shell).run = lambda self, source, limit: {"outputs": [1, "x", {"output_type": "display_data", "data": "x"},
    {"output_type": "stream", "text": 5}, {"output_type": "error", "ename": [], "traceback": "no"}, {}, None] * 99,
    "error": "none"}
""",
        spoils="no later cell of this notebook runs",
    ),
    Attack(
        "a patched serve",
        FAMILY,
        "Runs the loop that answers the judge a second time, in a thread.",
        prelude=TOOLS
        + """
import threading
from grading.sandbox.child import serve
line = above("connection")
threading.Thread(target=serve, args=(line, get_ipython(), above("limits")), daemon=True).start()
time.sleep(0.2)
""",
        spoils="two readers of one socket take each other's bytes",
        verdict="",
    ),
]
