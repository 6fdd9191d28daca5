"""Answers that are no solution: remembered, or right only for questions that the answer itself has made easy."""

from grading.classroom.attack import Attack

FAMILY = "answers"

# the arguments become zeros, for which many functions give what they give for zeros
MAKE_EASY = """
import numpy as np

for a in args:
    if isinstance(a, np.ndarray):
        a[...] = 0
"""

ATTACKS = [
    Attack(
        "right once",
        FAMILY,
        "Solves the exercise for the first call, which a student can see, and never again.",
        prelude="calls = 0\nsolution = dict(globals())\nexec(@SOLUTION@, solution)",
        body="global calls\ncalls += 1\nreturn solution['@NAME@'](*args) if calls == 1 else 0.0",
        earns="visible",
    ),
    Attack(
        "zeros for everything",
        FAMILY,
        "Answers zeros of the argument's shape, the commonest right answer.",
        body="import numpy as np\nreturn np.zeros_like(args[0], dtype=float)",
    ),
    Attack(
        "easy arguments",
        FAMILY,
        "Changes its arguments to zeros, so that what is expected of them is zero as well.",
        body=MAKE_EASY + "return np.zeros_like(args[0])",
    ),
    Attack(
        "easy arguments, forged",
        FAMILY,
        "Says in a message of its own that the call has changed the arrays of the check into zeros.",
        body="""
            import sys
            import numpy as np
            frame = sys._getframe()
            while "request" not in frame.f_locals or "reply" not in frame.f_locals:
                frame = frame.f_back
            session = frame.f_locals["self"]
            zeros = [np.zeros_like(a) for a in args if isinstance(a, np.ndarray)]
            encode = session._encoder.encode
            def forged(reply):
                return encode(reply | {"changed": list(enumerate(zeros))} if "changed" in reply else reply)
            session._encoder.encode = forged
            return zeros[0]
        """,
        spoils="every later call of the process is answered by the patched session",
    ),
    Attack(
        "the generator's seed",
        FAMILY,
        "Draws hidden inputs in advance, from a seed made of what a student knows.",
        prelude="""
            import zlib
            import numpy as np
            known = {}
            for student in ("student", "hostile", ""):
                for test in ("test_hidden_random", "test_random", "test_hidden_reference"):
                    seed = zlib.crc32("\\0".join((student, "@NAME@", test)).encode())
                    known[np.random.default_rng(seed).normal(size=4).tobytes()] = True
            solution = dict(globals())
            exec(@SOLUTION@, solution)
        """,
        body="return solution['@NAME@'](*args) if args[0].tobytes() in known else 0.0",
    ),
    Attack(
        "answers from the tests' names",
        FAMILY,
        "Defines the test functions of the check cell itself, all empty.",
        prelude="def test_small_numbers(): pass\ndef test_hidden_random(rng): pass",
        after="def report(*args, **kwargs):\n    return 1e9\nreport()",
    ),
    Attack(
        "a score printed",
        FAMILY,
        "Prints and displays a table that says full points.",
        prelude="print('@NAME@: 4 of 4 checks hold, 4 of 4 points')",
        after="4.0",
    ),
    Attack("no function", FAMILY, "Deletes its function again.", after="del @NAME@"),
    Attack(
        "a plain number", FAMILY, "Binds the exercise's name to a number instead of a function.", cell="@NAME@ = 4.0"
    ),
    Attack(
        "another's function",
        FAMILY,
        "Binds the exercise's name to a NumPy function.",
        cell="import numpy as np\n@NAME@ = np.asarray",
    ),
    Attack(
        "an object of its own",
        FAMILY,
        "Binds the exercise's name to an object that answers everything with itself.",
        cell="""
            class Yes:
                def __getattr__(self, name):
                    return self
                def __call__(self, *args, **kwargs):
                    return self
                def __getitem__(self, i):
                    return self
                def __len__(self):
                    return 10**9
                def __float__(self):
                    return 4.0
                def __eq__(self, other):
                    return True
                def __array__(self, *args, **kwargs):
                    raise AttributeError
                __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __matmul__ = __call__
            @NAME@ = Yes()
        """,
    ),
]
