"""The package's training step in PyTorch, with equal losses, penalties, updates and average."""

import copy
import math

from peers.torch_networks import TWINS

import torch
from torch.nn import functional

LOSSES = {
    "non_saturating": lambda r, f: functional.softplus(-r).mean() + functional.softplus(f).mean(),
    "wasserstein": lambda r, f: f.mean() - r.mean(),
    "hinge": lambda r, f: functional.relu(1 - r).mean() + functional.relu(1 + f).mean(),
    "relativistic_paired": lambda r, f: functional.softplus(f - r).mean(),
}


class TorchGame:
    """A GAN and its training step, as an experienced PyTorch user writes it.

    Args:
        family: Name of the networks, a key of `TWINS`.
        size: Height and width of the images.
        channels: Number of channels of the images.
        width: Width of the networks.
        latent_dim: Size of the latent vector.
        batch_size: Number of samples per step.
        loss: `"non_saturating"`, `"wasserstein"`, `"hinge"` or `"relativistic_paired"`.
        penalties: Names among `"r1"`, `"r2"`, `"gradient_penalty"` and `"drift"`.
        interval: Number of steps between two computations of the penalties.
        n_critic: Number of discriminator steps per generator step.
        update: `"alternating"`, or `"shared"` for one pass of the generator for both players.
        compiled: Whether to compile the losses by `torch.compile`. The penalties need second
            derivatives and aren't compiled.
        device: Device of the networks, such as `"cuda"`.
        bfloat16: Whether to compute under `torch.autocast` in bfloat16.
        rate: Learning rate of Adam.
        betas: Decay rates of Adam.
    """

    def __init__(
        self,
        family,
        size,
        channels,
        width,
        latent_dim,
        batch_size,
        loss="non_saturating",
        penalties=(),
        interval=1,
        n_critic=1,
        update="alternating",
        compiled=False,
        device="cpu",
        bfloat16=False,
        rate=1e-3,
        betas=(0.0, 0.99),
    ):
        make_generator, make_discriminator = TWINS[family]
        self.generator = make_generator(size, channels, latent_dim, width).to(device)
        self.discriminator = make_discriminator(size, channels, width).to(device)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.optimizers = [
            torch.optim.Adam(player.parameters(), rate, betas, fused=True)
            for player in (self.generator, self.discriminator)
        ]
        self.latent_dim, self.batch_size, self.device = latent_dim, batch_size, device
        self.loss, self.penalties = loss, penalties
        self.interval, self.n_critic, self.update = interval, n_critic, update
        self.autocast = torch.autocast(device, torch.bfloat16, enabled=bfloat16)
        self.step_count = 0
        self.d_loss, self.g_loss = self.discriminator_loss, self.generator_loss
        if compiled:
            self.d_loss = torch.compile(self.discriminator_loss, dynamic=False)
            self.g_loss = torch.compile(self.generator_loss, dynamic=False)

    def latents(self):
        """Draws a batch of latents."""
        return torch.randn(self.batch_size, self.latent_dim, device=self.device)

    def step(self, real):
        """Trains on a batch of real images; returns the discriminator's loss."""
        fake = None
        moves = (self.step_count + 1) % self.n_critic == 0
        with self.autocast:
            if self.update == "shared" and moves:
                fake = self.generator(self.latents())
                seen = fake.detach()
            else:
                with torch.no_grad():
                    seen = self.generator(self.latents())
            d_loss, real_logits = self.d_loss(real, seen)
            if self.step_count % self.interval == 0:
                d_loss = d_loss + self.interval * self._sum_of_penalties(real, seen, real_logits)
        self._descend(d_loss, self.optimizers[1])
        if moves:
            self.discriminator.requires_grad_(False)
            with self.autocast:
                fake = self.generator(self.latents()) if fake is None else fake
                g_loss = self.g_loss(real, fake)
            self._descend(g_loss, self.optimizers[0])
            self.discriminator.requires_grad_(True)
        self._follow()
        self.step_count += 1
        return d_loss.detach()

    def discriminator_loss(self, real, fake):
        """Returns the discriminator's loss without penalties, and the logits of real images."""
        r, f = self.discriminator(real).float(), self.discriminator(fake).float()
        return LOSSES[self.loss](r, f), r

    def _sum_of_penalties(self, *seen):
        return sum(self._penalty(penalty, *seen) for penalty in self.penalties)

    def _penalty(self, penalty, real, fake, real_logits):
        if penalty == "drift":
            return 0.001 * real_logits.square().mean()
        if penalty in ("r1", "r2"):
            return 0.05 * self._squared_slopes(real if penalty == "r1" else fake).mean()
        place = torch.rand(len(real), 1, 1, 1, device=self.device)
        norms = self._squared_slopes(real + place * (fake - real)).clamp_min(1e-12).sqrt()
        return 10.0 * (norms - 1.0).square().mean()

    def _squared_slopes(self, samples):
        samples = samples.detach().requires_grad_(True)
        total = self.discriminator(samples).float().sum()
        (slope,) = torch.autograd.grad(total, samples, create_graph=True)
        return slope.float().square().sum((1, 2, 3))

    def generator_loss(self, real, fake):
        """Returns the generator's loss."""
        f = self.discriminator(fake).float()
        if self.loss == "relativistic_paired":
            with torch.no_grad():
                r = self.discriminator(real).float()
            return functional.softplus(r - f).mean()
        linear = self.loss in ("wasserstein", "hinge")
        return -f.mean() if linear else functional.softplus(-f).mean()

    def _descend(self, loss, optimizer):
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    @torch.no_grad()
    def _follow(self):
        """Updates the moving average, whose half-life is 20,000 images."""
        share = 1.0 - math.pow(0.5, self.batch_size / 20_000)
        pairs = self.average.parameters(), self.generator.parameters()
        torch._foreach_lerp_(*map(list, pairs), share)
        for mine, other in zip(self.average.buffers(), self.generator.buffers(), strict=True):
            mine.copy_(other)
