"""A tiny diffusers U-Net as ONNX files, and what diffusers' own schedulers draw with it: `unet.py FOLDER`.

Writes unet.onnx (int64 timesteps, one a sample, an open batch), unet-fp16.onnx (float16, one timestep) and
unet-batch-2.onnx (batches of two), and unet.json with the start, the noise and the samples. Weights are random, from a seed:
what is tested is that the same network is asked the same things. Needs torch, diffusers and onnx; the product does not.
"""
import json
import sys
from pathlib import Path
from unittest import mock

import torch
from diffusers import UNet2DModel, schedulers

torch.manual_seed(5)
torch.set_num_threads(1)
unet = UNet2DModel(
    sample_size=8, in_channels=3, out_channels=3, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4,
    down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"), add_attention=False,
).eval()


class Network(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, sample, timestep):
        return self.net(sample, timestep, return_dict=False)[0]


def export(path, net, dtype, timestep, batch=None):
    sample = torch.zeros(batch or 2, 3, 8, 8, dtype=dtype)
    names = {"input_names": ["sample", "timestep"], "output_names": ["out_sample"]}
    open_batch = {"sample": {0: "batch"}, "out_sample": {0: "batch"}}
    if timestep.dim() and batch is None:
        open_batch["timestep"] = {0: "batch"}
    with torch.no_grad():
        torch.onnx.export(
            Network(net), (sample, timestep), path, dynamo=False, opset_version=17,
            dynamic_axes=None if batch else open_batch, **names,
        )


def numbers(x):
    return [float(f"{value:.8g}") for value in x.flatten().tolist()]


def draw(name, start, **options):
    """The samples of a scheduler; noise is that of the formula, draw by draw."""
    scheduler_class = getattr(schedulers, name)
    betas = {"beta_schedule": "scaled_linear", "beta_start": 8.5e-4, "beta_end": 1.2e-2}
    scheduler = scheduler_class(**betas, **options)
    scheduler.set_timesteps(6)
    draws = 0

    def noise(*_, **__):
        nonlocal draws
        angles = 12.9 * draws + 78.2 * torch.arange(start.numel(), dtype=torch.float64) + 1
        draws += 1
        return (1.4 * torch.sin(angles)).float().reshape(start.shape)

    x = start * scheduler.init_noise_sigma
    with torch.no_grad(), mock.patch.object(sys.modules[scheduler_class.__module__], "randn_tensor", noise, create=True):
        for t in scheduler.timesteps:
            eps = unet(scheduler.scale_model_input(x, t), t).sample
            x = scheduler.step(eps, t, x).prev_sample
    sigmas = [float(s) for s in getattr(scheduler, "sigmas", [])]
    return {"timesteps": [float(t) for t in scheduler.timesteps], "sigmas": sigmas, "samples": numbers(x)}


def main(folder):
    folder = Path(folder)
    export(folder / "unet.onnx", unet, torch.float32, torch.zeros(2, dtype=torch.int64))
    export(folder / "unet-batch-2.onnx", unet, torch.float32, torch.zeros(2, dtype=torch.int64), batch=2)
    start = 1.3 * torch.sin(3.7 * torch.arange(3 * 192, dtype=torch.float64) + 0.4).float().reshape(3, 3, 8, 8)
    leading = {"timestep_spacing": "leading", "steps_offset": 1}
    with torch.no_grad():
        each = unet(start, torch.tensor([0, 321, 999])).sample
    cases = {
        "ddim": draw("DDIMScheduler", start, clip_sample=False, set_alpha_to_one=True, **leading),
        "ddpm": draw("DDPMScheduler", start, clip_sample=False, timestep_spacing="leading"),
        "multistep": draw("DPMSolverMultistepScheduler", start, **leading),
        "uni-pc": draw("UniPCMultistepScheduler", start, **leading),
        "euler": draw("EulerDiscreteScheduler", start, **leading),
        "euler ancestral": draw("EulerAncestralDiscreteScheduler", start, **leading),
        "heun": draw("HeunDiscreteScheduler", start, **leading),
    }
    export(folder / "unet-fp16.onnx", unet.half(), torch.float16, torch.tensor(0, dtype=torch.int64))
    with open(folder / "unet.json", "w") as file:
        json.dump({"each": numbers(each), "cases": cases}, file, separators=(",", ":"))


main(sys.argv[1])
