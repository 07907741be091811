"""Questions about the commands, each run as a user runs it."""

import csv
import glob
import shlex
import sys
import time

from gpu.plan import ANSWERED, FAILED, NOT_ASKED, TAIL, TIMED_OUT, Skipped, run_limited
from keras_gan.environment import GPU_FILES

COMMAND = [sys.executable, "-m", "keras_gan"]
RESERVE = 20  # seconds that a training needs to end after its hours


def run(name, words, options, seconds=300):
    """Runs a command of keras-gan.

    Args:
        name: Name of its log.
        words: Its arguments.
        options: Options of the questions.
        seconds: Time after which it is killed.

    Returns:
        `(seconds, exit code, lines of output)`.
    """
    log = options.out / "logs" / f"{name}.log"
    start = time.monotonic()
    code = run_limited([*COMMAND, *map(str, words)], log, seconds, own_group=False)
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
    return time.monotonic() - start, code, [line for line in lines if line]


def quick_run(options):
    """Returns the folder of the run of `train_quick`."""
    return options.out / "scratch" / "quick"


def train_quick(options):
    """Trains `quick` on digits to the end, with exports and report."""
    steps, folder = 4 if options.quick else 1000, quick_run(options)
    words = ["train", "quick", "--data", "digits", "--out", folder, "--steps", steps]
    seconds, code, lines = run("train", words, options)
    return {
        "steps": steps,
        "s": seconds,
        "exit code": code,
        "ONNX file": (folder / "export" / "generator.onnx").exists(),
        "last line": lines[-1] if lines else "",
    }


def time_sample(options):
    """Times `sample` on the GPU and on the processor, and `evaluate`."""
    folder = quick_run(options)
    if not (folder / "config.json").exists():
        raise Skipped("needs the run of `quick`, which failed")
    picture = options.out / "scratch" / "samples.png"
    sample = ["sample", folder, "--out", picture]
    count = 1_000 if options.quick else 10_000
    figures = {}
    for name, words in (
        ("sample", [*sample, "--device", "cpu" if options.quick else "gpu"]),
        ("sample without the GPU", [*sample, "--device", "cpu"]),
        ("evaluate", ["evaluate", folder, "--evaluate-count", count]),
    ):
        seconds, code, _ = run(name.replace(" ", "_"), words, options)
        figures |= {f"{name}, s": seconds, f"{name}, exit code": code}
    return figures


def run_out_of_memory(options):
    """Trains with batches that are too large for a GPU, and reads what is said of it."""
    if not glob.glob(GPU_FILES):
        raise Skipped("needs a GPU")
    folder = options.out / "scratch" / "too_large"
    words = ["train", "dcgan", "--data", "digits", "--image-size", 256, "--steps", 2]
    seconds, code, lines = run(
        "too_large", [*words, "--batch-size", 8192, "--out", folder], options
    )
    text = " ".join(lines[-5:])
    return {
        "s": seconds,
        "exit code": code,
        "names the memory": "memory" in text.lower(),
        "names what helps": any(word in text for word in ("--batch-size", "accumulation", "remat")),
        "last line": lines[-1][-300:] if lines else "",
    }


def train(words, options, budget):
    """Trains as long as the budget lasts; the run may be resumed from its checkpoint.

    Args:
        words: Arguments of `keras-gan train`, such as `"stylegan2_ada --data cats.zip"`.
        options: Options of the questions.
        budget: `Budget`.

    Returns:
        A row of the answers.
    """
    hours = (budget.left() - RESERVE) / 3600
    row = {"question": "training", "seconds": 0.0}
    if hours <= 0:
        return {**row, "status": NOT_ASKED, "reason": "no time left"}
    folder = options.out / "run"
    defaults = ["--keep", 1, "--hours", f"{hours:.5f}", "--out", folder]
    arguments = ["train", *defaults, *shlex.split(words)]
    seconds, code, lines = run("training", arguments, options, budget.left())
    row["seconds"] = round(seconds, 1)
    if code is None:
        return {**row, "status": TIMED_OUT, "reason": "killed after the last second"}
    if code:
        return {**row, "status": FAILED, "reason": " ".join(lines[-3:])[-TAIL:]}
    return {**row, "status": ANSWERED, "figures": last_history(folder)}


def last_history(folder):
    """Returns the last row of a run's history."""
    path = folder / "history.csv"
    rows = list(csv.DictReader(path.open(encoding="utf-8"))) if path.exists() else []
    return dict(rows[-1]) if rows else {}
