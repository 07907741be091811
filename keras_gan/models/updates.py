"""Who moves when: the orders of a GAN's step, as `(gan, real, step) -> measured`.

The step decides what is due, as `gan.phase` has it: the generator moves at every `n_critic`-th.
"""

from keras_gan.penalties import branch_on_interval, branch_on_phase, phases_of

from keras import ops


def alternating(gan, real, step):
    """The discriminator, then the generator against it, each with its own latents."""
    batch_size = ops.shape(real[0])[0]
    draws = {player: gan.draw_noise(batch_size, player, step) for player in gan.players}
    measured = discriminator_alone(gan, real, draws["discriminator"], step)
    return measured | where_it_moves(
        gan,
        step,
        lambda phases: branch_on_interval(
            penalties_on(gan, "generator"),
            gan.phase(step),
            lambda due: gan.generator_step(real, draws["generator"], due),
            phases,
        ),
        lambda phases: unmoved(),
    )


def shared(gan, real, step):
    """The same with the same latents for both: one pass of the generator."""
    return together(gan, gan.shared_step, real, step)


def one_stage(gan, real, step):
    """Both at once: one pass of each player and one way back."""
    return together(gan, gan.one_stage_step, real, step)


UPDATES = {"alternating": alternating, "shared": shared, "one_stage": one_stage}


def together(gan, both, real, step):
    """`both(real, noise, penalties)`, or the discriminator alone while the generator rests."""
    noise = gan.draw_noise(ops.shape(real[0])[0], "discriminator", step)
    return where_it_moves(
        gan,
        step,
        lambda phases: branch_on_interval(
            gan.penalties, gan.phase(step), lambda due: both(real, noise, due), phases
        ),
        lambda phases: discriminator_alone(gan, real, noise, step, phases) | unmoved(),
    )


def discriminator_alone(gan, real, noise, step, phases=None):
    """The discriminator's half-step with the penalties that are due."""
    return branch_on_interval(
        penalties_on(gan, "discriminator"),
        gan.phase(step),
        lambda due: gan.discriminator_step(real, noise, due),
        phases,
    )


def penalties_on(gan, player):
    """The penalties on one player."""
    return [penalty for penalty in gan.penalties if penalty.player == player]


def where_it_moves(gan, step, moving, resting):
    """`moving(phases)` where the generator moves, else `resting(phases)`, of the same structure."""
    phase = gan.phase(step)
    phases = phases_of(phase, gan.n_critic, *(penalty.interval for penalty in gan.penalties))
    return branch_on_phase(gan.generator_moves, phase, phases, moving, resting)


def unmoved():
    """What a generator at rest reports."""
    zero = ops.zeros((), "float32")
    return {"g_loss": zero, "g_gradient": zero}
