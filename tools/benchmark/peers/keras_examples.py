"""A DCGAN step in the style of the Keras examples, with the package's networks.

`train_step` uses two gradient tapes that watch all variables, one batch of generated and real
images, a `BinaryCrossentropy` object, and a forward pass of the generator for each player.
"""

import keras
import tensorflow as tf


class ExampleGAN(keras.Model):
    """A GAN with two optimizers and one loss object."""

    def __init__(self, generator, discriminator, latent_dim):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.latent_dim = latent_dim
        self.seed_generator = keras.random.SeedGenerator(0)

    def compile(self, d_optimizer, g_optimizer, **kwargs):
        """Sets the players' optimizers."""
        super().compile(**kwargs)
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
        self.loss_function = keras.losses.BinaryCrossentropy(from_logits=True)
        self.trackers = [keras.metrics.Mean(name=name) for name in ("d_loss", "g_loss")]

    @property
    def metrics(self):
        """Running means of the losses."""
        return self.trackers

    def train_step(self, real):
        """Trains both players on a batch."""
        batch = tf.shape(real)[0]
        latents = keras.random.normal((batch, self.latent_dim), seed=self.seed_generator)
        combined = tf.concat([self.generator(latents, training=True), real], axis=0)
        labels = tf.concat([tf.zeros((batch, 1)), tf.ones((batch, 1))], axis=0)
        with tf.GradientTape() as tape:
            d_loss = self.loss_function(labels, self.discriminator(combined, training=True))
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))
        latents = keras.random.normal((batch, self.latent_dim), seed=self.seed_generator)
        with tf.GradientTape() as tape:
            fake = self.generator(latents, training=True)
            logits = self.discriminator(fake, training=True)
            g_loss = self.loss_function(tf.ones((batch, 1)), logits)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))
        for tracker, loss in zip(self.trackers, (d_loss, g_loss), strict=True):
            tracker.update_state(loss)
        return {tracker.name: tracker.result() for tracker in self.trackers}
