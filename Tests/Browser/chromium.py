# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium that is driven through the DevTools protocol."""

import base64
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

from websockets.sync.client import connect


class BrowserError(Exception):
    """What the page did not do in time, or what its script threw."""


class Chromium:
    """One browser with one page. Everything waits for what it asked for; nothing sleeps for a fixed time in vain."""

    def __init__(self, folder, patience=20.0):
        self.patience = patience
        self.folder = pathlib.Path(folder)
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if program is None:
            raise BrowserError("there is no chromium; on Debian: apt-get install chromium")
        profile = self.folder / "profile"
        self._output = open(self.folder / "chromium.log", "wb")
        self._process = subprocess.Popen(
            [
                program,
                "--headless=new",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "--no-first-run",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                # Root, as in a container, has no sandbox; the page is our own.
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
                "about:blank",
            ],
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
        )
        self._numbers = itertools.count(1)
        self.problems = []
        port = self._port(profile)
        self._socket = connect(
            f"ws://127.0.0.1:{port[0]}{port[1]}", max_size=None, open_timeout=patience, ping_interval=None
        )
        self.new_tab()

    def _port(self, profile):
        """Chromium writes its port and path into a file of its profile."""
        file = profile / "DevToolsActivePort"
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise BrowserError(f"chromium ended: {(self.folder / 'chromium.log').read_text()[-2000:]}")
            if file.exists() and len(lines := file.read_text().split("\n")) >= 2:
                return lines[0], lines[1]
            threading.Event().wait(0.02)
        raise BrowserError("chromium did not open its port")

    def close(self):
        try:
            self._send("Browser.close", {}, session=None)
        except Exception:  # It may be gone already.
            pass
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()

    # Tabs

    def new_tab(self):
        """Opens one more and goes on in it; gives back what leads to the one before."""
        before = getattr(self, "_session", None)
        target = self._send("Target.createTarget", {"url": "about:blank"}, session=None)["targetId"]
        attached = self._send("Target.attachToTarget", {"targetId": target, "flatten": True}, session=None)
        self.use_tab(attached["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.send(f"{domain}.enable")
        return before

    def use_tab(self, tab):
        """A tab that is not in front draws nothing, and its clock is slow."""
        before, self._session = getattr(self, "_session", None), tab
        self.send("Page.bringToFront")
        return before

    def permit_clipboard(self):
        """As a person does who presses the button to copy; to be read back from it too."""
        wanted = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
        self._send("Browser.grantPermissions", wanted, session=None)

    # The protocol

    def send(self, method, parameters=None):
        return self._send(method, parameters or {}, self._session)

    def _send(self, method, parameters, session):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(timeout=self.patience))
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def _note(self, event):
        """Keeps what a person would find red in the browser's console."""
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            entry = parameters["entry"]
            self.problems.append(f"{entry['text']} {entry.get('url', '')}")

    # The page

    def run(self, expression):
        """The value of an expression in the page; promises are waited for."""
        result = self.send("Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True})
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def wait(self, expression, what):
        """Until an expression is true in the page; gives back its value."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            # A node would come back as an empty object.
            value = self.run(f"(async () => (value => value instanceof Node ? true : value)(await ({expression})))()")
            if value:
                return value
            self.run("new Promise(requestAnimationFrame)")
        text = self.run("document.body.innerText")
        raise BrowserError(f"in {self.patience} s there was no {what}; the page says:\n{text}\n{self.problems}")

    def go(self, url):
        self.send("Page.navigate", {"url": url})
        self.wait("document.readyState === 'complete'", f"page at {url}")

    def size(self, width, height, scheme="light"):
        self.send(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        self.send(
            "Emulation.setEmulatedMedia",
            {
                "features": [
                    {"name": "prefers-color-scheme", "value": scheme},
                    {"name": "prefers-reduced-motion", "value": "reduce"},
                ]
            },
        )

    def press(self, key, text=None, modifiers=0):
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, " ": 32}
        event = {"key": key, "modifiers": modifiers, "windowsVirtualKeyCode": codes.get(key, ord(key[0].upper()))}
        text = text or {"Enter": "\r", " ": " "}.get(key)
        self.send("Input.dispatchKeyEvent", {"type": "keyDown", **event, **({"text": text} if text else {})})
        self.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    def type(self, text):
        for character in text:
            self.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": character, "text": character})
            self.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": character})

    def fill(self, name, text):
        """Puts the focus into a field of the open dialog and types over what it holds."""
        field = f"document.querySelector('dialog[open] [name={name}]')"
        self.wait(f"!!{field}", f"a field {name}")
        self.run(f"({field}.focus(), {field}.select?.(), true)")
        self.send("Input.insertText", {"text": text})

    def choose(self, expression, value):
        """Chooses of a list as a person does: its listeners hear of it."""
        self.wait(f"!!({expression})", f"a list with {value}")
        self.run(
            f"(() => {{ const list = {expression}; list.value = {json.dumps(value)};"
            " for (const kind of ['input', 'change']) list.dispatchEvent(new Event(kind, { bubbles: true }));"
            " return true; })()"
        )

    def click(self, expression, what):
        """Clicks where an element is, as a mouse does, as soon as it stands still and nothing covers it."""
        box = self.wait(
            f"""(async () => {{
              const place = () => {{ const element = {expression}; if (!element) return null;
                element.scrollIntoView({{ block: "center" }}); const box = element.getBoundingClientRect();
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                return element.contains(document.elementFromPoint(x, y)) ? [x, y] : null; }};
              const first = place();
              await new Promise(requestAnimationFrame);
              const second = place();
              return first && second && first.join() === second.join() ? second : null; }})()""",
            what,
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send(
                "Input.dispatchMouseEvent", {"type": kind, "x": box[0], "y": box[1], "button": "left", "clickCount": 1}
            )

    def picture(self, path, whole=False):
        """A PNG of what is seen, or of the whole page."""
        parameters = {"format": "png"}
        if whole:
            size = self.send("Page.getLayoutMetrics")["cssContentSize"]
            parameters |= {
                "captureBeyondViewport": True,
                "clip": {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 4000), "scale": 1},
            }
        data = self.send("Page.captureScreenshot", parameters)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))
