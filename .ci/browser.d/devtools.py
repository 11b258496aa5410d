"""Headless Chromium through its pipe: messages of the DevTools protocol, each ended by NUL. Standard library only."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time

# Seconds for one answer; a page of 5,000 rows takes a few on a busy machine.
PATIENCE_S = 120


class Browser:
    """A Chromium of its own profile, which goes with it."""

    def __init__(self, program="chromium"):
        self.profile = tempfile.mkdtemp(prefix="optrail-browser-")
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()
        os.set_blocking(self.read_end, False)

        def wire():
            # The browser reads from 3 and writes to 4. Moved up first, since either may stand in the other's place.
            os.dup2(to_browser, 23)
            os.dup2(from_browser, 24)
            os.dup2(23, 3)
            os.dup2(24, 4)

        # Its own sandbox cannot be made where this runs as root in a container; the pages are ours.
        self.process = subprocess.Popen(
            [
                program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                f"--user-data-dir={self.profile}", "--no-first-run", "--disable-component-update",
                "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars",
                "--font-render-hinting=none", "about:blank",
            ],
            close_fds=False, preexec_fn=wire,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.number = 0
        self.events = []

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        os.close(self.write_end)
        os.close(self.read_end)
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _message(self, deadline):
        while b"\0" not in self.buffer:
            if time.monotonic() > deadline:
                raise TimeoutError("the browser says nothing")
            if self.process.poll() is not None:
                raise RuntimeError(f"the browser ended with {self.process.returncode}")
            try:
                piece = os.read(self.read_end, 1 << 20)
            except BlockingIOError:
                time.sleep(0.005)
                continue
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        """The result of a method; what is told meanwhile is kept in `events`."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write_end, data):]
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self._message(deadline)
            if answer.get("id") != self.number:
                self.events.append(answer)
                continue
            if "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']}")
            return answer["result"]

    def wait_for(self, method, session):
        """Waits until the browser tells this."""
        deadline = time.monotonic() + PATIENCE_S
        seen = 0
        while True:
            for event in self.events[seen:]:
                if event.get("method") == method and event.get("sessionId") == session:
                    return event
            seen = len(self.events)
            self.events.append(self._message(deadline))


class Page:
    """One page, opened at one size and in one color scheme, and what the browser told about it."""

    def __init__(self, browser, url, width, height, scheme, media="screen"):
        self.browser = browser
        self.url = url
        self.width = width
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        browser.events.clear()
        for domain in ["Page", "Network", "Log", "Runtime", "Audits", "Accessibility"]:
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call(
            "Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        self.call("Page.navigate", url=url)
        browser.wait_for("Page.loadEventFired", self.session)

    def call(self, method, **parameters):
        return self.browser.call(method, session=self.session, **parameters)

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def value(self, expression):
        """What an expression is in the page; asked by the debugger, which the page's policy does not hold."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def told(self, method):
        return [
            event["params"]
            for event in self.browser.events
            if event.get("method") == method and event.get("sessionId") == self.session
        ]

    def complaints(self):
        """Messages on the console, what the policy refused, and requests for anything but the page itself."""
        found = [f"console: {one['args']}" for one in self.told("Runtime.consoleAPICalled")]
        found += [f"log: {one['entry']['text']}" for one in self.told("Log.entryAdded")]
        found += [f"issue: {one['issue']['code']} {json.dumps(one['issue']['details'])[:300]}" for one in self.told("Audits.issueAdded")]
        found += [
            f"request: {one['request']['url'][:200]}"
            for one in self.told("Network.requestWillBeSent")
            if one["request"]["url"] != self.url and not one["request"]["url"].startswith("data:")
        ]
        found += [f"exception: {one}" for one in self.told("Runtime.exceptionThrown")]
        return found

    def picture(self, path, height_max=6000):
        # On a screen as high as the picture: beyond its own, Chromium would draw all of a page, which may be a mile long.
        height = min(self.call("Page.getLayoutMetrics")["cssContentSize"]["height"], height_max)
        self.call(
            "Emulation.setDeviceMetricsOverride", width=self.width, height=height, deviceScaleFactor=1, mobile=self.width < 600
        )
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def pdf(self, path):
        data = base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])
        with open(path, "wb") as file:
            file.write(data)
        return data

    def accessible(self):
        """The tree that a screen reader gets: (role, name, level, description) of each node that it does not skip."""
        found = []
        for node in self.call("Accessibility.getFullAXTree")["nodes"]:
            if node.get("ignored"):
                continue
            properties = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
            found.append(
                (
                    node.get("role", {}).get("value"),
                    node.get("name", {}).get("value", ""),
                    properties.get("level"),
                    node.get("description", {}).get("value", ""),
                )
            )
        return found
