"""Timing of several programs in alternating rounds, each program in a separate process.

A worker is a Python program that speaks JSON lines. After its warm-up it prints its facts. Then it
runs one round for each line of standard input and prints the results. Between rounds it uses no
processor time. Other load on the machine slows neighbouring rounds alike, so the ratios of times
within a round are more reliable than the times.
"""

import concurrent.futures
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys

WORK = pathlib.Path(__file__).parent / "peers" / "work.py"


class Worker:
    """A worker process that runs a round on request.

    Args:
        command: Command line of the process, a list.
        **environment: Keyword arguments of `subprocess.Popen`, such as `env`.
    """

    def __init__(self, command, **environment):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", **environment
        )
        self.facts = self._answer()

    def round(self):
        """Runs a round; returns the worker's results."""
        self.process.stdin.write("round\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self):
        """Closes the worker's input and waits for its end."""
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(f"a worker ended: {' '.join(map(str, self.process.args))}")


def add_step_arguments(parser, steps, **defaults):
    """Adds the options that describe the training step and the number of rounds.

    Args:
        parser: `argparse.ArgumentParser` to extend.
        steps: Default number of steps per round.
        **defaults: Defaults that differ from 11 rounds of a DCGAN at 28x28 with batches of 64.
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
    parser.add_argument("--steps", type=int, default=steps, help="steps per round")
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file to write")


def serve(work, facts):
    """Runs the main loop of a worker: one call of `work` for each line of standard input.

    Args:
        work: Function without arguments that runs a round and returns its results for JSON.
        **facts: Facts about the worker, printed before the first round.
    """
    print(json.dumps(facts), flush=True)
    for _ in sys.stdin:
        print(json.dumps(work()), flush=True)


def steps_in_turn(tasks, rounds):
    """Runs rounds of training steps of several variants in turn, each in a separate process.

    Args:
        tasks: Name of a variant -> task of `peers/work.py`, a dict; its optional key `environment`
            holds additional environment variables.
        rounds: Number of rounds.

    Returns:
        `(results, facts)`: name -> list with the results of each round, and name -> facts of the
        worker.
    """
    workers = start_workers(tasks)
    results = in_turn(workers, rounds)
    for worker in workers.values():
        worker.close()
    return results, {name: worker.facts for name, worker in workers.items()}


def start_workers(tasks):
    """Starts a worker for each of `steps_in_turn`'s tasks, all at the same time."""

    def start(task):
        environment = {**os.environ, **task.get("environment", {})}
        return Worker([sys.executable, WORK, json.dumps(task)], env=environment)

    with concurrent.futures.ThreadPoolExecutor(len(tasks)) as pool:
        return dict(zip(tasks, pool.map(start, tasks.values()), strict=True))


def in_turn(workers, rounds):
    """Runs rounds of all workers, in an order that is reversed after each round.

    Args:
        workers: Name -> `Worker`.
        rounds: Number of rounds.

    Returns:
        Name -> list with the worker's results of each round.
    """
    results = {name: [] for name in workers}
    for index in range(rounds):
        names = list(workers)
        for name in names if index % 2 == 0 else reversed(names):
            results[name].append(workers[name].round())
    return results


def ratios(values, base):
    """Returns median, minimum and maximum of the ratios `values[i] / base[i]` of all rounds."""
    quotients = [value / other for value, other in zip(values, base, strict=True)]
    return statistics.median(quotients), min(quotients), max(quotients)


def spread(values):
    """Returns median, minimum and maximum as text."""
    return f"{statistics.median(values):8.2f} ({min(values):.2f} to {max(values):.2f})"


def exponent(sizes, costs):
    """Computes the slope b of log(cost) = a + b log(size) by least squares."""
    x, y = ([math.log(value) for value in values] for values in (sizes, costs))
    mean_x, mean_y = statistics.mean(x), statistics.mean(y)
    products = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return products / sum((a - mean_x) ** 2 for a in x)
