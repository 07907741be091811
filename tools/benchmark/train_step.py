"""How fast a training step is beside PyTorch's and the Keras examples' way of writing it.

    pip install torch    # the twins'; the package never imports it
    python tools/benchmark/train_step.py --size 28 --rules gan
    python tools/benchmark/train_step.py --size 64 --channels 3 --rules r1
    python tools/benchmark/train_step.py --rules wgan_gp

Each way runs in a process of its own, a round of each in turn. Prints milliseconds a step, images a
second and how many times as fast as PyTorch's best variant of the same order of updates, round by
round: median, lowest, highest. Writes the same as JSON with --out.
"""

import argparse
import json
import pathlib
import statistics
import sys

from alternate import Worker, in_turn, ratios
from peers.work import RULES

HERE = pathlib.Path(__file__).parent


def ways(rules):
    """Name -> what the worker is told; the first of each order of updates is the package's."""
    n_critic = RULES[rules]["n_critic"]
    found = {"keras_gan alternating": {"peer": "keras_gan", "update": "alternating"}}
    if n_critic == 1:
        found["keras_gan shared"] = {"peer": "keras_gan", "update": "shared"}
        found["keras_gan one_stage"] = {"peer": "keras_gan", "update": "one_stage"}
    if rules == "gan":
        found["keras examples"] = {"peer": "keras_examples"}
    for update in ("alternating", "shared") if n_critic == 1 else ("alternating",):
        for kind, compiled in (("eager", False), ("compiled", True)):
            found[f"torch {kind} {update}"] = {
                "peer": "torch",
                "update": update,
                "compiled": compiled,
            }
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rules", choices=RULES, default="gan")
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--latent-dim", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20, help="steps a round")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", nargs="+", help="words that the names of the ways must have")
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file to write")
    arguments = parser.parse_args()
    chosen = {
        name: way
        for name, way in ways(arguments.rules).items()
        if not arguments.only or any(word in name for word in arguments.only)
    }
    task = {name: value for name, value in vars(arguments).items() if name not in ("out", "only")}
    workers = {
        name: Worker(
            [sys.executable, HERE / "peers" / "work.py", json.dumps({**task, **way, "warm_up": 7})]
        )
        for name, way in chosen.items()
    }
    found = in_turn(workers, arguments.rounds)
    for worker in workers.values():
        worker.close()
    seconds = {name: [row["seconds"] for row in rows] for name, rows in found.items()}
    report(seconds, {name: worker.facts["peak_mb"] for name, worker in workers.items()}, arguments)


def report(seconds, peaks, arguments):
    """Prints the table; writes the JSON."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    twins = [name for name in seconds if name.startswith("torch")]
    best = min(twins, key=medians.get) if twins else None
    rows = {}
    print(f"{'':24} {'ms a step':>10} {'images/s':>9} {'peak MB':>8}   times as fast as {best}")
    for name, values in seconds.items():
        row = {
            "milliseconds": 1000 * medians[name],
            "images_per_second": arguments.batch_size / medians[name],
            "peak_mb": peaks[name],
        }
        line = "  ".join(f"{number:8.1f}" for number in row.values())
        if best:
            row["ratio"] = ratios(seconds[best], values)
            line += "   {:5.2f} ({:.2f} to {:.2f})".format(*row["ratio"])
        rows[name] = row
        print(f"{name:24} {line}")
    if arguments.out:
        settings = {**vars(arguments), "out": str(arguments.out)}
        arguments.out.write_text(json.dumps({**settings, "rows": rows, "seconds": seconds}))


if __name__ == "__main__":
    main()
