"""Measures the throughput of the server relative to onnxruntime, and the latency of clients.

    python tools/benchmark/serve.py --seconds 20 --rounds 3

64 clients in one process send requests to `keras-gan serve` on this machine, each as soon as it has
an answer. Another process runs the same file with onnxruntime in a loop. Their rounds alternate, so
that other load affects both. Afterwards versions are added under load. Prints images per second and
their ratio to those of the loop (median, minimum and maximum of the rounds), the latency, and the
server's memory. Exits with 1 after an error or a lost request.
"""

import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests"))
from alternate import Worker, in_turn, ratios

from server_process import GENERATOR, ServerProcess, add_version, copy_digits

PEERS = pathlib.Path(__file__).parent / "peers"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[64, 16, 1], help="images")
    parser.add_argument("--signature", default="sample_png", choices=["sample_png", "sample"])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        served = copy_digits(folder)
        with ServerProcess(served) as server:
            print(f"ready after {server.cold_start:.2f} s, {server.memory():.0f} MB")
            errors = sum(measure(server, count, arguments) for count in arguments.counts)
            errors += reload(server, served, arguments)
    return 1 if errors else 0


def start(server, count, arguments):
    """Starts the worker with the clients."""
    task = {"port": server.port, "count": count, "clients": arguments.clients}
    task |= {"signature": arguments.signature, "seconds": arguments.seconds}
    return Worker([sys.executable, PEERS / "load.py", json.dumps(task)])


def measure(server, count, arguments):
    """Measures and prints the throughput at a number of images; returns the number of errors."""
    bare = {"file": str(GENERATOR), "batch_size": 64, "seconds": arguments.seconds / 2}
    workers = {
        "bare": Worker([sys.executable, PEERS / "onnx_loop.py", json.dumps(bare)]),
        "served": start(server, count, arguments),
    }
    with Watch(server) as memory:
        found = in_turn(workers, arguments.rounds)
    for worker in workers.values():
        worker.close()
    speeds = {n: [entry["images_per_second"] for entry in rows] for n, rows in found.items()}
    errors = sum(entry["errors"] for entry in found["served"])
    seconds = sorted(value for entry in found["served"] for value in entry["seconds"])
    share = "{:.2f} ({:.2f} to {:.2f})".format(*ratios(speeds["served"], speeds["bare"]))
    print(
        f"{count} images: {statistics.median(speeds['served']):,.0f} a second, {share} of bare "
        f"onnxruntime's {statistics.median(speeds['bare']):,.0f}; {len(seconds):,} requests, "
        f"{errors} errors, {waits(seconds)}; {memory}",
        flush=True,
    )
    return errors


def reload(server, served, arguments):
    """Adds three versions under load; returns the number of errors."""
    worker = start(server, 16, arguments)
    found = []
    clients = threading.Thread(target=lambda: found.append(worker.round()))
    with Watch(server) as memory:
        clients.start()
        for version in (2, 3, 4):
            time.sleep(arguments.seconds / 4)
            add_version(served, version)
        clients.join()
    worker.close()
    status = json.loads(server.request("GET", "/v1/models/digits/versions/4")[2])
    (state,) = (entry["state"] for entry in status["model_version_status"])
    (facts,) = found
    print(
        f"three versions added, the last {state}: {len(facts['seconds']):,} requests, "
        f"{facts['errors']} errors, {waits(sorted(facts['seconds']))}; {memory}"
    )
    return facts["errors"] + (state != "AVAILABLE")


def waits(seconds):
    """Formats the median and the 99th percentile of sorted seconds."""
    p50, p99 = (1000 * seconds[int(len(seconds) * share)] for share in (0.5, 0.99))
    return f"p50 {p50:.0f} ms, p99 {p99:.0f} ms"


class Watch:
    """Context manager that samples the server's memory every half second."""

    def __init__(self, server):
        self.server, self.seen, self.ended = server, [], threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.ended.wait(0.5):
            self.seen.append(self.server.memory())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.ended.set()
        self.thread.join()

    def __str__(self):
        quarters = [self.seen[int(len(self.seen) * share)] for share in (0, 0.25, 0.5, 0.75)]
        return "memory " + ", ".join(f"{value:.0f}" for value in (*quarters, self.seen[-1])) + " MB"


if __name__ == "__main__":
    sys.exit(main())
