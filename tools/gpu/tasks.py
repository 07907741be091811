"""The trainings that are measured: tasks of `tools/benchmark/peers/work.py`."""

import os
import re

SIZES = {
    # rules, image size, channels, width, latents, batch size, order of updates
    "dcgan": ("gan", 64, 3, 64, 128, 256, "alternating"),
    "quick": ("lazy_r1", 28, 1, 64, 32, 64, "shared"),
    "sngan": ("sngan", 32, 3, 128, 128, 64, "alternating"),
    "stylegan2": ("stylegan2", 64, 3, 64, 512, 64, "shared"),
    "r3gan": ("r3gan", 32, 3, 768, 64, 256, "alternating"),
}
TINY = {"size": 16, "width": 8, "latent_dim": 8, "batch_size": 4}
NAMES = "rules", "size", "channels", "width", "latent_dim", "batch_size", "update"
STEPS = {"dcgan": 100, "quick": 320, "sngan": 100, "stylegan2": 64, "r3gan": 5}  # of a round
FLAG_VARIABLES = "XLA_FLAGS", "TF_XLA_FLAGS"
PACKAGE_FLAGS = re.compile(
    r"--(?:xla_gpu_deterministic_ops|tf_xla_persistent_cache_directory)=\S*\s*"
)


def task_of(name, quick, **more):
    """Returns the task of a training.

    Args:
        name: Key of `SIZES`.
        quick: Whether the sizes are tiny and XLA is left out, for a test on a processor.
        **more: Entries to add or to replace.
    """
    task = {"peer": "keras_gan", **dict(zip(NAMES, SIZES[name], strict=True))}
    task |= {"dtype": "mixed_bfloat16", "jit": not quick}
    if quick:
        task |= {**TINY, "steps": 2, "warm_up": 2}
    else:
        task |= {"steps": STEPS[name], "warm_up": 3 if name == "r3gan" else 16}
    return {**task, **more}


def unset_flags():
    """Returns the flag variables without the flags that the import of keras_gan sets.

    The process that imports keras_gan hands its flags on to its children, which shall set their
    own: they depend on `KERAS_GAN_COMPILATION_CACHE` and on the other flags.
    """
    flags = {name: os.environ.get(name, "") for name in FLAG_VARIABLES}
    return {name: PACKAGE_FLAGS.sub("", value).strip() for name, value in flags.items()}


def allow_any_kernels():
    """Returns the environment of a process whose kernels need not be deterministic."""
    flags = unset_flags()
    return {**flags, "XLA_FLAGS": f"{flags['XLA_FLAGS']} --xla_gpu_deterministic_ops=false".strip()}
