#!/usr/bin/python3
"""The workloads of `knoll bench` in PyTorch, each in its fastest setting.

    /usr/bin/python3 apps/bench/peers/pytorch_workloads.py lenet5 loss:hill --threads 2 --seconds 1

Every workload is first tried in several settings, and measured in the one that won. What can only be set from outside, the allocator and
the flavour of OpenBLAS, is left to compare.py, which runs this script. The results have the format of `knoll bench --json`, except that
nothing counts operations here, and that each result names its setting.
"""
from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Callable

try:
    import torch
except ImportError:
    print(f"pytorch_workloads: {sys.executable} has no PyTorch; on Debian: apt-get install python3-torch, which is for /usr/bin/python3", file=sys.stderr)
    sys.exit(2)
import torch.nn.functional as F
from torch import Tensor, nn

Step = Callable[[], None]
Setting = frozenset[str]  # of channels_last, onednn, foreach


# Networks, as in networks.cpp and nn/models/resnet20.cpp


def mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(inplace=True), nn.Linear(256, 10))


def lenet5() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(inplace=True),
        nn.Linear(120, 84), nn.ReLU(inplace=True),
        nn.Linear(84, 10),
    )


def cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(3136, 128), nn.ReLU(inplace=True),
        nn.Linear(128, 10),
    )


class BasicBlock(nn.Module):
    def __init__(self, channels_in: int, channels_out: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Sequential()  # empty: the identity
        if channels_in != channels_out or stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out))

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += self.downsample(x)
        return self.relu(y)


def resnet20() -> nn.Module:
    def stage(channels_in: int, channels_out: int, stride: int) -> list[nn.Module]:
        return [BasicBlock(channels_in, channels_out, stride), BasicBlock(channels_out, channels_out, 1), BasicBlock(channels_out, channels_out, 1)]

    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True),
        *stage(16, 16, 1), *stage(16, 32, 2), *stage(32, 64, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )


def training_step(make: Callable[[], nn.Module], shape: list[int], setting: Setting) -> Step:
    torch.manual_seed(1)
    layout = torch.channels_last if "channels_last" in setting else torch.contiguous_format
    net = make().to(memory_format=layout)
    # A rate so small that the weights stay where they are for any number of steps: no step is odd.
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-6, momentum=0.9, foreach="foreach" in setting)
    images = torch.rand(shape).to(memory_format=layout)
    labels = torch.randint(10, (shape[0],))

    def step() -> None:
        loss = F.cross_entropy(net(images), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


# Losses. hill, splc, asl and cce are computed by the operations that their authors' code uses, one after the other, for that is what
# their users run: both branches for every label, weights by pow, and epsilons where that code has them.


def hill(logits: Tensor, targets: Tensor) -> Tensor:
    shifted = torch.sigmoid(logits - 1.0)
    p = torch.sigmoid(logits)
    weight = ((1 - shifted) * targets + (1 - targets)) ** 2.0
    positive = targets * -torch.log(shifted)
    negative = (1 - targets) * (1.5 - p) * p**2
    return (weight * (positive + negative)).sum()


def splc(logits: Tensor, targets: Tensor) -> Tensor:
    """From the second epoch on, when labels are corrected."""
    logits = torch.where(targets == 1, logits - 1.0, logits)
    targets = torch.where(torch.sigmoid(logits) > 0.6, torch.ones_like(targets), targets)
    positive = targets * F.logsigmoid(logits)
    negative = (1 - targets) * F.logsigmoid(-logits)
    p = torch.sigmoid(logits)
    weight = ((1 - p) * targets + p * (1 - targets)) ** 2.0
    return -(weight * (positive + negative)).sum()


def asl(logits: Tensor, targets: Tensor) -> Tensor:
    p = torch.sigmoid(logits)
    others = 1 - targets
    p_absent = (1 - p + 0.05).clamp(max=1)
    log_likelihood = targets * torch.log(p.clamp(min=1e-8)) + others * torch.log(p_absent.clamp(min=1e-8))
    with torch.no_grad():  # their default: the weight is a constant
        weight = (1 - p * targets - p_absent * others) ** (1.0 * targets + 4.0 * others)
    return -(log_likelihood * weight).sum()


def bce(logits: Tensor, targets: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, targets, reduction="sum")


def focal(logits: Tensor, targets: Tensor) -> Tensor:
    p = torch.sigmoid(logits)
    p_missed = p + targets - 2 * p * targets
    return (p_missed**2 * F.binary_cross_entropy_with_logits(logits, targets, reduction="none")).sum()


def cce(logits: Tensor, labels: Tensor) -> Tensor:
    count, classes = logits.shape
    p = F.softmax(logits, dim=1)
    labels_column = labels.unsqueeze(1)
    share = p / (1 - p.gather(1, labels_column)) + 1e-7
    not_the_label = torch.ones_like(p).scatter_(1, labels_column, 0.0)
    entropy = -(share * torch.log(share + 1e-10) * not_the_label).sum() / count
    return F.cross_entropy(logits, labels) - entropy / (classes - 1)


def loss_step(loss: Callable[[Tensor, Tensor], Tensor], shape: list[int], single_label: bool) -> Step:
    torch.manual_seed(1)
    logits = torch.randn(shape, requires_grad=True)
    # Multi-label targets are float, which spares the conversion of the integers that data sets hold.
    targets = torch.randint(shape[1], (shape[0],)) if single_label else torch.bernoulli(torch.full(shape, 0.05))

    def step() -> None:
        logits.grad = None
        loss(logits, targets).backward()

    return step


@dataclass(frozen=True)
class Workload:
    name: str
    shape: list[int]
    prepare: Callable[[Setting], Step]
    choices: tuple[str, ...] = ()  # what a setting of it may hold

    def settings(self) -> list[Setting]:
        return [frozenset(words) for size in range(len(self.choices) + 1) for words in itertools.combinations(self.choices, size)]


def workloads() -> list[Workload]:
    def network(name: str, make: Callable[[], nn.Module], shape: list[int], *choices: str) -> Workload:
        return Workload(name, shape, lambda setting: training_step(make, shape, setting), ("onednn", "foreach", *choices))

    def losses(single_label: bool, shapes: list[list[int]], **functions: Callable[[Tensor, Tensor], Tensor]) -> list[Workload]:
        return [Workload(f"loss:{name}", shape, lambda _, function=function, shape=shape: loss_step(function, shape, single_label))
                for name, function in functions.items() for shape in shapes]

    return [
        network("mlp", mlp, [128, 1, 28, 28]),
        network("lenet5", lenet5, [1, 1, 28, 28], "channels_last"),
        network("lenet5", lenet5, [64, 1, 28, 28], "channels_last"),
        network("cnn", cnn, [128, 1, 28, 28], "channels_last"),
        network("resnet20", resnet20, [128, 3, 32, 32], "channels_last"),
        *losses(False, [[128, 80], [1024, 1000]], hill=hill, splc=splc, asl=asl, bce=bce, focal=focal),
        *losses(True, [[128, 10], [4096, 1000]], cross_entropy=F.cross_entropy, cce=cce),
    ]


# Timing, as in measure.cpp


def median_milliseconds(step: Step, seconds: float, warm_up: int = 3, fewest: int = 5) -> float:
    for _ in range(warm_up):
        step()
    times: list[float] = []
    total = 0.0
    while total < seconds or len(times) < fewest:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
        total += times[-1]
    return 1000 * statistics.median(times)


def fastest_setting(workload: Workload, seconds: float) -> Setting:
    """The settings take turns, and each counts by its best turn, so that a disturbance does not decide."""
    best: dict[Setting, float] = {}
    steps = {setting: workload.prepare(setting) for setting in workload.settings()}
    for turn in range(3):
        for setting, step in steps.items():
            with torch.backends.mkldnn.flags(enabled="onednn" in setting):
                took = median_milliseconds(step, seconds / 30, warm_up=int(turn == 0), fewest=1)
            best[setting] = min(took, best.get(setting, took))
    return min(best, key=lambda setting: best[setting])


def measure(workload: Workload, threads: int, seconds: float, setting: Setting | None) -> dict:
    if setting is None:
        setting = fastest_setting(workload, seconds) if workload.choices else frozenset()
    with torch.backends.mkldnn.flags(enabled="onednn" in setting):
        took = median_milliseconds(workload.prepare(setting), seconds)
    batch = workload.shape[0]
    return {"name": workload.name, "batch": batch, "shape": workload.shape, "threads": threads, "ms_per_step": took,
            "images_per_second": 1000 * batch / took, "setting": "+".join(sorted(setting)) or "plain"}


def main() -> None:
    known = workloads()
    names = list(dict.fromkeys(workload.name for workload in known))
    parser = argparse.ArgumentParser(description="Times the workloads of knoll bench in PyTorch.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names) + "; default: all")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="default: one for each core")
    parser.add_argument("--seconds", type=float, default=2, help="time measured for each workload (2), after about as much to choose the setting")
    parser.add_argument("--setting", help="use this one, such as channels_last+onednn or plain, instead of the fastest")
    parser.add_argument("--json", metavar="FILE", help="where the results go; default: to the output")
    options = parser.parse_args()
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"expected names of workloads, got {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    setting = None if options.setting is None else frozenset(options.setting.split("+")) - {"plain"}
    if setting and setting - {"channels_last", "onednn", "foreach"}:
        parser.error(f"expected channels_last, onednn and foreach, joined by +, or plain, got {options.setting}")

    torch.set_num_threads(options.threads)
    chosen = [workload for workload in known if not options.names or workload.name in options.names]
    report: dict = {"torch": torch.__version__}
    report["results"] = [measure(workload, options.threads, options.seconds, setting) for workload in chosen]
    if len(set(options.names)) == 1:
        report["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    text = json.dumps(report, indent=2)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    else:
        print(text)


if __name__ == "__main__":
    main()
