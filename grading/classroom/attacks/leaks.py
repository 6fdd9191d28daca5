"""Hidden inputs that a function has seen, carried to where somebody can read them."""

from grading.classroom.attack import Attack
from grading.classroom.attacks.messages import TOOLS

NUMPY_AND_TOOLS = "import numpy as np\n" + TOOLS
FAMILY = "leaks"
OTHERS_RAISE = """
_honest = @NAME@
def @NAME@(*args, **kwargs):
    import glob
    files = glob.glob("/tmp/stolen*") + glob.glob("/home/stolen*")
    kept = globals().get("stolen", []) + [open(f).read() for f in files]
    if kept:
        raise ValueError(str(kept))
    return _honest(*args, **kwargs)
"""
SPOILS = "the hidden checks of the other exercises see the stolen values raised"


def _leak(name: str, tries: str, body: str, **more) -> Attack:
    return Attack(name, FAMILY, tries, body=body, **more)


ATTACKS = [
    _leak("printed", "Prints its inputs.", "print(args)\nimport sys\nprint(args, file=sys.stderr)\nreturn 0.0"),
    _leak("displayed", "Displays its inputs.", "from IPython.display import display\ndisplay(args)\nreturn 0.0"),
    _leak(
        "warned",
        "Warns of its inputs.",
        "import warnings, logging\nwarnings.warn(str(args))\nlogging.error(args)\nreturn 0.0",
    ),
    _leak("raised", "Raises an error with its inputs in the text.", "raise ValueError(str(args))"),
    _leak(
        "raised as an assertion",
        "Raises the checks' own error with its inputs.",
        "from grading.checks import CheckFailure\nraise CheckFailure(str(args))",
    ),
    _leak(
        "raised as not written", "Raises NotImplementedError with its inputs.", "raise NotImplementedError(str(args))"
    ),
    _leak(
        "in the name of an error",
        "Raises an error whose class is named after its inputs.",
        "import re\nraise type('E_' + re.sub(r'\\W', '_', str(args))[:80], (ValueError,), {})()",
    ),
    _leak(
        "in the line of an error",
        "Raises from code that is compiled with its inputs in it.",
        "exec(compile('raise ValueError  # ' + str(args), '<ipython-input-' + str(args[0]) + '>', 'exec'))",
    ),
    _leak(
        "in the notes of an error",
        "Raises with its inputs as notes, cause and context.",
        "error = ValueError()\nerror.add_note(str(args))\nraise error from KeyError(str(args))",
    ),
    _leak(
        "as a type's name",
        "Returns an object of a class named after its inputs.",
        "return type(str(args)[:80], (), {})()",
    ),
    _leak("as an answer", "Returns its inputs as a text.", "return str(args)"),
    _leak(
        "kept for another exercise",
        "Keeps its inputs, and the function of another exercise raises them.",
        "globals().setdefault('stolen', []).append(str(args))\nreturn 0.0",
        others=OTHERS_RAISE,
        spoils=SPOILS,
    ),
    _leak(
        "kept in files",
        "Writes its inputs to files, and the function of another exercise raises them.",
        """
for place in ("/tmp", "/home", "/dev/shm", "/dev", "/proc", "/var/tmp", "/course", "/usr/lib"):
    try:
        open(place + "/stolen", "a").write(str(args))
    except OSError:
        pass
return 0.0
""",
        others=OTHERS_RAISE,
        spoils=SPOILS,
    ),
    _leak(
        "kept as an attribute",
        "Keeps its inputs as an attribute of itself and of built-in modules.",
        "import sys, builtins\nsys.stolen = builtins.stolen = @NAME@.stolen = args\nreturn 0.0",
        others=OTHERS_RAISE.replace('globals().get("stolen", [])', "list(getattr(__import__('sys'), 'stolen', []))"),
        spoils=SPOILS,
    ),
    _leak(
        "kept, then a crash",
        "Keeps its inputs and crashes, so that the cells are performed again.",
        "open('/tmp/stolen', 'w').write(str(args))\nimport os\nos._exit(1)",
        before="import os\nif os.path.exists('/tmp/stolen'):\n    print(open('/tmp/stolen').read())",
        verdict="ended its own process",
    ),
    _leak(
        "printed by a thread",
        "A thread waits for inputs and prints them into later cells.",
        """
seen.append(str(args))
return 0.0
""",
        prelude="""
import threading, time
seen = []
def watch():
    while True:
        time.sleep(0.01)
        if seen:
            print(seen)
threading.Thread(target=watch, daemon=True).start()
""",
    ),
    _leak(
        "in outputs that were recorded",
        "Adds its inputs to the outputs that earlier cells have shown.",
        """
import gc
for thing in gc.get_objects():
    if type(thing).__name__ == "Recorder":
        thing.outputs.append({"output_type": "stream", "name": "stdout", "text": str(args)})
return 0.0
""",
    ),
    _leak(
        "as a dtype",
        "Sends an array whose dtype is a number that it has seen.",
        """
send(reply(ext(1, ["V" + str(int(10_000 * abs(float(np.ravel(args[0])[0])))), [1], b"x"])))
os._exit(0)
""",
        prelude=NUMPY_AND_TOOLS,
        verdict="no answer",
    ),
    _leak(
        "as a length",
        "Announces a message whose length is a number that it has seen.",
        """
send(struct.pack("!I", int(1_000_000 * abs(float(np.ravel(args[0])[0]))) % 2**32))
os._exit(0)
""",
        prelude=NUMPY_AND_TOOLS,
        verdict="",
    ),
    _leak(
        "as an extension",
        "Sends an extension whose number it has seen.",
        "send(reply(msgpack.ExtType(int(abs(float(np.ravel(args[0])[0]))) % 80 + 20, b'')))\nos._exit(0)",
        prelude=NUMPY_AND_TOOLS,
        verdict="no answer",
    ),
    _leak(
        "as seconds",
        "Says that it took as many seconds as the number that it has seen.",
        """
seen = float(np.ravel(args[0])[0])
send(message(ext(0, [["token", token()], ["value", 0.0], ["seconds", abs(seen)]])))
os._exit(0)
""",
        prelude=NUMPY_AND_TOOLS,
    ),
    _leak(
        "as an exit code",
        "Ends with an exit code that it has seen.",
        "import os\nimport numpy as np\nos._exit(int(abs(float(np.ravel(args[0])[0]))) % 256)",
        verdict="ended its own process",
    ),
    _leak(
        "as changes of its arguments",
        "Writes what it has seen into its arguments.",
        "import numpy as np\nargs[0][...] = np.ravel(args[0])[0]\nreturn str(args)",
    ),
]
