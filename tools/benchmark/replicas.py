"""Compares a global batch in one process, on two virtual devices, and in two processes.

    python tools/benchmark/replicas.py

Each variant runs in separate processes, in alternating rounds. Replicas on the cores of one machine
can't be faster, so the difference is the cost of their communication. Prints the milliseconds per
step, the ratio to the time in one process, and a line of JSON.
"""

import argparse
import json
import pathlib
import sys

from alternate import Worker, add_step_arguments, in_turn, ratios, spread

PEER = pathlib.Path(__file__).parent / "peers" / "replicas.py"
WAYS = ("one process", "mirrored", "two workers")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_step_arguments(parser, steps=20, rounds=9)
    parser.add_argument("--recipe", default="dcgan")
    arguments = parser.parse_args()
    task = {"recipe": arguments.recipe, "batch_size": arguments.batch_size}
    task |= {"width": arguments.width, "steps": arguments.steps}
    workers = {
        way: Worker([sys.executable, PEER, json.dumps({**task, "way": way})]) for way in WAYS
    }
    found = in_turn(workers, arguments.rounds)
    for worker in workers.values():
        worker.close()
    times = {way: [1000 * row["seconds"] for row in rows] for way, rows in found.items()}
    print(f"{'':14}{'ms per step':28}times as long as in one process")
    for way, values in times.items():
        median, low, high = ratios(values, times["one process"])
        print(f"{way:14}{spread(values):28}{median:.2f} ({low:.2f} to {high:.2f})")
    line = json.dumps({**task, "milliseconds": times})
    print(line)
    if arguments.out:
        arguments.out.write_text(line, "utf-8")


if __name__ == "__main__":
    main()
