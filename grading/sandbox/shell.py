"""An IPython shell that records what a cell shows, as nbformat outputs in order."""

from __future__ import annotations

import base64
import io
import sys
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from grading.sandbox.session import message_of, student_frames

SHOWN = ("text/plain", "image/png", "image/jpeg", "text/latex")


class OutputLimit(BaseException):
    """A cell printed more than it may; no ``except Exception`` of a student holds it up."""


class Recorder:
    """The outputs of one cell, in nbformat's form, with a bound on the text."""

    def __init__(self, limit: int):
        self.outputs: list[dict[str, Any]] = []
        self._left = limit

    def stream(self, name: str, text: str) -> None:
        """Take printed text; beyond the limit, cut it and end the cell."""
        self._left -= len(text)
        if self._left < 0:
            text = text[: max(0, len(text) + self._left)]
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["pieces"].append(text)
        else:
            self.outputs.append({"output_type": "stream", "name": name, "pieces": [text]})
        if self._left < 0:
            raise OutputLimit

    def display(self, data: dict[str, Any], *, result: bool = False) -> None:
        """Take something displayed (or a cell's value): the representations that can be shown safely."""
        kept = {}
        for kind in SHOWN:
            value = data.get(kind)
            if isinstance(value, bytes):
                value = base64.b64encode(value).decode()
            if isinstance(value, str):
                if kind.startswith("text"):
                    value, self._left = value[: max(0, self._left)], self._left - len(value)
                kept[kind] = value
        if kept:
            self.outputs.append({"output_type": "execute_result" if result else "display_data", "data": kept})
        if self._left < 0:
            raise OutputLimit

    def finished(self) -> list[dict[str, Any]]:
        """Return the outputs with their texts joined."""
        for output in self.outputs:
            if "pieces" in output:
                output["text"] = "".join(output.pop("pieces"))
        return self.outputs


class _Stream(io.TextIOBase):
    def __init__(self, shell: RecordingShell, name: str):
        self._shell, self.name = shell, name

    encoding = "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.recorder.stream(self.name, text)
        return len(text)


class _Hook(DisplayHook):
    def __call__(self, result: Any = None) -> None:
        self.check_for_underscore()
        if result is not None and not self.quiet():
            data, _ = self.compute_format_data(result)
            self.shell.recorder.display(data, result=True)


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, **_: Any) -> None:
        self.shell.recorder.display(data)


class RecordingShell(InteractiveShell):
    """InteractiveShell without history, terminal or pretty tracebacks (these cost more than most cells)."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def __init__(self, **kwargs: Any):
        self.recorder = Recorder(0)
        super().__init__(config=Config(HistoryManager={"enabled": False}), **kwargs)

    def showtraceback(self, *_: Any, **__: Any) -> None:
        """Leave errors to :meth:`run`."""

    showsyntaxerror = showindentationerror = showtraceback

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no screen."""

    def system(self, cmd: str) -> None:
        """There are no other programs here: say so, and let the cell go on."""
        print(f"not run here: !{cmd}", file=sys.stderr)
        self.user_ns["_exit_code"] = 127

    system_piped = system_raw = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> list[str] | str:
        """There are no other programs here: they say nothing."""
        self.system(cmd)
        return [] if split else ""

    def run(self, source: str, limit: int) -> dict[str, Any]:
        """Run one cell; return its outputs and how it ended."""
        self.recorder = Recorder(limit)
        sys.stdout, sys.stderr = _Stream(self, "stdout"), _Stream(self, "stderr")
        try:
            result = self.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as escaped:  # OutputLimit, or whatever a patched shell lets through
            error = escaped
        outputs = self.recorder.finished()
        if error is None:
            return {"outputs": outputs, "error": None}
        if not isinstance(error, OutputLimit):
            outputs.append(error_output(error))
        return {"outputs": outputs, "error": {"type": type(error).__name__, "message": message_of(error)}}


def error_output(error: BaseException) -> dict[str, Any]:
    """Return an nbformat error output with a short plain traceback."""
    lines = ["Traceback (most recent call last):"]
    for frame in student_frames(error)[-10:]:
        lines.append(f"  line {frame.lineno}, in {frame.name}\n    {frame.line}")
    if isinstance(error, SyntaxError) and error.text:
        lines.append(f"  line {error.lineno}\n    {error.text.rstrip()}")
        text = error.msg
    else:
        text = message_of(error)
    lines.append(f"{type(error).__name__}: {text}")
    return {"output_type": "error", "ename": type(error).__name__, "evalue": text, "traceback": lines}
