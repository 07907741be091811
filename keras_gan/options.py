"""Words and numbers of options: a parser shows them in `--help` without importing TensorFlow.

What each word stands for is in the registry of its kind, which has the same ones.
"""

AUGMENTATIONS = ("ada", "diffaugment")
CHECKPOINTS_KEPT = 3
DATA_SETS = ("digits", "mnist", "fashion_mnist", "toy")
DIRECTION_METHODS = ("pca", "jacobian")
METRICS = (
    *("frechet", "kernel", "inception_score", "precision_recall", "density_coverage", "modes"),
    *("sliced_wasserstein", "nearest"),
)
MIXED_PRECISIONS = ("bfloat16", "float16", "float32")
PRECISIONS = ("float32", "float16", "int8", "int8_dynamic")
SPACES = ("z", "w", "w+")
STEPS_BETWEEN_CHECKPOINTS = 500
STRATEGIES = ("mirrored", "multiworker")
UPDATES = ("shared", "alternating", "one_stage")
