"""A relay between optrail and the simulated cloud that writes down who asked what, and what was answered.

It knows as much of HTTP/1.1 as these two speak: requests one after the other on a connection, bodies with a
Content-Length. It changes nothing.
"""

import re
import socket
import threading
import urllib.parse


class Asked:
    """One request, with the RequestId of its answer once the last byte of that was handed on."""

    def __init__(self, head, body):
        line = head.split(b"\r\n", 1)[0].decode()
        found = re.search(rb"(?i)\r\nx-acs-action: *(\S+)", head)
        query = urllib.parse.urlsplit(line.split(" ")[1]).query
        text = query + "&" + body.decode("utf-8", "replace")
        self.action = found[1].decode() if found else ""
        self.parameters = dict(urllib.parse.parse_qsl(text))
        self.request_id = None

    def must_be_read_before(self, later):
        """Whether `later` is sent only once the answer to this one has been read, and so is durable."""
        same = self.parameters.get("OperationId") == later.parameters.get("OperationId")
        is_page = later.action == "ListStackGroupOperationResults"
        if self.action == "GetCallerIdentity":
            return later.action != "GetCallerIdentity"
        if self.action == "GetStackGroupOperation":
            return is_page and same
        if self.action == "ListStackGroupOperationResults":
            is_first = self.parameters.get("PageNumber") == "1"
            return is_page and same and is_first and later.parameters.get("PageNumber") != "1"
        return False


def read_by(asked):
    """RequestIds of the answers that must have been read, since a request was sent that follows from them.
    `asked` is in the order in which requests were sent."""
    read = set()
    for number, later in enumerate(asked):
        for earlier in asked[:number]:
            if earlier.request_id and earlier.must_be_read_before(later):
                read.add(earlier.request_id)
    return read


class Relay:
    """Listens on loopback; `asked` grows with each request."""

    def __init__(self, port):
        self.asked = []
        self._carried = 0
        self._released = threading.Event()
        self._released.set()
        self._lock = threading.Lock()
        self._upstream = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self):
        """Begins a new list."""
        with self._lock:
            self.asked = []

    def hold(self, carried):
        """Carries so many requests; further ones wait until they are released."""
        self._carried = carried
        self._released.clear()

    def release(self):
        """Carries all, those that wait included."""
        self._released.set()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        try:
            with client, socket.create_connection(self._upstream) as server:
                for connection in (client, server):
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while message := read_message(client):
                    asked = Asked(*message)
                    with self._lock:
                        self.asked.append(asked)
                        may_pass = len(self.asked) <= self._carried
                    if not may_pass:
                        self._released.wait()
                    server.sendall(b"".join(message))
                    answer = read_message(server)
                    if answer is None:
                        return
                    client.sendall(b"".join(answer))
                    found = re.search(rb"(?i)\r\nx-acs-request-id: *(\S+)", answer[0])
                    asked.request_id = found[1].decode() if found else None
        except OSError:
            return  # One side died: that is what is being tried.


def read_message(connection):
    """Head and body, or None at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    missing = (int(found[1]) if found else 0) - len(body)
    while missing > 0:
        more = connection.recv(65536)
        if not more:
            return None
        body += more
        missing -= len(more)
    return head + b"\r\n\r\n", body
