"""A student's process: performs the cells, keeps what they define, then answers the judge's calls with data."""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import random
import socket
import warnings

import numpy as np

from grading.sandbox.limits import Limits
from grading.sandbox.session import Session
from grading.sandbox.shell import RecordingShell
from grading.sandbox.wire import HEADER, frame

USED = ("mlcore", "sklearn.datasets")  # by notebooks; whatever is imported here costs no submission its time


def warm_up() -> RecordingShell:
    """Import what notebooks use and make the shell; runs once, in the warm process."""
    import matplotlib

    matplotlib.use("module://matplotlib_inline.backend_inline")
    import matplotlib.pyplot as plt
    from matplotlib_inline.backend_inline import configure_inline_support

    plt.figure()  # finds fonts and fills caches once for all
    plt.close("all")
    for package in USED:
        with contextlib.suppress(ImportError):
            importlib.import_module(package)
    warnings.filterwarnings("ignore", message="To exit: use")  # what IPython says of sys.exit()
    shell = RecordingShell.instance()
    configure_inline_support(shell, "module://matplotlib_inline.backend_inline")
    shell.run("import numpy\nnumpy.ones((2, 2)) @ numpy.ones((2, 2))", 1000)
    shell.reset(new_session=False)
    return shell


def serve(connection: socket.socket, shell: RecordingShell, limits: Limits) -> None:
    """Answer requests until the judge closes the connection."""
    random.seed(0)
    np.random.seed(0)
    session = Session(limits, lambda source: shell.run(source, limits.output * 1024), shell.user_ns)
    stream, process = connection.makefile("rb"), os.getpid()
    while True:
        header = stream.read(HEADER.size)
        if len(header) < HEADER.size:
            os._exit(0)
        (length,) = HEADER.unpack(header)
        request = pickle.loads(stream.read(length))  # from the judge: trusted
        shell.recorder.__init__(limits.output * 1024)
        answer = session.answer(request)
        if os.getpid() != process:  # a fork that student code let run on
            os._exit(0)
        connection.sendall(frame(answer))
