"""Who moves when: the orders of a GAN's step, as `(gan, real, step, generator_moves) -> measured`.

`generator_moves` is a boolean scalar, true at every `n_critic`-th step.
"""

from keras_gan.penalties import branch, branch_on_interval

from keras import ops


def alternating(gan, real, step, generator_moves):
    """The discriminator, then the generator against it, each with its own latents."""
    batch_size = ops.shape(real[0])[0]
    draws = {player: gan.draw_noise(batch_size, player, step) for player in gan.players}
    measured = discriminator_alone(gan, real, draws["discriminator"], step)
    return measured | where_it_moves(
        gan,
        generator_moves,
        lambda: branch_on_interval(
            penalties_on(gan, "generator"),
            gan.phase(step),
            lambda due: gan.generator_step(real, draws["generator"], due),
        ),
        unmoved,
    )


def shared(gan, real, step, generator_moves):
    """The same with the same latents for both: one pass of the generator."""
    return together(gan, gan.shared_step, real, step, generator_moves)


def one_stage(gan, real, step, generator_moves):
    """Both at once: one pass of each player and one way back."""
    return together(gan, gan.one_stage_step, real, step, generator_moves)


UPDATES = {"alternating": alternating, "shared": shared, "one_stage": one_stage}


def together(gan, both, real, step, generator_moves):
    """`both(real, noise, penalties)`, or the discriminator alone while the generator rests."""
    noise = gan.draw_noise(ops.shape(real[0])[0], "discriminator", step)
    return where_it_moves(
        gan,
        generator_moves,
        lambda: branch_on_interval(
            gan.penalties, gan.phase(step), lambda due: both(real, noise, due)
        ),
        lambda: discriminator_alone(gan, real, noise, step) | unmoved(),
    )


def discriminator_alone(gan, real, noise, step):
    """The discriminator's half-step with the penalties that are due."""
    return branch_on_interval(
        penalties_on(gan, "discriminator"),
        gan.phase(step),
        lambda due: gan.discriminator_step(real, noise, due),
    )


def penalties_on(gan, player):
    """The penalties on one player."""
    return [penalty for penalty in gan.penalties if penalty.player == player]


def where_it_moves(gan, generator_moves, moving, resting):
    """`moving()` where the generator moves, else `resting()`, of the same structure."""
    return moving() if gan.n_critic == 1 else branch(generator_moves, moving, resting)


def unmoved():
    """What a generator at rest reports."""
    zero = ops.zeros((), "float32")
    return {"g_loss": zero, "g_gradient": zero}
