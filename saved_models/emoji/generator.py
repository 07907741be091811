"""A generator exported by keras_gan, for programs with onnxruntime and NumPy.

This file is self-contained; `keras-gan export` writes a copy next to the model.
"""

import json
import numbers
import os
import pathlib
from collections.abc import Sequence

import numpy as np
import onnxruntime


class Generator:
    """An ONNX generator; it draws the same samples as Keras from the same seed.

    Args:
        path: A file written by `keras_gan.export.to_onnx` or `keras-gan export`.
        threads: Number of threads per call; 0 for one per core.
        providers: Execution providers of onnxruntime; the first available one is used.

    Attributes:
        session: The `onnxruntime.InferenceSession`.
        latent_size: Size of the latent vector.
        classes: Names of the classes, label 0 first; empty without classes.
        metadata: Metadata of the file, name -> text.
        medium: Name of the kind of samples, such as `"image"` or `"sound"`.
        scales_latents: Whether truncation scales the latents instead of being an input.

    Raises:
        ValueError: If the file isn't a generator exported by keras_gan.

    Example:

        generator = Generator("saved_models/digits/generator.onnx")
        threes = generator.sample(16, seed=0, label=3)  # (16, 28, 28, 1) in [-1, 1]
        pixels = to_uint8(threes)
    """

    def __init__(
        self,
        path: str | os.PathLike,
        threads: int = 0,
        providers: Sequence[str] = ("CPUExecutionProvider",),
    ):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = open_session(path, options, list(providers))
        self.metadata = dict(self.session.get_modelmeta().custom_metadata_map)
        kind = self.metadata.get("kind", "sampler")
        if kind != "sampler":
            raise ValueError(
                f"expected a generator that samples from latents, but {path} is a {kind}: run it "
                "with onnxruntime on images."
            )
        if "latent_size" not in self.metadata:
            raise ValueError(
                f"expected a generator that keras_gan exported, but {path} doesn't say its "
                "latent_size; export it with keras-gan export."
            )
        self.latent_size = int(self.metadata["latent_size"])
        self.classes = json.loads(self.metadata.get("classes", "[]"))
        self.inputs = [entry.name for entry in self.session.get_inputs()]
        self.output = self.session.get_outputs()[0].name
        self.medium = read_medium(self.metadata, self.output)
        truncates = "truncation" in self.inputs or self.metadata.get("truncation") == "network"
        self.scales_latents = "latents" in self.inputs and not truncates

    def sample(
        self,
        count: int = 1,
        seed: int = 0,
        label: int | str | Sequence[int | str] | np.ndarray | None = None,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """Draws samples, the same as `GAN.sample` in Keras from the same seed.

        Args:
            count: Number of samples, at least 1.
            seed: Seed from 0 to 2**63 - 1.
            label: Name or number of the class of all samples, or those of each sample `(count,)`,
                for class-conditional generators; drawn uniformly from the seed by default.
            truncation: Truncation from 0 to 1; smaller values give more typical and less varied
                samples. It scales the latents if the file has no such input.

        Returns:
            An array `(count, ...)` in the form of the file, such as float32 images or sounds in
            [-1, 1], or uint8 images.

        Raises:
            ValueError: If a value is out of range or not a number, a label is given for a generator
                without classes, or the file doesn't support truncation.
        """
        check_integer("count", count, 1, 2**31 - 1)
        check_integer("seed", seed, 0, 2**63 - 1)
        check_range("truncation", truncation, 0, 1)
        labels = self.labels(count, seed, label)
        if "latents" in self.inputs:
            return self.run(self.latents(count, seed), *labels, truncation=truncation)
        feed = {"count": np.array(count, "int32"), "seed": np.array(seed, "int64")}
        if labels:
            feed["labels"] = labels[0]
        return self._run(feed, truncation)

    def run(
        self, latents: np.ndarray, labels: np.ndarray | None = None, truncation: float = 1.0
    ) -> np.ndarray:
        """Computes the samples of latents.

        Args:
            latents: `(count, latent_size)` float32.
            labels: `(count,)` int32 for class-conditional generators, None for others.
            truncation: As in `sample`.

        Raises:
            ValueError: For arrays of another shape or dtype, labels out of range, or a file that
                doesn't support the truncation.
        """
        self._check_inputs(latents, labels)
        feed = {"latents": latents} | ({} if labels is None else {"labels": labels})
        if self.scales_latents:
            feed["latents"], truncation = np.float32(truncation) * latents, 1.0
        return self._run(feed, truncation)

    def _check_inputs(self, latents, labels):
        """Raises `ValueError` for latents or labels that the file doesn't take."""
        if (labels is None) == ("labels" in self.inputs):
            need = "labels" if labels is None else "no labels"
            raise ValueError(f"expected {need} for a file with the inputs {self.inputs}.")
        check_array("latents", latents, np.float32, (None, self.latent_size))
        if labels is not None:
            check_array("labels", labels, np.int32, (len(latents),))
            if len(labels):
                self._check_labels(labels)

    def _check_labels(self, labels):
        """Raises `ValueError` for a label that isn't the index of a class."""
        for label in (int(labels.min()), int(labels.max())):
            check_range("every label", label, 0, len(self.classes) - 1)

    def _run(self, feed, truncation):
        """Computes the samples of a feed without truncation."""
        if "truncation" in self.inputs:
            feed["truncation"] = np.array(truncation, "float32")
        elif truncation != 1:
            raise ValueError(
                "expected truncation 1: this file was exported without it; export it with "
                "keras-gan export --truncation."
            )
        return self.session.run([self.output], feed)[0]

    def latents(self, count: int, seed: int = 0) -> np.ndarray:
        """Draws latents `(count, latent_size)` float32, the same as `GAN.latents`."""
        return self.latents_of([(count, seed)])[0]

    def latents_of(self, draws: Sequence[tuple[int, int]]) -> list[np.ndarray]:
        """Draws the latents of several `(count, seed)` at once; returns an array for each."""
        sizes = [count * self.latent_size for count, _ in draws]
        words = bits(sizes, [seed for _, seed in draws])
        uniform = self.metadata.get("latent_distribution") == "uniform"
        values = unit(words) * np.float32(2) - np.float32(1) if uniform else normal(words)
        values, latents, start = values.reshape(-1), [], 0
        for size in sizes:
            latents.append(values[start : start + size].reshape(-1, self.latent_size))
            start += 4 * blocks(size)
        return latents

    def find_label(self, word: str) -> int:
        """Returns the label of a class, given by its name or number.

        Raises:
            ValueError: If there is no such class.
        """
        if word in self.classes:
            return self.classes.index(word)
        if word.isascii() and word.isdecimal() and int(word) < len(self.classes):
            return int(word)
        names = ", ".join(self.classes[:9]) + (", ..." if len(self.classes) > 9 else "")
        raise ValueError(f"expected the name or number of one of {names}, got {word[:40]!r}.")

    def labels(
        self,
        count: int,
        seed: int = 0,
        label: int | str | Sequence[int | str] | np.ndarray | None = None,
    ) -> tuple[np.ndarray, ...]:
        """Returns `(labels,)` with int32 `(count,)`, or `()` for a generator without classes."""
        if "labels" not in self.inputs:
            if label is not None:
                raise ValueError("expected no label: this generator has no classes.")
            return ()
        if label is None:
            label = np.random.default_rng(seed).integers(len(self.classes), size=count)
        label = np.asarray(label)
        if label.dtype.kind == "U":
            label = np.array([self.find_label(word) for word in label.flat]).reshape(label.shape)
        if label.dtype.kind not in "iu" or label.shape not in ((), (count,)):
            raise ValueError(f"expected one integer label or {count}, got {label!r}.")
        self._check_labels(label)
        return (np.full(count, label, np.int32),)


def open_session(
    path: str | os.PathLike, options: onnxruntime.SessionOptions, providers: Sequence[str]
) -> onnxruntime.InferenceSession:
    """Opens a file in onnxruntime; raises `ValueError` if it isn't an ONNX file."""
    try:
        return onnxruntime.InferenceSession(pathlib.Path(path), options, providers=providers)
    except Exception as error:  # onnxruntime's errors have no common class
        raise ValueError(f"expected an ONNX file at {path}, but: {error}") from error


def read_medium(metadata: dict[str, str], output: str) -> str:
    """Returns the name of the medium of a file's samples; files of images don't state it."""
    if "medium" not in metadata:
        return "image" if output == "images" else "points"
    medium = json.loads(metadata["medium"])
    if not isinstance(medium, dict) or not isinstance(medium.get("name"), str):
        raise ValueError(f"expected a medium with a name in the metadata, got {medium!r:.60}.")
    return medium["name"]


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raises `ValueError` for a value that is out of range, NaN or not a number."""
    if not isinstance(value, numbers.Real) or not low <= value <= high:
        raise ValueError(f"expected {name} from {low} to {high}, got {value!r}.")


def check_integer(name: str, value: int, low: int, high: int) -> None:
    """Raises `ValueError` for a value that is out of range or not an integer."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise ValueError(f"expected an integer {name}, got {value!r}.")
    check_range(name, value, low, high)


def check_array(name: str, value: np.ndarray, dtype: type, shape: Sequence[int | None]) -> None:
    """Raises `ValueError` for anything but an array of a dtype and shape; None is any size."""
    actual = getattr(value, "dtype", type(value).__name__), getattr(value, "shape", ())
    sizes = [size if size is None else n for size, n in zip(shape, actual[1], strict=False)]
    if actual[0] != dtype or sizes != list(shape) or len(actual[1]) != len(shape):
        sizes = ", ".join("count" if size is None else str(size) for size in shape)
        raise ValueError(
            f"expected {name} ({sizes}) {np.dtype(dtype)}, got {actual[0]} of shape {actual[1]}."
        )


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Converts images in [-1, 1] to uint8 from 0 to 255, rounded and clipped."""
    scaled = (np.asarray(images, np.float32) + np.float32(1)) * np.float32(127.5)
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)


# TensorFlow's stateless random numbers: Philox-4x32-10 (Salmon et al., "Parallel Random Numbers: As
# Easy as 1, 2, 3", SC 2011), keyed by a scrambled seed, and the Box-Muller transform.

LOW = np.uint64(2**32 - 1)
HALF = np.uint64(32)
SCRAMBLE = (np.uint64(0x3EC8F720), np.uint64(0x02461E29))


def bits(counts: Sequence[int], seeds: Sequence[int]) -> np.ndarray:
    """Draws at least `counts[i]` random 32-bit words from seed i; returns all as `(n, 4)`."""
    seeds = np.array(seeds, np.uint64)
    zeros = np.zeros_like(seeds)
    scrambled = philox(np.stack([seeds & LOW, seeds >> HALF, zeros, zeros], axis=1), *SCRAMBLE)
    sizes = [blocks(count) for count in counts]
    key_0, key_1, *stream = np.repeat(scrambled, sizes, axis=0).T
    indices = np.concatenate([np.arange(size, dtype=np.uint64) for size in sizes])
    counters = np.stack([indices, np.zeros_like(indices), *stream], axis=1)
    return philox(counters, key_0, key_1)


def blocks(count: int) -> int:
    """Returns the number of blocks of four words that hold `count` words."""
    return -(-count // 4)


def philox(counters: np.ndarray, key_0: np.ndarray, key_1: np.ndarray) -> np.ndarray:
    """Applies ten rounds of Philox-4x32 to counters `(n, 4)`, with a common key or a key each."""
    a, b, c, d = counters.T
    for index in range(10):
        left, right = np.uint64(0xD2511F53) * a, np.uint64(0xCD9E8D57) * c
        round_key_0 = (np.uint64(index * 0x9E3779B9) + key_0) & LOW
        round_key_1 = (np.uint64(index * 0xBB67AE85) + key_1) & LOW
        a, b = (right >> HALF) ^ b ^ round_key_0, right & LOW
        c, d = (left >> HALF) ^ d ^ round_key_1, left & LOW
    return np.stack([a, b, c, d], axis=1)


def unit(words: np.ndarray) -> np.ndarray:
    """Converts the low 23 bits of 32-bit words to float32 in [0, 1)."""
    return (words & np.uint64(2**23 - 1)).astype(np.float32) * np.float32(2**-23)


def normal(words: np.ndarray) -> np.ndarray:
    """Converts 32-bit words to standard normal float32 numbers, with TensorFlow's rounding."""
    u = unit(words).astype(np.float64)
    logarithm = np.log(np.maximum(u[:, 0::2], np.float32(1e-7))).astype(np.float32)
    radius = np.sqrt(np.float32(-2) * logarithm)
    angle = (2 * np.pi * u[:, 1::2]).astype(np.float32).astype(np.float64)
    pair = np.stack([np.sin(angle), np.cos(angle)], axis=2).astype(np.float32)
    return radius[:, :, None] * pair
