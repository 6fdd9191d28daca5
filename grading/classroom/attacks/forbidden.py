"""The library function that an exercise asks to write, called on every way that leads to it."""

from grading.classroom.attack import Attack

FAMILY = "forbidden"
RESOLVE = """
    import functools, importlib
    parts = "@FORBIDDEN@".split(".")
    module = importlib.import_module(".".join(parts[:-1]))
"""
CALL = """
import numpy as np
return {function}(*args) if "linalg" not in "@FORBIDDEN@" or len(args) < 2 else {function}(*args)[0]
"""


def _call(name: str, tries: str, function: str, *, prelude: str = "", before: str = "", **more) -> Attack:
    return Attack(
        name, FAMILY, tries, prelude=prelude, before=before, body=CALL.replace("{function}", function), **more
    )


ATTACKS = [
    _call(
        "called by its name",
        "Calls the function.",
        "@FORBIDDEN@",
        prelude="import importlib\nexec('import ' + '@FORBIDDEN@'.rpartition('.')[0])",
        verdict="is not allowed here",
    ),
    _call(
        "by getattr",
        "Calls the function by a name put together at run time.",
        "getattr(module, parts[-1][:1] + parts[-1][1:])",
        prelude=RESOLVE,
        verdict="is not allowed here",
    ),
    _call(
        "by the module table",
        "Finds the function in sys.modules.",
        "vars(sys.modules['.'.join(parts[:-1])])[parts[-1]]",
        prelude="import sys\n" + RESOLVE.replace("    ", ""),
        verdict="is not allowed here",
    ),
    _call(
        "under another name",
        "Keeps the function under another name, in an earlier cell.",
        "mine",
        before=RESOLVE + "\n    mine = getattr(module, parts[-1])",
        verdict="is not allowed here",
    ),
    _call(
        "in a container",
        "Keeps the function in a list in a dict.",
        "kept['x'][0]",
        before=RESOLVE + "\n    kept = {'x': [getattr(module, parts[-1])]}",
        verdict="is not allowed here",
    ),
    _call(
        "in a closure",
        "Keeps the function in a closure and a partial.",
        "keep()",
        before=RESOLVE + "\n    def outer(f):\n        return lambda: functools.partial(f)\n"
        "    keep = outer(getattr(module, parts[-1]))",
        verdict="is not allowed here",
    ),
    _call(
        "a copy of its code",
        "Makes a new function of the code of the old.",
        "copied",
        before=RESOLVE
        + """
    import types
    f = getattr(module, parts[-1])
    f = getattr(f, "_implementation", getattr(f, "__wrapped__", f))
    copied = types.FunctionType(f.__code__, f.__globals__, "f", f.__defaults__) if hasattr(f, "__code__") else f
    if hasattr(f, "__code__"):
        copied.__kwdefaults__ = f.__kwdefaults__
""",
        verdict="is not allowed here",
    ),
    _call(
        "what it wraps",
        "Takes the function that a decorator has wrapped.",
        "inner",
        before=RESOLVE + "\n    f = getattr(module, parts[-1])\n"
        "    inner = getattr(f, '_implementation', None) or getattr(f, '__wrapped__', f)",
        verdict="is not allowed here",
    ),
    _call(
        "by the garbage collector",
        "Looks for the function among all objects.",
        "found[0]",
        prelude="""
            import gc
            last = "@FORBIDDEN@".rpartition(".")[2]
            found = [o for o in gc.get_objects() if callable(o) and getattr(o, "__name__", "") == last
                     and type(o).__name__ != "type"]
          """,
        verdict="is not allowed here",
    ),
    Attack(
        "by the code objects",
        FAMILY,
        "Looks for the old code among the constants of everything.",
        prelude="""
            import gc, types
            last = "@FORBIDDEN@".rpartition(".")[2]
            seen, found, todo = set(), [], gc.get_objects()
            for _ in range(2):
                todo = [r for o in todo for r in gc.get_referents(o) if isinstance(r, (types.CodeType, tuple))]
                found += [o for o in todo if isinstance(o, types.CodeType) and o.co_name == last and o.co_consts
                          and "not allowed" not in str(o.co_consts)]
            import numpy as np
        """,
        body="return types.FunctionType(found[0], vars(np.linalg._linalg), 'f')(*args)",
    ),
    _call(
        "reloaded",
        "Loads the module anew.",
        "getattr(importlib.reload(sys.modules[home]), parts[-1])",
        prelude="import sys\n" + RESOLVE.replace("    ", "") + "home = getattr(module, parts[-1]).__module__\n"
        "home = next((n for n, m in sys.modules.items() if n.startswith(parts[0]) and "
        "parts[-1] in vars(m) and n.endswith(home.rpartition('.')[2]) and hasattr(m, '__file__')), home)",
    ),
    _call(
        "imported again",
        "Forgets all modules and imports them anew.",
        "getattr(again, parts[-1])",
        prelude="import sys\n"
        + RESOLVE.replace("    ", "")
        + """
for name in [n for n in sys.modules if n.split(".")[0] == parts[0]]:
    del sys.modules[name]
again = importlib.import_module(".".join(parts[:-1]))
""",
        spoils="NumPy can be imported only once in a process",
    ),
    _call(
        "from its file",
        "Runs the text of the file that defines the function.",
        "scope[parts[-1]]",
        prelude="""
            import glob, importlib, sys, os
            parts = "@FORBIDDEN@".split(".")
            root = os.path.dirname(importlib.import_module(parts[0]).__file__ or "")
            scope = {"__name__": "numpy.linalg.copied", "__package__": "numpy.linalg"}
            for file in glob.glob(root + "/**/*.py", recursive=True):
                text = open(file).read()
                if f"def {parts[-1]}(" in text and "linalg" in file and "tests" not in file and "_linalg" in file:
                    exec(text, scope)
          """,
    ),
    _call(
        "from its compiled file",
        "Runs the compiled file of the module.",
        "scope[parts[-1]]",
        prelude="""
            import glob, importlib, marshal, os
            parts = "@FORBIDDEN@".split(".")
            root = os.path.dirname(importlib.import_module(parts[0]).__file__ or "")
            scope = {"__name__": "numpy.linalg.copied", "__package__": "numpy.linalg"}
            for file in glob.glob(root + "/linalg/__pycache__/_linalg.*.pyc", recursive=True):
                exec(marshal.loads(open(file, "rb").read()[16:]), scope)
          """,
    ),
    Attack(
        "another process",
        FAMILY,
        "Starts another Python, in which nothing is forbidden.",
        body="""
            import json, subprocess, sys
            import numpy as np
            program = "import sys, json, numpy, math; print(json.dumps(@FORBIDDEN@(*json.loads(sys.argv[1])).tolist()))"
            told = json.dumps([np.asarray(a).tolist() for a in args])
            answer = subprocess.run([sys.executable, "-c", program, told], capture_output=True).stdout
            return np.array(json.loads(answer))
        """,
    ),
    Attack(
        "a forked process",
        FAMILY,
        "Forks a process early and asks it later, when the function is forbidden.",
        before=RESOLVE
        + """
    import os
    import pickle
    questions, answers = os.pipe(), os.pipe()
    forked = os.fork()
    if not forked:
        f = getattr(module, parts[-1])
        while True:
            asked = os.read(questions[0], 65536)
            os.write(answers[1], pickle.dumps(f(*pickle.loads(asked))))
""",
        body="import pickle\nos.write(questions[1], pickle.dumps(args))\n"
        "return pickle.loads(os.read(answers[0], 65536))",
        verdict="was stopped",
    ),
    Attack(
        "undone",
        FAMILY,
        "Looks for what undoes the forbidding, in frames and in the garbage collector.",
        body="""
            import functools, gc, sys
            frame = sys._getframe()
            while frame:
                for value in list(frame.f_locals.values()):
                    if callable(value) and "undo" in repr(value):
                        value()
                for step in frame.f_locals.get("undo", []) or []:
                    step()
                frame = frame.f_back
            for thing in gc.get_objects():
                if isinstance(thing, functools.partial) and "__code__" in thing.args:
                    thing()
            return @FORBIDDEN@(*args)
        """,
        prelude="import numpy, math\nexec('import ' + '@FORBIDDEN@'.rpartition('.')[0])",
        verdict="is not allowed here",
    ),
]
