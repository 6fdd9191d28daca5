"""IPython turned against the checks: transformers, events, formatters, a patched shell."""

from grading.classroom.attack import Attack

FAMILY = "shell"
IP = "ip = get_ipython()\n"


def _hook(name: str, tries: str, before: str, **more) -> Attack:
    return Attack(name, FAMILY, tries, before=IP + before, **({"body": "return 0.0"} | more))


ATTACKS = [
    _hook(
        "an AST transformer",
        "Removes all assertions, and all tests, from every cell that follows.",
        """
import ast
class NoTests(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_FunctionDef(self, node):
        if node.name.startswith("test_"):
            node.body = [ast.Pass()]
        return node
ip.ast_transformers.append(NoTests())
""",
    ),
    _hook(
        "an AST transformer that hurts",
        "Makes every cell that follows raise, so that somebody else is to blame.",
        """
import ast
class Break(ast.NodeTransformer):
    def visit(self, node): raise KeyboardInterrupt
ip.ast_transformers.append(Break())
""",
        spoils="no later cell of this notebook can run",
    ),
    _hook(
        "an input transformer",
        "Rewrites the text of all cells that follow.",
        "ip.input_transformers_post.append(lambda lines: [l.replace('raise', 'pass #').replace('assert', 'pass #') "
        "for l in lines])",
    ),
    _hook(
        "a cleanup transformer",
        "Throws the text of the cells that follow away.",
        "ip.input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
        spoils="no later cell of this notebook runs",
    ),
    _hook(
        "events",
        "Listens to every cell and copies what it sees.",
        """
seen = []
ip.events.register("pre_run_cell", lambda info: seen.append(info.raw_cell))
ip.events.register("post_run_cell", lambda result: print("\\n".join(seen)))
ip.events.register("pre_execute", lambda: seen.append(str(ip.user_ns.get("reference"))))
""",
        after="print(seen)",
    ),
    _hook(
        "events that raise",
        "Raises from every event.",
        """
def stop(*args):
    raise SystemExit
for event in ("pre_run_cell", "post_run_cell", "pre_execute", "post_execute"):
    ip.events.register(event, stop)
""",
        spoils="no later cell of this notebook can run",
    ),
    _hook(
        "a formatter",
        "Displays every number as full points, in HTML.",
        """
ip.display_formatter.formatters["text/html"].for_type(float, lambda x: "<script>alert(4)</script>")
ip.display_formatter.formatters["text/plain"].for_type(float, lambda x, p, cycle: p.text("4.0 of 4.0 points"))
""",
        after="0.0",
    ),
    _hook(
        "a formatter that hurts",
        "Ends the process from a display formatter.",
        "ip.display_formatter.formatters['text/plain'].for_type(float, lambda x, p, cycle: __import__('os')._exit(0))",
        after="0.0",
        verdict="the code ended its own process",
    ),
    _hook(
        "a patched run_cell",
        "Replaces the function of the shell that runs cells.",
        "type(ip).run_cell = lambda self, *args, **kwargs: None",
        verdict="ended early",
        spoils="no later cell of this notebook can run",
    ),
    _hook(
        "a patched run",
        "Makes the shell say that every cell was fine.",
        "type(ip).run = lambda self, source, limit: {'outputs': [], 'error': None}",
        spoils="no later cell of this notebook runs",
    ),
    _hook(
        "a patched recorder",
        "Makes the recorder of outputs say anything.",
        """
html = {"output_type": "display_data", "data": {"text/html": "<script>1</script>"}}
ip.recorder.__class__.finished = lambda self: [html]
ip.recorder.__class__.stream = lambda self, name, text: None
""",
    ),
    _hook(
        "the display hook",
        "Replaces the display hook and the print function.",
        "import sys, builtins\nsys.displayhook = ip.displayhook = print\nbuiltins.print = lambda *args: None",
        spoils="the shell needs its own display hook to run a cell",
    ),
    _hook(
        "tracing",
        "Watches everything that runs.",
        "import sys\nsys.settrace(lambda *args: None)\n"
        "sys.setprofile(lambda frame, event, arg: frame.f_locals.pop('expected', None))",
    ),
    _hook(
        "a reset",
        "Clears the namespace.",
        "ip.run_line_magic('reset', '-f')",
        spoils="the names of the setup cell are gone",
    ),
    _hook(
        "another namespace",
        "Gives the shell a namespace that has every name.",
        "class Every(dict):\n    def __missing__(self, key): return 4.0\nip.user_ns = Every(ip.user_ns)",
        spoils="the shell runs the cells in a namespace of its own",
    ),
    _hook(
        "a magic of its own",
        "Redefines magics.",
        "ip.register_magic_function(lambda line, cell=None: 4.0, 'line_cell', 'time')\nip.run_line_magic('time', '1')",
    ),
    _hook("exit", "Leaves IPython.", "exit()\nquit()"),
    _hook(
        "programs",
        "Starts other programs from the shell.",
        "ip.system('touch /tmp/owned; cat /etc/passwd')\nprint(ip.getoutput('id'))\n"
        "ip.run_cell_magic('bash', '', 'echo $HOME')",
    ),
]
