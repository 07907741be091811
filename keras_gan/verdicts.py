"""Verdicts on a training: the discriminator, collapse, coverage and memorization.

Each verdict applies a fixed rule to the history (accuracies, gradients) or to the metrics, and
quotes the figures.
"""

import dataclasses
from collections.abc import Iterator, Sequence

AT_CHANCE = 0.05  # maximum distance of the discriminator's accuracy from 1/2
ONE_SIDED = 0.75  # minimum share of samples with the same answer, at an accuracy of 1/2
WINNING = 0.95  # minimum accuracy of the discriminator on real and on generated samples
NO_SIGNAL = 0.01  # maximum gradient of the generator, as a share of its largest
COLLAPSED = 0.5  # maximum coverage or modes, as a share of their best
FEW_COVERED = 0.1  # maximum coverage
COPIED = 0.1  # maximum share of authentic samples; about 0.5 without memorization
RECENT = 0.25  # share of the history to consider
STEADY = "use relativistic_paired with R1 and R2, or lower the learning rates"  # an advice
GRADIENT = "g_gradient"  # of the generators of all duels
LOG_NAMES = ("real_accuracy", "fake_accuracy", GRADIENT)  # rows without them are skipped


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A verdict on a run.

    Attributes:
        name: `"chance"`, `"one-sided"`, `"winning"`, `"collapse"`, `"narrow"`, `"memorizing"`, or
            `"playing"` if none of these applies.
        text: Sentence that states the verdict and its figures.
        advice: Recommended changes; empty for `"playing"`.
    """

    name: str
    text: str
    advice: str = ""

    def __str__(self):
        return f"{self.text} {self.advice}".strip()


def judge(
    history: Sequence[dict[str, float]], measurements: Sequence[dict[str, float | None]] = ()
) -> list[Verdict]:
    """Returns the verdicts on a run.

    Args:
        history: Rows of the history, oldest first, as `keras_gan.callbacks.read_table` reads them.
            Accuracies and gradients are averaged over the last quarter.
        measurements: Rows of metrics, oldest first, with keys such as `coverage[digits]`. The last
            value of each metric is compared with its best.

    Returns:
        A list of `Verdict`s: `"playing"` if no other applies; empty without a history.

    Example:

    >>> from keras_gan import verdicts
    >>> row = {"real_accuracy": 0.52, "fake_accuracy": 0.49, "g_gradient": 0.3}
    >>> [verdict.name for verdict in verdicts.judge([row])]
    ['chance']
    """
    duels = split_duels(history)
    verdicts = [
        *(verdict for name, rows in duels.items() for verdict in judge_discriminator(rows, name)),
        *judge_diversity(measurements),
        *judge_copies(measurements),
    ]
    return verdicts or [balanced(rows, name) for name, rows in duels.items()]


def split_duels(history: Sequence[dict[str, float]]) -> dict[str, list[dict[str, float]]]:
    """Returns the history of each duel, as name of its discriminator -> rows of `LOG_NAMES`.

    The logs of a game with several duels have prefixes, such as `a_real_accuracy`. A GAN's name is
    empty. Rows without the logs are left out.
    """
    first = LOG_NAMES[0]
    names = dict.fromkeys(log for row in history for log in row if log.endswith(first))
    duels = {}
    for prefix in (name.removesuffix(first) for name in names):
        logs = {name: name if name == GRADIENT else prefix + name for name in LOG_NAMES}
        rows = [row for row in history if row.keys() >= set(logs.values())]
        if rows:
            duels[prefix.rstrip("_")] = [{n: row[log] for n, log in logs.items()} for row in rows]
    return duels


def balanced(history: Sequence[dict[str, float]], name: str) -> Verdict:
    """Returns the verdict on a duel that no other verdict applies to."""
    real, fake, _ = recent(history)
    if min(real, fake) >= WINNING:
        return Verdict(
            "playing",
            f"The {discriminator(name)} is ahead: right on {real:.0%} of the real and {fake:.0%} "
            "of the generated samples, and the generator still gets a signal to learn from.",
        )
    return Verdict(
        "playing",
        f"Neither player is winning: the {discriminator(name)} is right on {real:.0%} of the real "
        f"and {fake:.0%} of the generated samples.",
    )


def discriminator(name: str) -> str:
    """Returns the words for a discriminator: `"discriminator"`, or `"discriminator a"`."""
    return f"discriminator {name}".strip()


def recent(history: Sequence[dict[str, float]]) -> tuple[float, ...]:
    """Computes the means of `LOG_NAMES` over the last quarter of the history."""
    rows = history[-max(1, round(RECENT * len(history))) :]
    return tuple(sum(row[name] for row in rows) / len(rows) for name in LOG_NAMES)


def judge_discriminator(history: Sequence[dict[str, float]], name: str = "") -> Iterator[Verdict]:
    """Yields verdicts on a discriminator, given its duel's history and its name.

    If its mean accuracy is within 0.05 of 1/2, it is one-sided or at chance. It is winning if its
    accuracies on real and on generated samples are at least 0.95, and the norm of the generator's
    gradient is at most 1 % of its maximum in the history.
    """
    real, fake, gradient = recent(history)
    largest = max(row["g_gradient"] for row in history)
    if abs((real + fake) / 2 - 0.5) <= AT_CHANCE:
        yield judge_answers(real, fake, name)
    if min(real, fake) >= WINNING and gradient <= NO_SIGNAL * largest:
        yield Verdict(
            "winning",
            f"The {discriminator(name)} is winning: right on {real:.0%} of the real and "
            f"{fake:.0%} of the generated samples, and the generator's gradient has fallen to "
            f"{gradient:.2g} from {largest:.2g}: it gets no signal.",
            "Use a loss that doesn't saturate (non_saturating, relativistic_paired), add R1 or "
            "raise its weight, or lower the discriminator's learning rate.",
        )


def judge_answers(real: float, fake: float, name: str) -> Verdict:
    """Returns the verdict on a discriminator that is right on half of the samples.

    It is one-sided if it gives the same answer, real or generated, on at least 3/4 of all samples,
    and at chance otherwise.

    Args:
        real, fake: Its accuracies on real and on generated samples.
        name: Its name.
    """
    right = f"right on {real:.0%} of the real and {fake:.0%} of the generated samples."
    called_real = (real + 1.0 - fake) / 2
    share, answer = max((called_real, "real"), (1.0 - called_real, "generated"))
    if share >= ONE_SIDED:
        return Verdict(
            "one-sided",
            f"The {discriminator(name)} calls {share:.0%} of all samples {answer}: {right}",
            "Most of its logits are on one side of 0, whether or not they tell generated samples "
            f"from real ones: the metrics show which. If it lasts, {STEADY}.",
        )
    return Verdict(
        "chance",
        f"The {discriminator(name)} is at chance: {right}",
        "Either it can't tell generated samples from real ones any more, or it is too weak, as "
        "early in a training: the metrics show which. If they stay bad, widen it, raise its "
        "learning rate or lower its penalties.",
    )


def values_of(measurements: Sequence[dict[str, float | None]], name: str) -> list[float]:
    """Returns the values of a metric, oldest first, with the extractor of the newest one."""
    measured = [
        (key, value)
        for row in measurements
        for key, value in row.items()
        if key.partition("[")[0] == name and value is not None
    ]
    return [value for key, value in measured if key == measured[-1][0]]


def judge_diversity(measurements: Sequence[dict[str, float | None]]) -> Iterator[Verdict]:
    """Yields verdicts on mode collapse and on low coverage.

    The generator has collapsed if its coverage or its number of modes is at most half of the best
    so far. It covers little of the data if its coverage is at most 0.1 and was never much better.
    """
    for name in ("coverage", "modes"):
        values = values_of(measurements, name)
        if not values:
            continue
        last, best = values[-1], max(values)
        if last <= COLLAPSED * best and last < best:
            yield Verdict(
                "collapse",
                f"The generator has collapsed: its {name} {'are' if name == 'modes' else 'is'} "
                f"{last:.3g}, from {best:.3g}.",
                f"Go back to the best checkpoint; {STEADY}.",
            )
        elif name == "coverage" and last <= FEW_COVERED:
            yield Verdict(
                "narrow",
                f"The generator covers little of the data: its coverage is {last:.3g}.",
                "Early in a training that is normal: train longer. Later it has collapsed: "
                f"{STEADY}.",
            )


def judge_copies(measurements: Sequence[dict[str, float | None]]) -> Iterator[Verdict]:
    """Yields a verdict on memorization, if at most 10 % of the samples are authentic.

    A sample is authentic unless it is nearer to a training sample than that training sample's own
    nearest neighbour in the training set.
    """
    authentic = values_of(measurements, "authentic")
    if authentic and authentic[-1] <= COPIED:
        yield Verdict(
            "memorizing",
            f"The generator is memorizing: only {authentic[-1]:.0%} of its samples are authentic, "
            "the others lie nearer to a training sample than its own nearest neighbour does.",
            "Use more data or an augmentation (DiffAugment, ADA), stop earlier, or go back to the "
            "best checkpoint.",
        )
