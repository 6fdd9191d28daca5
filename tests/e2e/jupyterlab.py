"""JupyterLab on a copy of the released notebooks, driven as a student drives it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "build" / "screenshots"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"]  # fmt: skip


@contextmanager
def lab(folder: Path) -> Iterator[str]:
    """Run JupyterLab on a copy of notebooks/ in ``folder``; yield its address."""
    work = folder / "notebooks"
    shutil.copytree(ROOT / "notebooks", work)
    settings = folder / "settings" / "@jupyterlab"
    _write(settings / "notebook-extension" / "tracker.jupyterlab-settings", {"windowingMode": "none"})
    _write(settings / "apputils-extension" / "notification.jupyterlab-settings", {"fetchNews": "false"})
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1",
        "--IdentityProvider.token=", f"--ServerApp.root_dir={work}", "--allow-root",
    ]  # fmt: skip
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=work)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api/status", server, folder / "server.log")
        yield address
    finally:
        server.terminate()
        server.wait(20)


def _write(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def _wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(120):
        if server.poll() is not None:
            raise RuntimeError(f"JupyterLab ended: {log.read_text()[-2000:]}")
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"JupyterLab did not answer: {log.read_text()[-2000:]}")


@contextmanager
def browser_page() -> Iterator[Page]:
    """Yield a page of headless Chromium."""
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        try:
            yield browser.new_page(viewport={"width": 1280, "height": 1000})
        finally:
            browser.close()


class Notebook:
    """An open notebook.

    Parameters
    ----------
    page : Page
    address : str
        The server's.
    path : str
        Below the folder of notebooks.
    """

    def __init__(self, page: Page, address: str, path: str):
        self.page = page
        page.goto(f"{address}/lab/tree/{path}?reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        self.page.wait_for_selector(".jp-Notebook .jp-MarkdownOutput h1", timeout=30_000)
        expect(page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle", timeout=60_000)

    def cell(self, text: str) -> Locator:
        """Return the first code cell whose text contains this."""
        return self.page.locator(".jp-CodeCell").filter(has_text=text).first

    def write(self, text: str, code: str) -> None:
        """Put ``code`` into the cell that contains ``text``."""
        editor = self.cell(text).locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)

    def run(self, text: str) -> Locator:
        """Run the cell that contains ``text``, wait, and return its outputs."""
        cell = self.cell(text)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        expect(cell.locator(".jp-InputPrompt").first).to_have_text(_RUN, timeout=90_000)
        return cell.locator(".jp-OutputArea-output")

    def run_all(self) -> None:
        """Run every cell, as the menu does."""
        self.page.click("text=Run >> nth=0")
        self.page.click(".lm-Menu-itemLabel:text-is('Run All Cells')")
        self.page.wait_for_timeout(1000)
        status = self.page.locator(".jp-Notebook-ExecutionIndicator")
        expect(status).to_have_attribute("data-status", "idle", timeout=180_000)

    def shoot(self, name: str, at: Locator | None = None) -> Path:
        """Save a picture of what is on the screen (scrolled to a cell)."""
        if at is not None:
            at.scroll_into_view_if_needed()
            self.page.wait_for_timeout(300)
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


_RUN = re.compile(r"\[\d+\]:")
