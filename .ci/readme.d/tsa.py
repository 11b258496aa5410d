"""A time-stamping authority on loopback, made on the spot with openssl: what the README's recipe is tried with."""
import http.server
import pathlib
import subprocess
import threading

CONFIG = """\
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[signer]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = this
[this]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
"""


def openssl(directory, *arguments):
    return subprocess.run(["openssl", *arguments], check=True, cwd=directory, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30).stdout


class Authority:
    """Answers requests of RFC 3161 at `url`; `certificate` is what its tokens are verified with."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        (self.directory / "tsa.cnf").write_text(CONFIG)
        (self.directory / "serial").write_text("01\n")
        for name in ("ca", "signer"):
            openssl(directory, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN=test {name}")
        openssl(directory, "x509", "-req", "-in", "ca.csr", "-signkey", "ca.key", "-out", "ca.pem", "-days", "2",
                "-extfile", "tsa.cnf", "-extensions", "ca")
        openssl(directory, "x509", "-req", "-in", "signer.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "2",
                "-out", "signer.pem", "-days", "2", "-extfile", "tsa.cnf", "-extensions", "signer")
        self.certificate = (self.directory / "ca.pem").read_text()
        self.server = http.server.HTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stamp(self, query):
        (self.directory / "query").write_bytes(query)
        openssl(self.directory, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-signer", "signer.pem",
                "-inkey", "signer.key", "-chain", "ca.pem", "-out", "reply")
        return (self.directory / "reply").read_bytes()

    def handler(self):
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                if self.headers["Content-Type"] != "application/timestamp-query":
                    self.send_error(415)
                    return
                reply = authority.stamp(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                """Says nothing."""

        return Handler

    def close(self):
        self.server.shutdown()
        self.server.server_close()
