"""Runs a training as several processes of this machine, like several machines.

    python tools/distribute/two_workers.py train quick --data digits --out runs/digits

Takes the arguments of `keras-gan` and adds `--distribute multiworker`. TF_CONFIG tells each process
its index. If one dies, the others end, and all are restarted and resume from the newest checkpoint,
up to `--restarts` times. Ctrl-C and SIGTERM are passed on; the exit code is that of the first
worker.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

COMMAND = pathlib.Path(sys.executable).with_name("keras-gan")
ENDED = (0, 128 + signal.SIGINT, 128 + signal.SIGTERM)  # exit codes of a training that is left so


def free_addresses(count):
    """Returns free addresses of this machine."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    return addresses


def start(count, arguments):
    """Starts the processes of a training."""
    workers = free_addresses(count)
    places = [{"type": "worker", "index": index} for index in range(count)]
    return [
        subprocess.Popen(
            [COMMAND, *arguments, "--distribute", "multiworker"],
            env={
                **os.environ,
                "TF_CONFIG": json.dumps({"cluster": {"worker": workers}, "task": place}),
            },
        )
        for place in places
    ]


def pass_on(processes):
    """Passes signals on to the workers."""

    def send(number, frame):
        for process in processes:
            process.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, send)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--restarts", type=int, default=3)
    settings, arguments = parser.parse_known_args()
    for attempt in range(settings.restarts + 1):
        processes = start(settings.workers, arguments)
        pass_on(processes)
        codes = [process.wait() for process in processes]
        if codes[0] == 2 or all(code in ENDED for code in codes):
            break
        left = settings.restarts - attempt
        print(f"workers ended with {codes}; {left} restarts left", file=sys.stderr)
    sys.exit(codes[0])


if __name__ == "__main__":
    main()
