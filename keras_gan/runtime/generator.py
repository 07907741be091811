"""A generator exported by keras_gan, for programs with onnxruntime and NumPy alone.

This file needs no other: `keras-gan export` leaves a copy beside the model.
"""

import json
import pathlib

import numpy as np
import onnxruntime


class Generator:
    """An ONNX generator: samples by seed, the same as Keras makes.

    Args:
        path: A file that `keras_gan.export.to_onnx` or `keras-gan export` wrote.
        threads: Of the processor that one call uses; all by default.
        providers: Of onnxruntime; the first that can is used.

    Attributes:
        session: The `onnxruntime.InferenceSession`.
        latent_size: Number of latents.
        classes: Names of the classes, label 0 first; empty without classes.
        metadata: All that the file says about itself, name -> text.
        scales_latents: Whether truncation is a factor of the latents, rather than an input.

    Raises:
        ValueError: For a file that is no generator of keras_gan.

    Example:

        generator = Generator("saved_models/digits/generator.onnx")
        threes = generator.sample(16, seed=0, label=3)  # (16, 28, 28, 1) in [-1, 1]
        pixels = to_uint8(threes)
    """

    def __init__(self, path, threads=0, providers=("CPUExecutionProvider",)):
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
        own = "truncation" in self.inputs or self.metadata.get("truncation") == "network"
        self.scales_latents = "latents" in self.inputs and not own

    def sample(self, count=1, seed=0, label=None, truncation=1.0):
        """Samples, as `GAN.sample` in Keras makes them from the same seed.

        Args:
            count: How many, at least 1.
            seed: From 0 to 2**63 - 1.
            label: For generators with classes: one class for all, or `(count,)` ints; drawn
                uniformly from the seed by default.
            truncation: From 0 to 1; less is more typical, less varied. Latents are scaled by it
                where it is no input of the file.

        Returns:
            An array `(count, ...)` as the file gives it: float32 images in [-1, 1], or uint8.

        Raises:
            ValueError: For a value out of range, a label where none is wanted, or a truncation
                that the file can't make.
        """
        check_range("count", count, 1, 2**31 - 1)
        check_range("seed", seed, 0, 2**63 - 1)
        check_range("truncation", truncation, 0, 1)
        labels = self.labels(count, seed, label)
        if "latents" in self.inputs:
            return self.run(self.latents(count, seed), *labels, truncation=truncation)
        feed = {"count": np.array(count, "int32"), "seed": np.array(seed, "int64")}
        if labels:
            feed["labels"] = labels[0]
        return self._run(feed, truncation)

    def run(self, latents, labels=None, truncation=1.0):
        """Samples of float32 latents and, for generators with classes, of int32 labels."""
        feed = {"latents": latents} | ({} if labels is None else {"labels": labels})
        if self.scales_latents:
            feed["latents"], truncation = np.float32(truncation) * latents, 1.0
        return self._run(feed, truncation)

    def _run(self, feed, truncation):
        """Samples of a feed that has all but the truncation."""
        if "truncation" in self.inputs:
            feed["truncation"] = np.array(truncation, "float32")
        elif truncation != 1:
            raise ValueError(
                "expected truncation 1: this file was exported without it; export it with "
                "keras-gan export --truncation."
            )
        return self.session.run([self.output], feed)[0]

    def latents(self, count, seed=0):
        """Latents `(count, latent_size)` float32 of a seed, as `GAN.latents` draws them."""
        return self.latents_of([(count, seed)])[0]

    def latents_of(self, draws):
        """The latents of several `(count, seed)`, drawn at once: a list of `latents`' arrays."""
        sizes = [count * self.latent_size for count, _ in draws]
        numbers = bits(sizes, [seed for _, seed in draws])
        uniform = self.metadata.get("latent_distribution") == "uniform"
        drawn = unit(numbers) * np.float32(2) - np.float32(1) if uniform else normal(numbers)
        drawn, found, start = drawn.reshape(-1), [], 0
        for size in sizes:
            found.append(drawn[start : start + size].reshape(-1, self.latent_size))
            start += 4 * blocks(size)
        return found

    def labels(self, count, seed=0, label=None):
        """`(labels,)` as int32 `(count,)`, or `()` for a generator without classes."""
        if "labels" not in self.inputs:
            if label is not None:
                raise ValueError("expected no label: this generator has no classes.")
            return ()
        if label is None:
            label = np.random.default_rng(seed).integers(len(self.classes), size=count)
        label = np.asarray(label)
        if label.dtype.kind not in "iu" or label.shape not in ((), (count,)):
            raise ValueError(f"expected one integer label or {count}, got {label!r}.")
        check_range("every label", label.min(), 0, len(self.classes) - 1)
        check_range("every label", label.max(), 0, len(self.classes) - 1)
        return (np.full(count, label, np.int32),)


def open_session(path, options, providers):
    """The file in onnxruntime; `ValueError` for no ONNX file."""
    try:
        return onnxruntime.InferenceSession(pathlib.Path(path), options, providers=providers)
    except Exception as error:  # onnxruntime's errors have no common class
        raise ValueError(f"expected an ONNX file at {path}, but: {error}") from error


def check_range(name, value, low, high):
    """Raises `ValueError` for a number out of range, or NaN."""
    if not low <= value <= high:
        raise ValueError(f"expected {name} from {low} to {high}, got {value}.")


def to_uint8(images):
    """Images in [-1, 1] as uint8 from 0 to 255, rounded; what lies outside is clipped."""
    scaled = (np.asarray(images, np.float32) + np.float32(1)) * np.float32(127.5)
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)


# TensorFlow's stateless random numbers: Philox-4x32-10 (Salmon et al., "Parallel Random Numbers: As
# Easy as 1, 2, 3", SC 2011), keyed by a scrambled seed; normals by Box and Muller.

LOW = np.uint64(2**32 - 1)
HALF = np.uint64(32)
SCRAMBLE = (np.uint64(0x3EC8F720), np.uint64(0x02461E29))


def bits(counts, seeds):
    """At least `counts[i]` random 32-bit numbers of each seed, one after the other: `(n, 4)`."""
    seeds = np.array(seeds, np.uint64)
    zeros = np.zeros_like(seeds)
    scrambled = philox(np.stack([seeds & LOW, seeds >> HALF, zeros, zeros], axis=1), *SCRAMBLE)
    sizes = [blocks(count) for count in counts]
    key_0, key_1, *stream = np.repeat(scrambled, sizes, axis=0).T
    places = np.concatenate([np.arange(size, dtype=np.uint64) for size in sizes])
    counters = np.stack([places, np.zeros_like(places), *stream], axis=1)
    return philox(counters, key_0, key_1)


def blocks(count):
    """Blocks of four numbers that hold so many."""
    return -(-count // 4)


def philox(counters, key_0, key_1):
    """Ten rounds of Philox-4x32 on counters `(n, 4)`, with one key for all or one for each."""
    a, b, c, d = counters.T
    for turn in range(10):
        left, right = np.uint64(0xD2511F53) * a, np.uint64(0xCD9E8D57) * c
        turned_0 = (np.uint64(turn * 0x9E3779B9) + key_0) & LOW
        turned_1 = (np.uint64(turn * 0xBB67AE85) + key_1) & LOW
        a, b = (right >> HALF) ^ b ^ turned_0, right & LOW
        c, d = (left >> HALF) ^ d ^ turned_1, left & LOW
    return np.stack([a, b, c, d], axis=1)


def unit(numbers):
    """32-bit numbers as float32 in [0, 1), of their low 23 bits."""
    return (numbers & np.uint64(2**23 - 1)).astype(np.float32) * np.float32(2**-23)


def normal(numbers):
    """32-bit numbers as standard normal float32 numbers, rounded where TensorFlow rounds."""
    u = unit(numbers).astype(np.float64)
    logarithm = np.log(np.maximum(u[:, 0::2], np.float32(1e-7))).astype(np.float32)
    radius = np.sqrt(np.float32(-2) * logarithm)
    angle = (2 * np.pi * u[:, 1::2]).astype(np.float32).astype(np.float64)
    pair = np.stack([np.sin(angle), np.cos(angle)], axis=2).astype(np.float32)
    return radius[:, :, None] * pair
