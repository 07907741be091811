"""Exports a training step as StableHLO, which XLA runtimes run without TensorFlow.

    python tools/export_step.py dcgan --size 64 --channels 3 --width 64 --out step
    python tools/run_step.py step    # on a machine with jax alone

The folder gets `step.mlir`, whose arguments are a batch (and labels) and then each variable of the
model and its optimizers; `state.npz` and `drawn.json` with the initial values of these variables;
and `step.json` with the names of arguments and results, and the argument that each result updates.

By default the step is for a GPU, whatever this machine has: some layers choose their operations by
the device, such as whole grouped convolutions on a GPU, and one convolution per group on a CPU.
Large variables are drawn anew when the step is run, which is good for timing; `--exact` writes all
values, for comparing results.
"""

import argparse
import json
import pathlib
import re

import keras_gan as kg
from keras_gan import compilation, options
from stablehlo_text import without_copies
from step_state import write_state

import keras
import tensorflow as tf

ALIAS = re.compile(r"\{(\d+)\}: \((\d+), \{\}, (?:may|must)-alias\)")


def export_step(gan, batch, folder, device=compilation.GPU, exact=False):
    """Writes the step of a compiled model for batches of this form.

    Args:
        gan: A compiled `GAN`.
        batch: A batch of `fit`: samples, or `(samples, labels)`, of a fixed size.
        folder: The folder to write; it is created.
        device: Device that will run the step, `"gpu"` or `"cpu"`; this machine needs none.
        exact: Whether to write all of the state, instead of how to draw large variables.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    step = tf.function(gan.train_step, jit_compile=True)
    with compilation.for_target(compilation.XLA, device):
        concrete = step.get_concrete_function(batch)
        text_of = step.experimental_get_compiler_ir(batch)
    variables = variables_of(gan, concrete)
    inputs = tf.nest.flatten(batch)
    logs = sorted(gan.log_names)  # as tf.nest orders a dict
    (folder / "step.mlir").write_text(without_copies(text_of(stage="stablehlo")), "utf-8")
    write_state(folder, [variable.numpy() for variable in variables], exact)
    facts = {
        "batch": [{"shape": list(x.shape), "dtype": x.dtype.name} for x in inputs],
        "variables": [v.name for v in variables],
        "logs": logs,
        "results": results_of(text_of(stage="hlo"), len(inputs), len(logs)),
        "images": int(inputs[0].shape[0]),
        "device": device,
    }
    (folder / "step.json").write_text(json.dumps(facts, indent=1), "utf-8")


def variables_of(gan, concrete):
    """Returns the variables that a function uses, in the order of its arguments."""
    parts = [*(getattr(gan, f"{player}_optimizer") for player in gan.players), *gan.metrics]
    known = [*gan.variables, *gan.other_state(), *(v for part in parts for v in part.variables)]
    by_handle = {id(variable.value.handle): variable.value for variable in known}
    return [by_handle[id(handle)] for handle in concrete.captured_inputs]


def results_of(hlo, num_inputs, num_logs):
    """Returns, for each result after the logs, the index of the variable that it updates."""
    header = hlo[: hlo.index("\n")]
    aliases = {int(result): int(argument) for result, argument in ALIAS.findall(header)}
    return [aliases[result] - num_inputs for result in range(num_logs, num_logs + len(aliases))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", choices=kg.recipes.RECIPES)
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--classes", type=int, help="number of classes, for conditional models")
    parser.add_argument("--width", type=int)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--update", choices=options.UPDATES)
    parser.add_argument("--accumulation", type=int, default=1)
    parser.add_argument("--remat", action="store_true")
    parser.add_argument("--mixed-precision", choices=("bfloat16", "float16"))
    parser.add_argument(
        "--device",
        choices=(compilation.GPU, compilation.CPU),
        default=compilation.GPU,
        help="device that will run the step (default: gpu, also on a machine without one)",
    )
    parser.add_argument("--exact", action="store_true", help="write large variables exactly too")
    parser.add_argument("--out", type=pathlib.Path, default="step")
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    shape = (arguments.size, arguments.size, arguments.channels)
    gan = kg.recipes.build(
        arguments.recipe,
        shape,
        arguments.classes,
        width=arguments.width,
        dtype=arguments.mixed_precision and f"mixed_{arguments.mixed_precision}",
        update=arguments.update,
        accumulation=arguments.accumulation,
        remat=arguments.remat,
    )
    batch = tf.zeros((arguments.batch_size, *shape))
    if arguments.classes is not None:
        batch = (batch, tf.zeros((arguments.batch_size,), tf.int32))
    export_step(gan, batch, arguments.out, arguments.device, arguments.exact)
    size = sum(file.stat().st_size for file in arguments.out.iterdir())
    print(f"{arguments.out}: {size / 1e3:,.0f} kB")


if __name__ == "__main__":
    main()
