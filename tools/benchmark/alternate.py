"""Timings of programs in turn: each runs in a separate process, one round after the other.

A worker is a Python file that prints facts about itself after its warm-up. Then it runs one round
for each line that it reads, and prints the seconds; both as JSON. Between rounds it waits for input
and uses no processor time. Other load on the machine affects neighbouring rounds alike, so ratios
of a round's times are more reliable than the times.
"""

import json
import math
import os
import pathlib
import statistics
import subprocess
import sys

WORK = pathlib.Path(__file__).parent / "peers" / "work.py"


class Worker:
    """A process that runs a round on request.

    Args:
        command: Arguments of the process.
    """

    def __init__(self, command, **environment):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **environment
        )
        self.facts = self._answer()

    def round(self):
        """Runs a round; returns the worker's results."""
        self.process.stdin.write("round\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self):
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(f"a worker ended: {' '.join(map(str, self.process.args))}")


def add_step_arguments(parser, steps, **defaults):
    """Adds the arguments that select the step and the number of rounds.

    Args:
        parser: Gets them.
        steps: Steps a round.
        defaults: Other values than a DCGAN of 28x28 in batches of 64 for 11 rounds.
    """
    values = {
        "size": 28,
        "channels": 1,
        "width": 64,
        "latent_dim": 128,
        "batch_size": 64,
        "rounds": 11,
        **defaults,
    }
    for name, value in values.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    parser.add_argument("--steps", type=int, default=steps, help="steps a round")
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file to write")


def serve(work, facts):
    """Serves rounds in a worker: calls `work()` for each line of standard input.

    Args:
        work: Does one round.
        facts: What to say when ready.
    """
    print(json.dumps(facts), flush=True)
    for _ in sys.stdin:
        print(json.dumps(work()), flush=True)


def steps_in_turn(tasks, rounds):
    """Runs rounds of training steps, each variant in a separate process.

    Args:
        tasks: Name -> what `peers/work.py` is told, and its `environment` where that differs.
        rounds: How many.

    Returns:
        `(found, facts)`: name -> list of what was said of the rounds, and name -> of the worker.
    """
    workers = {
        name: Worker(
            [sys.executable, WORK, json.dumps(task)],
            env={**os.environ, **task.get("environment", {})},
        )
        for name, task in tasks.items()
    }
    found = in_turn(workers, rounds)
    for worker in workers.values():
        worker.close()
    return found, {name: worker.facts for name, worker in workers.items()}


def in_turn(workers, rounds):
    """Runs rounds of all workers, in an order that is reversed each time.

    Returns:
        Name -> list of what the worker said of its rounds.
    """
    found = {name: [] for name in workers}
    for index in range(rounds):
        names = list(workers)
        for name in names if index % 2 == 0 else reversed(names):
            found[name].append(workers[name].round())
    return found


def ratios(values, base):
    """Returns median, minimum and maximum of `values / base`, round by round."""
    found = [value / other for value, other in zip(values, base, strict=True)]
    return statistics.median(found), min(found), max(found)


def spread(values):
    """Returns median, minimum and maximum as text."""
    return f"{statistics.median(values):8.2f} ({min(values):.2f} to {max(values):.2f})"


def exponent(sizes, costs):
    """Computes the slope b of log(cost) = a + b log(size) by least squares."""
    x, y = ([math.log(value) for value in values] for values in (sizes, costs))
    mean_x, mean_y = statistics.mean(x), statistics.mean(y)
    products = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return products / sum((a - mean_x) ** 2 for a in x)
