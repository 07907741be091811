"""Compares a global batch in one process, on two virtual devices, and in two processes.

    python tools/benchmark/replicas.py

Each way runs in processes of its own, a round of each in turn. On one machine's cores nothing can
be gained: it shows what the replicas' exchange costs. Prints milliseconds a step, and how many
times as long as in one process, round by round; and a line of JSON.
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
    print(f"{'':14}{'ms a step':28}times as long as in one process")
    for way, values in times.items():
        median, low, high = ratios(values, times["one process"])
        print(f"{way:14}{spread(values):28}{median:.2f} ({low:.2f} to {high:.2f})")
    line = json.dumps({**task, "milliseconds": times})
    print(line)
    if arguments.out:
        arguments.out.write_text(line)


if __name__ == "__main__":
    main()
