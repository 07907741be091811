"""Verdicts: the state of the game between generator and discriminator, in words.

Each verdict follows from a fixed rule on the figures of the history (accuracies, gradients) and of
the metrics, and quotes them.
"""

import dataclasses
from collections.abc import Iterator, Sequence

AT_CHANCE = 0.05  # maximum distance of the discriminator's accuracy from 1/2
WINNING = 0.95  # minimum accuracy of the discriminator on real and on generated samples
NO_SIGNAL = 0.01  # maximum gradient of the generator, as a share of its largest
COLLAPSED = 0.5  # maximum coverage or modes, as a share of their best
FEW_COVERED = 0.1  # maximum coverage
COPIED = 0.1  # maximum share of authentic samples; about 0.5 without memorization
RECENT = 0.25  # share of the history to consider
LOG_NAMES = ("real_accuracy", "fake_accuracy", "g_gradient")  # rows without them are skipped


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A verdict on a run.

    Attributes:
        name: `chance`, `winning`, `collapse`, `memorising` or `playing`.
        text: Sentence with the figures.
        advice: Recommended changes; empty if there are none.
    """

    name: str
    text: str
    advice: str = ""

    def __str__(self):
        return f"{self.text} {self.advice}".strip()


def judge(
    history: Sequence[dict[str, float]], measurements: Sequence[dict[str, float | None]] = ()
) -> list[Verdict]:
    """Judges a run by its figures.

    Args:
        history: Rows of the history, as `keras_gan.callbacks.read_table` reads them; only the
            last quarter is considered.
        measurements: Rows of metrics, oldest first, with keys such as `coverage[digits]`; the
            last row is compared with the best of each figure.

    Returns:
        Verdicts; `playing` if no other applies, and an empty list without any rows.

    Example:

    >>> from keras_gan import verdicts
    >>> row = {"real_accuracy": 0.52, "fake_accuracy": 0.49, "g_gradient": 0.3}
    >>> [verdict.name for verdict in verdicts.judge([row])]
    ['chance']
    """
    history = [row for row in history if row.keys() >= set(LOG_NAMES)]
    verdicts = [
        *judge_discriminator(history),
        *judge_diversity(measurements),
        *judge_copies(measurements),
    ]
    if verdicts or not history:
        return verdicts
    real, fake, _ = recent(history)
    return [
        Verdict(
            "playing",
            f"The game is open: the discriminator is right on {real:.0%} of the real and "
            f"{fake:.0%} of the generated samples.",
        )
    ]


def recent(history: Sequence[dict[str, float]]) -> tuple[float, ...]:
    """Returns the means of `LOG_NAMES` over the last quarter of the history."""
    rows = history[-max(1, round(RECENT * len(history))) :]
    return tuple(sum(row[name] for row in rows) / len(rows) for name in LOG_NAMES)


def judge_discriminator(history: Sequence[dict[str, float]]) -> Iterator[Verdict]:
    """Yields verdicts on the discriminator.

    It is at chance if the mean accuracy is within 0.05 of 1/2. It is winning if both accuracies
    are at least 0.95, and the generator's gradient is at most 1 % of the largest in the history.
    """
    if not history:
        return
    real, fake, gradient = recent(history)
    largest = max(row["g_gradient"] for row in history)
    if abs((real + fake) / 2 - 0.5) <= AT_CHANCE:
        yield Verdict(
            "chance",
            f"The discriminator is at chance: right on {real:.0%} of the real and {fake:.0%} of "
            "the generated samples.",
            "Either it can't tell D' from D any more, or it is too weak: the metrics show which. "
            "If they are bad, widen it, raise its learning rate or lower its penalties.",
        )
    if min(real, fake) >= WINNING and gradient <= NO_SIGNAL * largest:
        yield Verdict(
            "winning",
            f"The discriminator is winning: right on {real:.0%} of the real and {fake:.0%} of the "
            f"generated samples, and the generator's gradient has fallen to {gradient:.2g} from "
            f"{largest:.2g}: it gets no signal.",
            "Use a loss that doesn't saturate (non_saturating, relativistic_paired), add R1 or "
            "raise its weight, or lower the discriminator's learning rate.",
        )


def values_of(measurements: Sequence[dict[str, float | None]], name: str) -> list[float]:
    """Returns the values of a figure, by any extractor, oldest first."""
    return [
        value
        for row in measurements
        for key, value in row.items()
        if key.partition("[")[0] == name and value is not None
    ]


def judge_diversity(measurements: Sequence[dict[str, float | None]]) -> Iterator[Verdict]:
    """Yields verdicts on mode collapse.

    The generator has collapsed if coverage is at most 0.1, or if coverage or modes are at most
    half of their best.
    """
    for name in ("coverage", "modes"):
        values = values_of(measurements, name)
        if not values:
            continue
        last, best = values[-1], max(values)
        few = name == "coverage" and last <= FEW_COVERED
        if few or last <= COLLAPSED * best:
            before = f", from {best:.3g}" if best > last else ""
            yield Verdict(
                "collapse",
                f"The generator has collapsed: its {name} {'are' if name == 'modes' else 'is'} "
                f"{last:.3g}{before}.",
                "Go back to the best checkpoint; use relativistic_paired with R1 and R2, or lower "
                "the learning rates.",
            )


def judge_copies(measurements: Sequence[dict[str, float | None]]) -> Iterator[Verdict]:
    """Yields verdicts on memorization: at most 10 % of the samples are authentic.

    A sample isn't authentic if it is nearer to a training sample than that sample's own nearest
    neighbour in the training set.
    """
    authentic = values_of(measurements, "authentic")
    if authentic and authentic[-1] <= COPIED:
        yield Verdict(
            "memorising",
            f"The generator is memorising: only {authentic[-1]:.0%} of its samples are authentic, "
            "the others lie nearer to a training sample than its own nearest neighbour does.",
            "Use more data or an augmentation (DiffAugment, ADA), stop earlier, or go back to the "
            "best checkpoint.",
        )
