"""Results that are not what they seem: objects that agree with everything, lie, never end or cannot be handed over."""

from grading.classroom.attack import Attack

FAMILY = "objects"
NUMPY = "import numpy as np\n"


def _returned(name: str, tries: str, expression: str, *, prelude: str = "", verdict: str = "", **more) -> Attack:
    return Attack(name, FAMILY, tries, prelude=NUMPY + prelude, body=f"return {expression}", verdict=verdict, **more)


ATTACKS = [
    _returned(
        "equal to everything",
        "Returns an object whose comparisons all say True.",
        "Equal()",
        prelude="""
class Equal:
    def __eq__(self, other): return True
    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__
    def __bool__(self): return True
    def __hash__(self): return 0
    def __abs__(self): return self
    def __sub__(self, other): return self
    __add__ = __radd__ = __rsub__ = __mul__ = __rmul__ = __sub__
""",
    ),
    _returned(
        "a lying __array__",
        "Returns an object that turns into whatever array it is compared with.",
        "Liar()",
        prelude="""
class Liar:
    shape, dtype, ndim, size = (4,), np.dtype(float), 1, 4
    def __array__(self, dtype=None, copy=None):
        import sys
        frame = sys._getframe()
        while frame:
            if "expected" in frame.f_locals:
                return np.asarray(frame.f_locals["expected"])
            frame = frame.f_back
        return np.zeros(4)
""",
    ),
    _returned(
        "__array_ufunc__",
        "Returns an array whose arithmetic and comparisons always agree.",
        "np.zeros(4).view(Agree)",
        prelude="""
class Agree(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs): return True
""",
    ),
    _returned(
        "__array_function__",
        "Returns an array for which allclose and array_equal always hold.",
        "np.zeros(4).view(Agree)",
        prelude="""
class Agree(np.ndarray):
    def __array_function__(self, func, types, args, kwargs): return np.array(True)
""",
    ),
    _returned(
        "an array with another shape",
        "Returns an array subclass that lies about shape, dtype and bytes.",
        "np.zeros(4).view(Liar)",
        prelude="""
class Liar(np.ndarray):
    shape = property(lambda self: (2**40, 2**40))
    dtype = property(lambda self: np.dtype("O"))
    def astype(self, *args, **kwargs): return self
    def tobytes(self, *args): return b"cnope"
""",
    ),
    _returned(
        "a float of its own",
        "Returns a float subclass that equals every number.",
        "Float(1e9)",
        prelude="""
class Float(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __array__(self, *args, **kwargs): return np.zeros(4)
""",
    ),
    _returned(
        "an int of its own",
        "Returns an int subclass with a lying index.",
        "Int(3)",
        prelude="class Int(int):\n    def __eq__(self, other): return True\n    def __index__(self): return 10**18\n",
    ),
    _returned(
        "a str of its own",
        "Returns a str subclass whose encoding is another text.",
        "Text('x')",
        prelude="class Text(str):\n    def encode(self, *args): return b'\\xff' * 9\n"
        "    def __eq__(self, other): return True\n",
    ),
    _returned(
        "a dict of its own",
        "Returns a dict subclass that has every key.",
        "Dict(a=1)",
        prelude="class Dict(dict):\n    def __getitem__(self, k): return 4.0\n    def items(self):\n"
        "        while True: yield 1, 1\n",
    ),
    _returned(
        "a list of its own",
        "Returns a list subclass that never ends.",
        "List([1.0])",
        prelude="class List(list):\n    def __iter__(self):\n        while True: yield 1.0\n"
        "    def __len__(self): return 4\n",
    ),
    _returned(
        "a lying class",
        "Returns an object whose __class__ says ndarray, and whose metaclass agrees.",
        "Fake()",
        prelude="""
class Meta(type):
    def __instancecheck__(cls, other): return True
    __name__ = property(lambda self: 1 / 0)
class Fake(metaclass=Meta):
    __class__ = property(lambda self: np.ndarray)
    dtype = np.dtype(float)
""",
    ),
    _returned("an object array", "Returns an array of Python objects.", "np.array([object(), print], dtype=object)"),
    _returned("a structured array", "Returns an array with fields.", "np.zeros(4, dtype=[('a', float), ('b', 'O')])"),
    _returned("a masked array", "Returns an array in which every entry is masked.", "np.ma.masked_all(4)"),
    _returned("a matrix", "Returns a matrix where an array is expected.", "np.matrix(np.zeros((1, 4)))"),
    _returned("dates", "Returns dates.", "np.array(['2020-01-01'] * 4, dtype='datetime64[D]')"),
    _returned("not a number", "Returns NaN, hoping that no comparison fails.", "np.full(np.shape(args[0]), np.nan)"),
    _returned(
        "one NaN object", "Returns a list of the very same NaN, which equals itself in lists.", "[float('nan')] * 4"
    ),
    _returned("an empty array", "Returns an empty array, of which everything holds.", "np.empty((0, 4))"),
    _returned(
        "an empty array of great shape",
        "Returns nothing in a shape that a product makes large.",
        "np.empty((0, 2**40))",
        verdict="no answer",
    ),
    _returned("True", "Returns True instead of a number.", "True"),
    _returned("infinity", "Returns an infinity, which swallows differences.", "complex('inf+infj')"),
    _returned(
        "a cyclic list", "Returns a list that contains itself.", "loop", prelude="loop = [1.0]\nloop.append(loop)\n"
    ),
    _returned(
        "a cyclic dict",
        "Returns a dict that contains itself.",
        "loop",
        prelude="loop = {}\nloop['x'] = (loop, [loop])\n",
    ),
    _returned(
        "a cyclic object array",
        "Returns an array that contains itself.",
        "loop",
        prelude="loop = np.empty(1, dtype=object)\nloop[0] = loop\n",
    ),
    _returned(
        "a deep list",
        "Returns lists nested a hundred thousand deep.",
        "deep",
        prelude="deep = []\nfor _ in range(10**5):\n    deep = [deep]\n",
    ),
    _returned(
        "a huge array",
        "Returns more bytes than one result may have.",
        "np.zeros(4 * 2**20)",
        verdict="(limit reply)",
    ),
    _returned(
        "a view of a terabyte",
        "Returns a broadcast array that takes no memory until it is copied.",
        "np.broadcast_to(0.0, (2**20, 2**20))",
        verdict="(limit memory)",
    ),
    _returned("a huge text", "Returns a text of many megabytes.", "'x' * 2**24", verdict="(limit reply)"),
    _returned("a huge integer", "Returns an integer of a million digits, slow to print.", "10**10**6"),
    _returned("many values", "Returns a list of millions of small things, costly as objects.", "[[]] * (2**20 + 1)"),
    _returned(
        "colliding keys",
        "Returns a dict whose keys all have the same hash, so that building it takes hours.",
        "{i * (2**61 - 1): 0 for i in range(20, 3000)}",
        verdict="no answer",
    ),
    Attack("an endless generator", FAMILY, "Yields for ever.", body="while True:\n    yield 1.0"),
    Attack(
        "an endless generator of handles",
        FAMILY,
        "Is an object that yields new objects for ever.",
        cell="class @NAME@:\n    def __init__(self, *args): pass\n    def __iter__(self):\n"
        "        while True: yield object()\n    def __len__(self): return 10**18",
    ),
    _returned(
        "an iterator with a great length",
        "Returns an iterator that promises 10**15 entries.",
        "Hint()",
        prelude="class Hint:\n    def __length_hint__(self): return 10**15\n    def __len__(self): return 10**15\n"
        "    def __iter__(self): return self\n    def __next__(self): raise StopIteration\n"
        "    def __getitem__(self, i): return 1.0\n",
    ),
    Attack("a coroutine", FAMILY, "Is a coroutine function.", cell="async def @NAME@(*args):\n    return args[0]"),
    _returned(
        "a coroutine awaiting itself",
        "Returns a running generator that yields itself.",
        "loop",
        prelude="def make():\n    yield loop\nloop = make()\nnext(loop)\n",
    ),
    _returned(
        "a pickled command",
        "Returns an object whose pickle runs a program where it is loaded.",
        "Bomb()",
        prelude="class Bomb:\n    def __reduce__(self):\n        import os\n"
        "        return os.system, ('touch /tmp/owned',)\n"
        "    __reduce_ex__ = lambda self, protocol: self.__reduce__()\n",
    ),
    _returned(
        "pickled bytes",
        "Returns the bytes of a pickle that runs a program, in case that somebody loads them.",
        "b\"cos\\nsystem\\n(S'touch /tmp/owned'\\ntR.\"",
    ),
    _returned(
        "a handle of another's",
        "Returns the stand-in for an object that it never had.",
        "Handle(10**9, 'x', True)",
        prelude="from grading.sandbox.wire import Handle\n",
    ),
    _returned(
        "an object with a terrible getattr",
        "Returns an object of which every look raises.",
        "Terrible()",
        prelude="class Terrible:\n    def __getattribute__(self, name): raise SystemExit(name)\n",
    ),
    _returned(
        "a mock",
        "Returns a mock, which has every attribute and every method.",
        "MagicMock()",
        prelude="from unittest.mock import MagicMock\n",
    ),
    _returned("a module", "Returns NumPy itself.", "np"),
    _returned(
        "NotImplemented", "Returns NotImplemented, which hands the comparison to the other side.", "NotImplemented"
    ),
    _returned("an exception", "Returns an exception instead of raising it.", "AssertionError()"),
    _returned(
        "a tensor of lies",
        "Returns a Tensor whose data are a text.",
        "fake",
        prelude="import mlcore\nfake = mlcore.Tensor(np.zeros(4))\n"
        "try:\n    fake.data = 'not an array'\nexcept Exception:\n    pass\n",
    ),
]
