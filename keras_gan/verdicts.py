"""The end of the game, told: where a run stands, in words, by stated rules.

Each verdict follows from a rule on the figures of the history (`d_loss`, accuracies, gradients)
and of the metrics, and quotes them.
"""

import dataclasses

AT_CHANCE = 0.05  # the discriminator's accuracy, from 1/2
WINNING = 0.95  # its accuracy on real and on generated samples
NO_SIGNAL = 0.01  # the generator's gradient, as a share of its largest
COLLAPSED = 0.5  # coverage or modes, as a share of their best, or of all modes
FEW_COVERED = 0.1  # coverage
COPIED = 0.1  # authentic samples; honest ones reach about 0.5
RECENT = 0.25  # of the history that counts
JUDGED = ("real_accuracy", "fake_accuracy", "g_gradient")  # rows without them are passed over


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Something that can be said of a run.

    Attributes:
        name: `chance`, `winning`, `collapse`, `memorising` or `playing`.
        text: A sentence with the figures.
        advice: What to do; empty where nothing has to be done.
    """

    name: str
    text: str
    advice: str = ""

    def __str__(self):
        return f"{self.text} {self.advice}".strip()


def judge(history, measurements=()) -> list[Verdict]:
    """What can be said of a run.

    Args:
        history: Rows of the history, as `keras_gan.callbacks.read_table` reads them; the last
            quarter counts.
        measurements: Rows of metrics, oldest first, keys such as `coverage[digits]`; the last one
            counts, and the best of each figure.

    Returns:
        Verdicts; `playing` where there is nothing else to say, none without any rows.

    Example:

    >>> from keras_gan import verdicts
    >>> row = {"real_accuracy": 0.52, "fake_accuracy": 0.49, "g_gradient": 0.3}
    >>> [verdict.name for verdict in verdicts.judge([row])]
    ['chance']
    """
    history = [row for row in history if row.keys() >= set(JUDGED)]
    found = [
        *on_discriminator(history),
        *on_collapse(measurements),
        *on_copies(measurements),
    ]
    if found or not history:
        return found
    real, fake, _ = recent(history)
    return [
        Verdict(
            "playing",
            f"The game is open: the discriminator is right on {real:.0%} of the real and "
            f"{fake:.0%} of the generated samples.",
        )
    ]


def recent(history):
    """Means over the last quarter: accuracy on real, on generated samples, g's gradient."""
    rows = history[-max(1, round(RECENT * len(history))) :]
    return tuple(sum(row[name] for row in rows) / len(rows) for name in JUDGED)


def on_discriminator(history):
    """At chance: the mean accuracy is within 0.05 of 1/2.

    Winning: both accuracies are 0.95 or more, and the generator's gradient is at most 1 % of the
    largest in the history.
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
            "Either it can't tell D' from D any more, or it is too weak to: the metrics know. If "
            "they are bad, widen it, raise its learning rate or lower its penalties.",
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


def figures(measurements, name):
    """The values of a figure, whatever its extractor, oldest first."""
    return [
        value
        for row in measurements
        for key, value in row.items()
        if key.partition("[")[0] == name and value is not None
    ]


def on_collapse(measurements):
    """Coverage at most 0.1, or coverage or modes at most half of the best before."""
    for name in ("coverage", "modes"):
        values = figures(measurements, name)
        if not values:
            continue
        last, best = values[-1], max(values)
        few = name == "coverage" and last <= FEW_COVERED
        if few or last <= COLLAPSED * best:
            fallen = f", from {best:.3g}" if best > last else ""
            yield Verdict(
                "collapse",
                f"The generator has collapsed: its {name} {'are' if name == 'modes' else 'is'} "
                f"{last:.3g}{fallen}.",
                "Go back to the best checkpoint; use relativistic_paired with R1 and R2, or lower "
                "the learning rates.",
            )


def on_copies(measurements):
    """At most 10 % of the samples are authentic, the others nearer to a training sample than
    training samples are to each other.
    """
    authentic = figures(measurements, "authentic")
    if authentic and authentic[-1] <= COPIED:
        yield Verdict(
            "memorising",
            f"The generator is memorising: only {authentic[-1]:.0%} of its samples are authentic, "
            "the others lie nearer to a training sample than its own nearest neighbour does.",
            "Use more data or an augmentation (DiffAugment, ADA), stop earlier, or go back to the "
            "best checkpoint.",
        )
