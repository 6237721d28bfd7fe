"""Reference trajectories of diffusers' and k-diffusion's samplers: `samplers.py OUT.json`.

Each runs in float64 on the closed-form denoiser of a mixture of two Gaussians, with noise that is a formula, so that
test/reference-samplers.test.ts can repeat it. States and levels are in units of the data: x / scale and sigma / scale.
Needs torch, diffusers, k-diffusion, torchsde, torchdiffeq and scipy; the product needs none of them.
"""
import importlib.util
import inspect
import json
import sys
import types
from unittest import mock

import numpy as np
import torch

# What the schedulers round to float32 on the way stays float64.
torch.float32 = torch.float = torch.float64
np.float32 = np.float64
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

import diffusers  # noqa: E402
from diffusers import schedulers  # noqa: E402

T, STEPS = 1000, 8
BETAS = np.linspace(1e-4, 2e-2, T)
PARTS = [(0.6, (1.0, 0.5), (0.4, 0.3)), (0.4, (-1.0, -0.5), (0.2, 0.5))]
START = torch.tensor([[0.3, -2.0], [1.5, 0.8]])


def denoise(y, rho):
    """E[x_0 | y] where y = x_0 + rho z."""
    logs, means = [], []
    for weight, mean, std in PARTS:
        mean, variance = torch.tensor(mean), torch.tensor(std) ** 2
        total = variance + rho**2
        logs.append(np.log(weight) - ((y - mean) ** 2 / (2 * total) + torch.log(total) / 2).sum(-1))
        means.append(mean + variance / total * (y - mean))
    shares = torch.softmax(torch.stack(logs), 0)
    return (shares[..., None] * torch.stack(means)).sum(0)


class Noise:
    """The draws of the test's noise source: draw d of number i is 1.4 sin(12.9 d + 78.2 i + 1)."""

    def __init__(self):
        self.draws = 0

    def __call__(self, *_, **__):
        angles = 12.9 * self.draws + 78.2 * torch.arange(4.0) + 1
        self.draws += 1
        return (1.4 * torch.sin(angles)).reshape(2, 2)


def as_numbers(x):
    return [None if np.isnan(value) else float(f"{value:.12g}") for value in x.flatten().tolist()]


def with_diffusers(name, steps, eta, **options):
    scheduler_class = getattr(schedulers, name)
    scheduler = scheduler_class(trained_betas=BETAS, num_train_timesteps=T, **options)
    scheduler.set_timesteps(steps)
    module = sys.modules[scheduler_class.__module__]
    in_data_units = name.startswith(("Euler", "Heun", "LMS"))
    noise = Noise()
    abar = scheduler.alphas_cumprod
    ratio = lambda t: float(((1 - abar[t]) / abar[t]) ** 0.5)
    if hasattr(scheduler, "sigmas"):
        sigmas = [float(s) for s in scheduler.sigmas]
    else:
        sigmas = [ratio(int(t)) for t in scheduler.timesteps] + [0.0]
    y, states, levels = START * sigmas[0], [], [sigmas[0]]
    with mock.patch.object(module, "randn_tensor", noise, create=True):
        for i, t in enumerate(scheduler.timesteps):
            rho, after = sigmas[i], sigmas[i + 1]
            eps = (y - denoise(y, rho)) / rho
            scale, scale_after = (1.0, 1.0) if in_data_units else ((1 + rho**2) ** -0.5, (1 + after**2) ** -0.5)
            if in_data_units:
                scheduler.scale_model_input(y, t)
            extra = {} if eta is None else {"eta": eta}
            y = scheduler.step(eps, t, y * scale, **extra).prev_sample / scale_after
            if not getattr(scheduler, "state_in_first_order", True):
                continue
            states.append(as_numbers(y))
            levels.append(after)
    return {"sigmas": levels, "timesteps": [float(t) for t in scheduler.timesteps], "states": states}


def k_sampling():
    """k_diffusion.sampling alone: the package imports much that no sampler needs."""
    for name in ("k_diffusion", "torchvision", "torchvision.transforms", "torchvision.transforms.functional"):
        sys.modules.setdefault(name, mock.MagicMock())
    package = types.ModuleType("k_diffusion")
    package.__path__ = K_PATH
    sys.modules["k_diffusion"] = package
    return importlib.import_module("k_diffusion.sampling")


K_PATH = importlib.util.find_spec("k_diffusion").submodule_search_locations


def with_k_diffusion(k, name, sigmas, brownian=False, **options):
    noise = Noise()
    states = []
    first = None

    def correlated(sigma, sigma_next):
        """Draws of one Brownian path: of a step's first part, then of the whole step."""
        nonlocal first
        length = float(sigma - sigma_next)
        if first is None:
            first = (noise(), length)
            return first[0]
        z1, part = first
        first = None
        rho2 = min(1.0, part / length)
        return rho2**0.5 * z1 + (1 - rho2) ** 0.5 * noise()

    def model(x, sigma, **_):
        return denoise(x, float(sigma[0]))

    def callback(info):
        if info["i"] > 0:
            states.append(as_numbers(info["x"]))

    function = getattr(k, name)
    if "noise_sampler" in inspect.signature(function).parameters:
        options["noise_sampler"] = correlated if brownian else noise
    with mock.patch.object(torch, "randn_like", noise):
        end = function(model, START * sigmas[0], sigmas, callback=callback, disable=True, **options)
    states.append(as_numbers(end))
    return {"sigmas": [float(s) for s in sigmas], "states": states}


def main(out):
    cases = {}

    def diffusers_case(label, name, steps=STEPS, eta=None, **options):
        cases[label] = with_diffusers(name, steps, eta, **options)

    plain = {"clip_sample": False, "timestep_spacing": "leading"}
    for variance in ("fixed_small", "fixed_large"):
        diffusers_case(f"ddpm {variance}", "DDPMScheduler", variance_type=variance, **plain)
    for eta in (0.0, 0.5, 1.0):
        diffusers_case(f"ddim {eta:g}", "DDIMScheduler", eta=eta, **plain)
    diffusers_case("ddim trailing", "DDIMScheduler", eta=0.5, clip_sample=False, timestep_spacing="trailing")
    for spacing in ("leading", "trailing", "linspace"):
        for offset in (0, 1):
            diffusers_case(
                f"spacing {spacing} {offset}", "DDIMScheduler", eta=0.0, clip_sample=False,
                timestep_spacing=spacing, steps_offset=offset,
            )
            # On linspace diffusers' DDIM goes to t - T / n, which is not the next timestep.
            cases[f"spacing {spacing} {offset}"]["states"] = []
    diffusers_case("euler", "EulerDiscreteScheduler", timestep_spacing="linspace")
    diffusers_case("euler ancestral", "EulerAncestralDiscreteScheduler", timestep_spacing="trailing")
    diffusers_case("heun", "HeunDiscreteScheduler", timestep_spacing="linspace")
    diffusers_case("lms", "LMSDiscreteScheduler", timestep_spacing="leading")
    for sigma in ("karras", "exponential"):
        diffusers_case(f"euler {sigma}", "EulerDiscreteScheduler", **{f"use_{sigma}_sigmas": True})
        diffusers_case(f"2M {sigma}", "DPMSolverMultistepScheduler", **{f"use_{sigma}_sigmas": True})
    for solver in ("midpoint", "heun"):
        for order in (1, 2, 3):
            for steps in (STEPS, 16):
                diffusers_case(
                    f"multistep {order} {solver} {steps}", "DPMSolverMultistepScheduler", steps=steps,
                    solver_order=order, solver_type=solver,
                )
            # Not 3: scorebridge has no such solver, since the coefficient of diffusers' is not the paper's.
            if order < 3:
                diffusers_case(
                    f"multistep sde {order} {solver}", "DPMSolverMultistepScheduler",
                    solver_order=order, solver_type=solver, algorithm_type="sde-dpmsolver++",
                )
            diffusers_case(
                f"singlestep {order} {solver}", "DPMSolverSinglestepScheduler",
                solver_order=order, solver_type=solver, final_sigmas_type="zero",
            )
    diffusers_case("multistep euler at final", "DPMSolverMultistepScheduler", euler_at_final=True, steps=16)
    diffusers_case("multistep to min", "DPMSolverMultistepScheduler", final_sigmas_type="sigma_min")
    for solver in ("bh1", "bh2"):
        for order in (1, 2, 3):
            diffusers_case(f"uni-pc {order} {solver}", "UniPCMultistepScheduler", solver_order=order, solver_type=solver)
    for order in (1, 2, 3):
        diffusers_case(f"deis {order}", "DEISMultistepScheduler", solver_order=order)

    k = k_sampling()
    abar = np.cumprod(1 - BETAS)
    ratios = np.sqrt((1 - abar) / abar)
    low, high = float(ratios[0]), float(ratios[-1])
    lists = {
        "karras": k.get_sigmas_karras(STEPS, low, high),
        "exponential": k.get_sigmas_exponential(STEPS, low, high),
        "polyexponential": k.get_sigmas_polyexponential(STEPS, low, high, rho=1.5),
    }
    for label, sigmas in lists.items():
        cases[f"k list {label}"] = {"sigmas": [float(s) for s in sigmas], "states": []}
    churn = {"s_churn": 3.0, "s_tmin": 0.05, "s_tmax": 20.0, "s_noise": 1.003}
    for label, sigmas in lists.items():
        for name in ("euler", "heun"):
            cases[f"k {name} {label}"] = with_k_diffusion(k, f"sample_{name}", sigmas)
            cases[f"k {name} churn {label}"] = with_k_diffusion(k, f"sample_{name}", sigmas, **churn)
        for order in (1, 2, 3, 4):
            cases[f"k lms {order} {label}"] = with_k_diffusion(k, "sample_lms", sigmas, order=order)
        cases[f"k 2m {label}"] = with_k_diffusion(k, "sample_dpmpp_2m", sigmas)
        for eta in (0.0, 0.5, 1.0):
            at = {"eta": eta, "s_noise": 1.01}
            for name in ("euler_ancestral", "dpmpp_2s_ancestral", "dpmpp_3m_sde"):
                cases[f"k {name} {eta:g} {label}"] = with_k_diffusion(k, f"sample_{name}", sigmas, **at)
            cases[f"k dpmpp_sde {eta:g} {label}"] = with_k_diffusion(k, "sample_dpmpp_sde", sigmas, brownian=True, **at)
            for solver in ("midpoint", "heun"):
                cases[f"k 2m_sde {solver} {eta:g} {label}"] = with_k_diffusion(
                    k, "sample_dpmpp_2m_sde", sigmas, solver_type=solver, **at
                )
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__, "k-diffusion": "0.1.1.post1"}
    with open(out, "w") as file:
        rows = [f'    {json.dumps(label)}: {json.dumps(case, separators=(",", ":"))}' for label, case in cases.items()]
        file.write('{\n  "versions": ' + json.dumps(versions) + ',\n  "cases": {\n' + ",\n".join(rows) + "\n  }\n}\n")


main(sys.argv[1])
