"""Measures the gain of each optimization of the training step.

    python tools/benchmark/shortcuts.py --size 28

Steps without one optimization (see `peers/longhand.py`) and the package's step run in alternating
rounds. Prints the ratio of their times: median, minimum and maximum of the rounds.
"""

import argparse
import json

from alternate import add_step_arguments, ratios, steps_in_turn
from peers.longhand import SHORTCUTS


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rules", default="lazy_r1")
    add_step_arguments(parser, steps=32)
    arguments = parser.parse_args()
    common = {k: v for k, v in vars(arguments).items() if k != "out"} | {"peer": "keras_gan"}
    tasks = {
        "the step": {**common, "update": "alternating"},
        **{f"without {s}": {**common, "update": "alternating", "without": s} for s in SHORTCUTS},
        "with one pass of the generator (shared)": {**common, "update": "shared"},
        "with one way back (one_stage)": {**common, "update": "one_stage"},
    }
    found, _ = steps_in_turn(tasks, arguments.rounds)
    seconds = {name: [row["seconds"] for row in rows] for name, rows in found.items()}
    rows = {name: ratios(values, seconds["the step"]) for name, values in seconds.items()}
    for name, row in rows.items():
        print("{:45} {:5.2f} ({:.2f} to {:.2f}) times as long".format(name, *row))
    if arguments.out:
        arguments.out.write_text(json.dumps({"rows": rows, "seconds": seconds}), "utf-8")


if __name__ == "__main__":
    main()
