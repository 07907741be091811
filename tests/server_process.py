"""`keras-gan serve` in a process of its own, for tests, tools/fuzz_server.py and the benchmark."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).parents[1]
GENERATOR = ROOT / "saved_models" / "digits" / "generator.onnx"


def add_version(folder, version, content=None):
    """Renames a complete version folder into place, as exports do."""
    folder = pathlib.Path(folder)
    work = folder / f"export-{version}"
    (work / "assets.extra").mkdir(parents=True)
    (work / "assets.extra" / "generator.onnx").write_bytes(content or GENERATOR.read_bytes())
    work.rename(folder / str(version))


class ServerProcess:
    """A server of a folder on a free port.

    Args:
        folder: With versions.
        options: More words of the command line.
        environment: More variables.

    Attributes:
        port: Where it listens.
        cold_start: Seconds from the process's start to its readiness.
    """

    def __init__(self, folder, *options, **environment):
        self.errors = tempfile.NamedTemporaryFile("w+")  # noqa: SIM115
        self.told = None
        words = [sys.executable, "-m", "keras_gan", "serve", folder, "--port", 0, *options]
        start = time.monotonic()
        self.process = subprocess.Popen(
            [str(word) for word in words],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            cwd=ROOT,
            env=os.environ | environment,
        )
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(f"the server ended: {self.log()}")
        self.port = urllib.parse.urlsplit(self.url).port
        while self.request("GET", "/readyz")[0] != 200:
            time.sleep(0.05)
        self.cold_start = time.monotonic() - start

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()

    def stop(self, number=signal.SIGTERM):
        """Ends it; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(40)
        finally:
            self.process.kill()
            self.process.stdout.close()
            self.told = self.log()
            self.errors.close()

    def request(self, method, path, body=None, headers=(), timeout=60):
        """Sends one request over a new connection; returns `(status, headers, bytes)`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def predict(self, content, path="/v1/models/digits:predict", **named):
        """Sends a predict request; returns `(status, JSON)`."""
        body = content if isinstance(content, bytes) else json.dumps(content)
        status, _, answer = self.request("POST", path, body, **named)
        return status, json.loads(answer)

    def log(self):
        """Returns the server's log."""
        return self.told or pathlib.Path(self.errors.name).read_text()

    def connections(self):
        """Files and connections that it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        """Megabytes that it holds."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) / 1024


def copy_digits(folder):
    """Makes a folder `digits` with version 1."""
    folder = pathlib.Path(folder) / "digits"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    add_version(folder, 1)
    return folder
