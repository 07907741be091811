"""Compares the speed of a training step with PyTorch and with the Keras examples.

    pip install torch    # for the same networks in PyTorch; the package never imports it
    python tools/benchmark/train_step.py --size 28 --rules gan
    python tools/benchmark/train_step.py --size 64 --channels 3 --rules r1
    python tools/benchmark/train_step.py --size 64 --channels 3 --bfloat16 --only shared
    python tools/benchmark/train_step.py --rules wgan_gp
    python tools/benchmark/train_step.py --rules r3gan --size 32 --channels 3 --width 16 --steps 3
    python tools/benchmark/train_step.py --rules progan --size 32 --channels 3 --width 16 --steps 8
    python tools/benchmark/train_step.py --rules stylegan2 --size 32 --channels 3 --steps 16

Each variant runs in a separate process, in alternating rounds. Prints for each variant

- the milliseconds per step, images per second and peak memory of the process;
- its floating-point operations per second, as a share of those of large matrix products, which are
  timed between the rounds;
- the ratio of its speed to that of PyTorch's fastest variant, and of PyTorch's fastest variant with
  the same order of updates: median, minimum and maximum of the rounds.

"bfloat16" computes in mixed precision, in PyTorch under autocast. "xla" is compiled by XLA.
"without oneDNN" disables oneDNN, as TensorFlow does by default on older processors. The "compiled"
variants of PyTorch run the penalties in eager mode, as these need second derivatives. `--out`
writes the figures as JSON.

`stylegan2` has no augmentation and R1 in every 16th step, as `lazy_r1`, so `--steps` should be a
multiple of 16. `progan` is at its final size, with the last stage half faded in. PyTorch's step
doesn't fade the real images, which would be a mean of 2x2 pixels.
"""

import argparse
import json
import statistics

from alternate import add_step_arguments, ratios, steps_in_turn
from peers.work import MIXING, RULES


def ways(rules, bfloat16=False):
    """Returns the variants, as name -> additional entries of the task; the package's are first."""
    found = float32_ways(rules)
    if bfloat16:
        found |= {
            name.replace(" ", " bfloat16 ", 1): {**way, "dtype": "mixed_bfloat16"}
            for name, way in found.items()
            if way["peer"] in ("keras_gan", "torch") and "environment" not in way
        }
    return found


def float32_ways(rules):
    """Returns the variants in float32; see `ways`."""
    updates = ("alternating", "shared", "one_stage")
    if RULES[rules]["n_critic"] > 1:
        updates = updates[:1]
    elif RULES[rules]["family"] in MIXING:
        updates = updates[:2]
    found = {f"keras_gan {u}": {"peer": "keras_gan", "update": u} for u in updates}
    found["keras_gan xla alternating"] = {
        "peer": "keras_gan",
        "update": "alternating",
        "jit": True,
    }
    found["keras_gan without oneDNN alternating"] = {
        "peer": "keras_gan",
        "update": "alternating",
        "environment": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    }
    if rules == "gan":
        found["keras examples alternating"] = {"peer": "keras_examples"}
        found["keras examples without oneDNN alternating"] = {
            "peer": "keras_examples",
            "environment": {"TF_ENABLE_ONEDNN_OPTS": "0"},
        }
    for update in updates[:2]:
        for kind, compiled in {"eager": False, "compiled": True}.items():
            found[f"torch {kind} {update}"] = {
                "peer": "torch",
                "update": update,
                "compiled": compiled,
            }
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rules", choices=RULES, default="gan")
    add_step_arguments(parser, steps=20)
    parser.add_argument("--bfloat16", action="store_true", help="time bfloat16, too")
    parser.add_argument("--only", nargs="+", help="time the ways whose names contain one of these")
    arguments = parser.parse_args()
    chosen = {
        name: way
        for name, way in ways(arguments.rules, arguments.bfloat16).items()
        if not arguments.only or any(word in name for word in arguments.only)
    }
    own = ("out", "only", "bfloat16")
    task = {name: value for name, value in vars(arguments).items() if name not in own}
    tasks = {name: {**task, **way} for name, way in chosen.items()}
    found, facts = steps_in_turn({**tasks, "peak": {"peer": "peak"}}, arguments.rounds)
    peaks = [row["matmul"] for row in found.pop("peak")]
    report(found, facts, peaks, arguments)


def report(found, facts, peaks, arguments):
    """Prints the table and writes the JSON."""
    seconds = {name: [row["seconds"] for row in rows] for name, rows in found.items()}
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    rows = {}
    print(
        f"{'':38} {'ms a step':>9} {'images/s':>9} {'peak MB':>8} {'of peak':>8}   as fast as "
        "PyTorch's best of all, of the same order of updates"
    )
    for name, values in seconds.items():
        row = {
            "milliseconds": 1000 * medians[name],
            "images_per_second": arguments.batch_size / medians[name],
            "peak_mb": facts[name]["peak_mb"],
            "share_of_peak": share(flops_of(name, facts), values, peaks),
        }
        line = "{:9.1f} {:9.1f} {:8.0f} ".format(*list(row.values())[:3])
        line += f"{100 * row['share_of_peak']:7.1f}%" if row["share_of_peak"] else f"{'':8}"
        for twin in (best_twin(medians, ""), best_twin(medians, name.split()[-1])):
            if twin:
                row[f"times {twin}"] = ratios(seconds[twin], values)
                line += "   {:5.2f} ({:.2f} to {:.2f})".format(*row[f"times {twin}"])
        rows[name] = row
        print(f"{name:38} {line}")
    peak = statistics.median(peaks) / 1e9
    print(f"matrix products reach {peak:.0f} GFLOP/s; PyTorch's best: {best_twin(medians, '')}")
    if arguments.out:
        settings = {**vars(arguments), "out": str(arguments.out)}
        facts = {"rows": rows, "seconds": seconds, "peak_flops_a_second": peaks}
        arguments.out.write_text(json.dumps({**settings, **facts}), "utf-8")


def best_twin(medians, update):
    """Returns the name of PyTorch's fastest variant with the same order of updates."""
    twins = [name for name in medians if name.startswith("torch") and name.endswith(update)]
    return min(twins, key=medians.get, default=None)


def flops_of(name, facts):
    """Counts the operations per step in the package's graph with the same order of updates."""
    same = [fact["flops"] for other, fact in facts.items() if other.split()[-1] == name.split()[-1]]
    return next((count for count in same if count), None)


def share(flops, seconds, peaks):
    """Returns the median share of the machine's speed, round by round; None if unknown."""
    if flops is None:
        return None
    return statistics.median(flops / s / peak for s, peak in zip(seconds, peaks, strict=True))


if __name__ == "__main__":
    main()
