"""Choices and defaults of options, for parsers that don't import TensorFlow.

The registries, such as `keras_gan.metrics.METRICS`, have the same names; a test compares them.
"""

AUGMENTATIONS = ("ada", "diffaugment")
CHECKPOINTS_KEPT = 3
DATA_ON_DEVICE = {"auto": "auto", "yes": True, "no": False}
DATA_SETS = ("digits", "mnist", "fashion_mnist", "toy")
DIRECTION_METHODS = ("pca", "jacobian")
METRICS = (
    *("frechet", "kernel", "inception_score", "precision_recall", "density_coverage", "modes"),
    *("sliced_wasserstein", "nearest"),
)
AUTO_PRECISION, FLOAT32 = "auto", "float32"
MIXED_PRECISIONS = (AUTO_PRECISION, "bfloat16", "float16", FLOAT32)
PRECISIONS = ("float32", "float16", "int8", "int8_dynamic")
SPACES = ("z", "w", "w+")
STEPS_BETWEEN_CHECKPOINTS = 500
STRATEGIES = ("mirrored", "multiworker")
UPDATES = ("shared", "alternating", "one_stage")
