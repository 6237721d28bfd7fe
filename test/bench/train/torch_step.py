"""The training step of problem.ts in PyTorch: `torch_step.py MODE BATCH THREADS [DEVICE]`, answering as side.ts does.

MODE is eager, channels-last or compiled. A yardstick: nothing of the product needs it.
"""
import copy
import math
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

BASE, MULTIPLIERS, GROUPS, ATTENTION, SIDE = 32, (1, 2, 2), 8, (7,), 28
WIDTH = 4 * BASE


class Residual(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.embedding = nn.Linear(WIDTH, outputs)
        self.norm2 = nn.GroupNorm(GROUPS, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x, e):
        h = self.conv1(F.silu(self.norm1(x))) + self.embedding(e)[:, :, None, None]
        return self.skip(x) + self.conv2(F.silu(self.norm2(h)))


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b, 3, c, h * w).transpose(2, 3).unbind(1)
        y = F.scaled_dot_product_attention(q, k, v)
        return x + self.out(y.transpose(1, 2).reshape(b, c, h, w))


class Block(nn.Module):
    def __init__(self, inputs, outputs, side):
        super().__init__()
        self.residual = Residual(inputs, outputs)
        self.attention = Attention(outputs) if side in ATTENTION else nn.Identity()

    def forward(self, x, e):
        return self.attention(self.residual(x, e))


class Down(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x, e):
        return self.conv(x)


class Up(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)

    def forward(self, x, e):
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.time1, self.time2 = nn.Linear(BASE, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.stem = nn.Conv2d(1, BASE, 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        self.joins = []
        current, skips, last = BASE, [BASE], len(MULTIPLIERS) - 1
        for level, m in enumerate(MULTIPLIERS):
            self.down.append(Block(current, BASE * m, SIDE >> level))
            current = BASE * m
            skips.append(current)
            if level < last:
                self.down.append(Down(current))
                skips.append(current)
        self.middle1, self.middle2 = Block(current, current, SIDE >> last), Residual(current, current)
        for level in range(last, -1, -1):
            for _ in range(2):
                self.up.append(Block(current + skips.pop(), BASE * MULTIPLIERS[level], SIDE >> level))
                self.joins.append(True)
                current = BASE * MULTIPLIERS[level]
            if level > 0:
                self.up.append(Up(current, BASE * MULTIPLIERS[level - 1]))
                self.joins.append(False)
                current = BASE * MULTIPLIERS[level - 1]
        self.norm = nn.GroupNorm(GROUPS, current)
        self.out = nn.Conv2d(current, 1, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        half = BASE // 2
        self.register_buffer("frequencies", 1e-4 ** (torch.arange(half) / (half - 1)))

    def forward(self, x, t):
        angles = t[:, None] * self.frequencies
        e = self.time2(F.silu(self.time1(torch.cat([angles.sin(), angles.cos()], 1))))
        e = F.silu(e)
        h = self.stem(x)
        saved = [h]
        for stage in self.down:
            h = stage(h, e)
            saved.append(h)
        h = self.middle2(self.middle1(h, e), e)
        for stage, joins in zip(self.up, self.joins):
            h = stage(torch.cat([h, saved.pop()], 1) if joins else h, e)
        return self.out(F.silu(self.norm(h)))


mode, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
device = sys.argv[4] if len(sys.argv) > 4 else "cpu"
torch.set_num_threads(threads)
torch.manual_seed(1)
torch.set_default_device(device)
torch.backends.cudnn.benchmark = True
net = UNet()
layout = torch.channels_last if mode == "channels-last" else torch.contiguous_format
net = net.to(memory_format=layout)
ema = copy.deepcopy(net)
optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.01)
forward = torch.compile(net) if mode == "compiled" else net
x0 = torch.full((batch, 1, SIDE, SIDE), 0.5).to(memory_format=layout)
T = 1000
alpha_bar = torch.cos((torch.arange(1, T + 1) / T + 0.008) / 1.008 * math.pi / 2) ** 2


def step():
    t = torch.randint(T, (batch,))
    a, s = [c[:, None, None, None] for c in (alpha_bar[t].sqrt(), (1 - alpha_bar[t]).sqrt())]
    eps = torch.randn_like(x0)
    loss = F.mse_loss(forward(a * x0 + s * eps, t.float()), a * eps - s * x0)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimiser.step()
    with torch.no_grad():
        torch._foreach_lerp_(list(ema.parameters()), list(net.parameters()), 0.001)
    return loss.item()


for line in sys.stdin:
    if line.strip() == "memory":
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
    elif line.strip() == "parameters":
        print(sum(p.numel() for p in net.parameters()), flush=True)
    else:
        start = time.perf_counter()
        step()
        print(time.perf_counter() - start, flush=True)
