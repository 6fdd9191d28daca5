"""Outputs and texts that would run, or reach out, in the browser of whoever reads the graded notebook."""

import base64
import struct

from grading.classroom.attack import Attack

FAMILY = "browser"
SCRIPT = "<script>alert(1)</script>"
SVG = "<svg onload=alert(1)><script>alert(1)</script></svg>"
NOTE = """<script>alert(1)</script> < script>alert(1)</script> <img src=x onerror=alert(1)> <svg/onload=alert(1)>
<iframe src="javascript:alert(1)"></iframe> <a href="javascript:alert(1)">x</a> <!-- x -->
<style>*{display:none}</style>

[a](javascript:alert(1)) [b](javascript\\:alert(1)) [c](&#106;avascript:alert(1)) [d](javascript&colon;alert(1))
[e](<\tjava\tscript:alert(1)>) [f](JaVaScRiPt:alert(1)) [g](vbscript:x) [h](data:text/html;base64,PHNjcmlwdD4=)
[i](java&Tab;script:alert(1)) [j][k] [l](http://x.example "\\"onmouseover=alert(1)") <javascript:alert(1)>

[k]: javascript\\:alert(1)

![x](http://tracker.example/x.png) ![x][t] ![x](data:image/svg+xml;base64,PHN2Zz4=)

[t]: http://tracker.example/y.png

$\\href{javascript:alert(1)}{x}$ $\\style{position:fixed}{x}$ $\\require{html}$
$\\mmlToken{mi}[href="javascript:alert(1)"]{x}$
$\\def\\x{\\href}\\unicode[x]{99}$ $$<img src=x onerror=alert(1)>$$
\\begin{equation}<img src=x onerror=alert(1)>\\end{equation}

```html
<script>alert(1)</script>
```
"""


def _picture(width: int, height: int, rest: bytes = b"") -> str:
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0)
    return base64.b64encode(start + bytes(8) + rest).decode()


def _claimed(name: str, tries: str, *outputs: dict, **more) -> Attack:
    """Hand in a file whose cells claim these outputs."""
    return Attack(name, FAMILY, tries, outputs=list(outputs), **more)


def _display(**data: object) -> dict:
    data = {kind.replace("_", "/", 1).replace("__", "+"): value for kind, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


ATTACKS = [
    Attack(
        "displayed HTML",
        FAMILY,
        "Displays HTML, SVG, JavaScript, Markdown and LaTeX.",
        prelude=f"""
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display
display(HTML({SCRIPT!r}), Javascript("alert(1)"), Markdown("[x](javascript:alert(1)) {SCRIPT}"))
display(Latex("$\\\\href{{javascript:alert(1)}}{{x}}$"))
display({{"image/svg+xml": {SVG!r}, "text/html": {SCRIPT!r}, "application/javascript": "alert(1)"}}, raw=True)
""",
    ),
    Attack(
        "magics",
        FAMILY,
        "Runs the magics that show HTML and JavaScript.",
        prelude=f"get_ipython().run_cell_magic('html', '', {SCRIPT!r})\n"
        f"get_ipython().run_cell_magic('javascript', '', 'alert(1)')\nget_ipython().run_cell_magic('svg', '', {SVG!r})",
    ),
    Attack(
        "printed HTML",
        FAMILY,
        "Prints HTML and the sequences that terminals obey.",
        prelude=f"print({SCRIPT!r}, '\\x1b]0;owned\\x07\\x1b[2J', {SVG!r})",
    ),
    Attack(
        "a representation",
        FAMILY,
        "Returns objects that show themselves as HTML.",
        body=f"return type('X', (), {{'_repr_html_': lambda self: {SCRIPT!r}, '__repr__': lambda self: {SCRIPT!r}}})()",
        after="@NAME@()",
    ),
    Attack(
        "raised HTML",
        FAMILY,
        "Raises errors whose class and text are HTML.",
        body=f"raise type({SCRIPT!r}, (ValueError,), {{}})({SVG!r} + '\\x1b[2J\\x1b]0;owned\\x07')",
    ),
    Attack(
        "raised in a cell",
        FAMILY,
        "Ends its cell with an error that is HTML.",
        prelude=f"raise type({SCRIPT!r}, (Exception,), {{}})({SVG!r})",
    ),
    Attack(
        "a type's name",
        FAMILY,
        "Returns an object whose class is named in HTML.",
        body=f"return type({SCRIPT!r}, (), {{}})()",
    ),
    Attack("a text", FAMILY, "Writes a text cell full of everything that a browser might run.", note=NOTE),
    _claimed(
        "claimed HTML",
        "Hands in a file whose outputs are HTML, JavaScript and SVG.",
        _display(text_html=SCRIPT, text_plain="x"),
        _display(application_javascript="alert(1)"),
        _display(image_svg__xml=[SVG]),
        _display(text_markdown=NOTE),
        _display(text_latex="$\\href{x}{y}$"),
    ),
    _claimed(
        "claimed pictures",
        "Hands in pictures that are too large, none, or of a kind that runs.",
        _display(image_png=_picture(2**31 - 1, 2**31 - 1)),
        _display(image_png="not a picture"),
        _display(image_png=base64.b64encode(SVG.encode()).decode()),
        _display(image_png=[1, None]),
        _display(image_png='" onerror="alert(1)'),
        _display(image_jpeg='"><script>alert(1)</script>'),
        _display(image_png=_picture(9, 9, SVG.encode())),
    ),
    _claimed(
        "claimed widgets",
        "Hands in outputs of widgets and of kinds that nobody knows.",
        _display(**{"application_vnd.jupyter.widget-view+json": {"model_id": SCRIPT}}),
        {"output_type": "update_display_data", "data": {"text/html": SCRIPT}, "metadata": {}},
        {"output_type": SCRIPT},
        {"output_type": "stream", "name": SCRIPT, "text": SCRIPT},
    ),
    _claimed(
        "claimed errors",
        "Hands in an error whose traceback is HTML.",
        {"output_type": "error", "ename": SCRIPT, "evalue": SVG, "traceback": [SCRIPT, SVG, "\x1b[31m" + SCRIPT]},
    ),
    _claimed(
        "claimed results",
        "Hands in the table of a check that says full points.",
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "metadata": {},
            "data": {"text/html": "<div class='mlcourse-report'>4 of 4 checks hold</div>", "text/plain": "4.0"},
        },
    ),
    _claimed(
        "many claimed outputs",
        "Hands in thousands of outputs a cell.",
        *[{"output_type": "stream", "name": "stdout", "text": "x" * 99} for _ in range(2000)],
    ),
]
