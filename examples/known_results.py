"""Known results on Batch Normalization, in small: measured here, compared with what is expected.

Six experiments of seconds each on made-up data. `--write FILE` keeps the page in Markdown,
`--only activations` runs one of them, `--seeds 5` makes all of them quicker.
"""

import argparse
import dataclasses
import functools
import math
import pathlib
import time
from collections.abc import Callable, Sequence

import numpy as np

import trimtab as keras
from trimtab import batchnorm, layers

INPUTS, CLASSES, ROWS = 14, 4, 3000


@dataclasses.dataclass(frozen=True)
class Finding:
    """One experiment's outcome.

    Attributes:
        title: What it is about.
        expected: What is known, and from where.
        setting: What was done.
        header: Names of the table's columns.
        rows: The table.
        seen: What the numbers say.
        holds: Whether they say what was expected.
    """

    title: str
    expected: str
    setting: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    seen: str
    holds: bool


def data(rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Inputs `(rows, 14)` and class numbers: the largest of four noisy curved functions."""
    rng = np.random.default_rng(2015)
    x = rng.normal(size=(rows, INPUTS)).astype("float32")
    hidden = np.tanh(x @ rng.normal(size=(INPUTS, 24)) / 2)
    scores = hidden @ rng.normal(size=(24, CLASSES)) + rng.gumbel(size=(rows, CLASSES)) / 2
    return x, scores.argmax(axis=1)


def raw(x: np.ndarray) -> np.ndarray:
    """The inputs as measures come: every column has a mean and a scale of its own."""
    rng = np.random.default_rng(0)
    scale, shift = np.exp(rng.normal(size=INPUTS)), 2 * rng.normal(size=INPUTS)
    return ((x + shift) * scale).astype("float32")


def network(
    placement: str,
    activation: str = "relu",
    depth: int = 2,
    rate: float = 0.1,
    momentum: float = 0.9,
    normalization_momentum: float = 0.99,
) -> keras.Model:
    """`depth` blocks of 64 units and a softmax, trained by SGD."""

    def block() -> list[keras.Layer]:
        pair = [layers.Activation(activation)]
        if placement != "none":
            norm = layers.BatchNormalization(momentum=normalization_momentum)
            pair.insert(0 if placement == "before" else 1, norm)
        return [layers.Dense(64), *pair]

    hidden = [layer for _ in range(depth) for layer in block()]
    model = keras.Sequential(
        [keras.Input((INPUTS,)), *hidden, layers.Dense(CLASSES, activation="softmax")]
    )
    model.compile(
        keras.optimizers.SGD(rate, momentum=momentum),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def percent(share: float) -> str:
    """A share in percent, "-" if there is none."""
    return f"{100 * share:.1f} %" if math.isfinite(share) else "-"


def activations(seeds: int) -> Finding:
    """BN's gain by activation."""
    rows, gains, better = [], {}, set()
    x, y = data()
    for activation in ("relu", "elu", "tanh", "sigmoid"):
        study = batchnorm.study(
            functools.partial(network, activation=activation, depth=3),
            raw(x),
            y,
            seeds=seeds,
            epochs=8,
            learning_rates=[0.003, 0.01, 0.03, 0.1],
            metric="accuracy",
        )
        none, before, after = study.arms
        gains[activation] = max(before.mean, after.mean) - none.mean
        means = [percent(arm.mean) for arm in study.arms]
        verdicts = [_told(study, name) for name in ("before", "after")]
        if any("better" in verdict and "none" not in verdict for verdict in verdicts):
            better.add(activation)
        rows.append([activation, *means, f"{100 * gains[activation]:+.1f}", *verdicts])
    order = sorted(gains, key=lambda name: -gains[name])
    return Finding(
        "The gain is largest where the activation keeps means and variances worst",
        "Largest for sigmoid and tanh, smaller for ReLU and ELU (caffenet-benchmark: tanh +4.7 "
        "points, ReLU +2.8, ELU +1.0; with sigmoid, Inception without BN learnt nothing).",
        "Three hidden layers of 64, inputs that are not standardised, 8 epochs, each arm at the "
        "best of four learning rates. With standardised inputs a network as small as this gains "
        "from BN with sigmoid only.",
        ["activation", "none", "before", "after", "best gain, points", "before?", "after?"],
        rows,
        f"A gain is shown for {' and '.join(sorted(better))} only. By size: {', '.join(order)}; "
        "what is undecided in the table may be chance.",
        better == {"sigmoid", "tanh"} and order[0] == "sigmoid",
    )


def _told(study: batchnorm.Study, arm: str) -> str:
    """The verdict on an arm against none, the better one named."""
    found = study.comparison("none", arm)
    return f"{found.first} {found.kind}" if "better" in found.kind else found.kind


def learning_rates(seeds: int) -> Finding:
    """Rates thirty times as high."""
    rows, accuracy, failures = [], {}, {}
    base = 0.05
    for factor in (1, 5, 30):
        study = batchnorm.study(
            functools.partial(network, depth=6, momentum=0.0),
            *data(),
            arms=["none", "before"],
            seeds=seeds,
            epochs=8,
            learning_rates=[base * factor],
            metric="accuracy",
        )
        for arm in study.arms:
            values = [run.score("accuracy") for run in study.runs[arm.name] if not run.failure]
            accuracy[arm.name, factor] = float(np.mean(values)) if values else math.nan
            failures[arm.name, factor] = arm.failures
        rows.append(
            [f"x{factor} ({base * factor:g})"]
            + [
                f"{percent(accuracy[name, factor])}, {failures[name, factor]} of {seeds} failed"
                for name in ("none", "before")
            ]
            + [_told(study, "before")]
        )
    failed = failures["none", 30]
    lost = accuracy["before", 1] - accuracy["before", 30]
    return Finding(
        "At thirty times the learning rate only the network with BN trains on",
        "Inception at x30 went to infinity without BN and reached its best accuracy with it "
        "(Ioffe and Szegedy 2015, figure 3).",
        "Six hidden layers of 64 ReLU units, SGD, 8 epochs; one class in four is chance.",
        ["learning rate", "none", "before", "verdict"],
        rows,
        f"At x30 {failed} of {seeds} runs without BN fail, {failures['before', 30]} with it; it "
        f"loses {100 * lost:.1f} points of accuracy between x1 and x30.",
        failed > seeds / 2 and failures["before", 30] == 0 and lost < 0.05,
    )


def batch_sizes(seeds: int) -> Finding:
    """Batches of 2 to 128."""
    rows, gaps = [], {}
    for size in (2, 4, 8, 16, 32, 128):
        study = batchnorm.study(
            functools.partial(network, rate=0.1 * size / 128, normalization_momentum=0.99),
            *data(),
            arms=["none", "before"],
            seeds=seeds,
            epochs=10,
            batch_size=size,
            learning_rates=None,
            metric="accuracy",
        )
        none, before = study.arms
        gaps[size] = before.mean - none.mean
        rows.append(
            [
                str(size),
                percent(none.mean),
                percent(before.mean),
                f"{100 * gaps[size]:+.1f}",
                _told(study, "before"),
            ]
        )
    return Finding(
        "BN needs batches: with 2 rows a batch it costs accuracy",
        "ResNet-50's error with BN rose from 23.6 % at 32 images to 27.3 % at 4 and 34.7 % at 2, "
        "where a network without batch statistics stayed level (Wu and He 2018, table 2).",
        "Two hidden layers of 64 ReLU units, 10 epochs, the learning rate proportional to the "
        "batch.",
        ["batch size", "none", "before", "difference, points", "verdict"],
        rows,
        f"The difference at 2 rows is {100 * gaps[2]:+.1f} points, at 32 {100 * gaps[32]:+.1f}.",
        gaps[2] < gaps[32] - 0.02 and gaps[2] < gaps[8],
    )


def momenta(seeds: int) -> Finding:
    """Momentum against the number of updates, and recalibration."""
    choices = (0.9, 0.99, 0.999)
    arms = {
        f"momentum {value}": functools.partial(network, "before", normalization_momentum=value)
        for value in choices
    }
    found = [
        batchnorm.study(
            network,
            *data(),
            arms=arms,
            seeds=seeds,
            epochs=2,
            learning_rates=None,
            metric="loss",
            recalibrate=is_exact,
        )
        for is_exact in (False, True)
    ]
    rows = []
    gaps = []
    for moving, exact in zip(found[0].arms, found[1].arms, strict=True):
        gaps.append(moving.mean - exact.mean)
        rows.append(
            [
                moving.name,
                percent(moving.start_left or 0.0),
                f"{moving.mean:.3f} ({percent(moving.others['accuracy'])})",
                f"{exact.mean:.3f} ({percent(exact.others['accuracy'])})",
                f"{gaps[-1]:+.3f}",
            ]
        )
    ends = [arm.mean for arm in found[1].arms]
    updates = found[0].plan.steps_per_epoch * 2
    return Finding(
        "A slow moving average spoils short trainings, and recalibration cures it",
        "What the average remembers of its start is momentum to the power of the updates; exact "
        "statistics close the gap (Wu and Johnson 2021; many a report of bad validation scores).",
        f"Two hidden layers of 64 ReLU units, {updates} updates; the held-out loss and accuracy.",
        ["arm", "start left", "moving averages", "recalibrated", "gap in loss"],
        rows,
        f"The gap grows from {gaps[0]:+.3f} to {gaps[-1]:+.3f}; recalibrated, the arms lie within "
        f"{max(ends) - min(ends):.4f}.",
        gaps[0] < gaps[1] < gaps[2] and max(ends) - min(ends) < 0.1 * gaps[2],
    )


def dropout(seeds: int) -> Finding:
    """Dropout before BN."""
    rows, errors = [], []
    x, y = data()
    for activation in ("linear", "relu"):
        for rate in (0.1, 0.2, 0.5):
            ratios, expected = [], []
            for seed in range(seeds):
                moving, exact, wanted = _variances(activation, rate, seed, x, y)
                ratios.append(float(np.median(moving / exact)))
                expected.append(float(np.median(wanted / exact)))
            measured, theory = float(np.mean(ratios)), float(np.mean(expected))
            errors.append(abs(measured / theory - 1))
            rows.append(
                [
                    activation,
                    f"{rate:g}",
                    f"{1 / (1 - rate):.2f}",
                    f"{theory:.2f}",
                    f"{measured:.2f}",
                ]
            )
    return Finding(
        "Dropout before BN: the variance in training is not that at inference",
        "Larger by 1 / keep for inputs of mean 0, more for a ReLU's, whose mean adds to it "
        "(Li et al. 2019).",
        "Dense 64, the activation, dropout, BN; 8 epochs; BN's moving variance over the exact one.",
        ["activation", "dropout", "1 / keep", "expected here", "measured"],
        rows,
        f"Measured within {100 * max(errors):.0f} % of the expected ratio.",
        max(errors) < 0.1,
    )


def _variances(
    activation: str, rate: float, seed: int, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the channels: moving variance, exact one, and the one that dropout should make of it."""
    keras.utils.set_random_seed(seed)
    norm = layers.BatchNormalization(momentum=0.97)
    hidden = layers.Dense(64, activation=activation)
    model = keras.Sequential(
        [
            keras.Input((INPUTS,)),
            hidden,
            layers.Dropout(rate),
            norm,
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=8, batch_size=64, verbose=0)
    moving = np.array(norm.moving_variance)
    values = np.asarray(hidden(x), np.float64)
    keep = 1 - rate
    wanted = (values**2).mean(axis=0) / keep - values.mean(axis=0) ** 2
    exact = values.var(axis=0)
    # A unit that is never on varies with nothing.
    alive = exact > 1e-6
    return moving[alive], exact[alive], wanted[alive]


def sorted_batches(seeds: int) -> Finding:
    """Batches of two classes each."""
    rows, scores = [], {}
    for order in ("shuffled", "two classes a batch"):
        for placement in ("none", "before", "after"):
            runs = [_sorted_run(placement, order != "shuffled", seed) for seed in range(seeds)]
            scores[placement, order] = np.array(runs).mean(axis=0)
            rows.append([order, placement, *map(percent, scores[placement, order])])
    leak, fair = scores["before", "two classes a batch"], scores["before", "shuffled"]
    return Finding(
        "Batches sorted by class: fine in training, poor at inference",
        "Batch statistics then tell the classes, which single rows at inference cannot (Wu and "
        "Johnson 2021; Ioffe and Szegedy gained about 1 % by shuffling better).",
        "Two hidden layers of 64 ReLU units, 20 epochs, batches of 32 in random order: of all four "
        "classes, or of two.",
        ["batches", "arm", "accuracy in training", "held out, at inference"],
        rows,
        f"With BN sorted batches give {percent(leak[0])} in training and {percent(leak[1])} at "
        f"inference, shuffled ones {percent(fair[0])} and {percent(fair[1])}.",
        leak[0] > fair[0] - 0.05 and leak[1] < fair[1] - 0.1,
    )


def _sorted_run(placement: str, is_sorted: bool, seed: int) -> tuple[float, float]:
    """Accuracy in training and held out."""
    keras.utils.set_random_seed(seed)
    x, y = data()
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    train, held = order[600:], order[:600]
    if is_sorted:
        train = _two_classes_a_batch(train, y, rng)
    model = network(placement, rate=0.02)
    history = model.fit(
        x[train], y[train], epochs=20, batch_size=32, shuffle=not is_sorted, verbose=0
    ).history
    return history["accuracy"][-1], model.evaluate(x[held], y[held], verbose=0)[1]


def _two_classes_a_batch(train: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows in such an order that each 32 hold 16 of one class and 16 of another."""
    halves = []
    for number in range(CLASSES):
        rows = train[y[train] == number]
        halves.append(list(rows[: len(rows) // 16 * 16].reshape(-1, 16)))
    batches = []
    while sum(map(bool, halves)) > 1:
        fullest = sorted(range(CLASSES), key=lambda i: (-len(halves[i]), rng.random()))[:2]
        batches.append(np.concatenate([halves[i].pop() for i in fullest]))
    return rng.permutation(np.array(batches)).reshape(-1)


EXPERIMENTS: dict[str, Callable[[int], Finding]] = {
    "activations": activations,
    "learning-rates": learning_rates,
    "batch-sizes": batch_sizes,
    "momenta": momenta,
    "dropout": dropout,
    "sorted-batches": sorted_batches,
}


def page(findings: Sequence[Finding], seeds: int) -> str:
    """The page in Markdown."""
    lines = [
        "# Known results on Batch Normalization, in small",
        "",
        f"Measured by `examples/known_results.py` with {seeds} seeds on made-up data of {ROWS:,} "
        f"rows, {INPUTS} inputs and {CLASSES} classes. What was published on large networks is "
        "compared in direction, not in size.",
    ]
    for finding in findings:
        lines += ["", f"## {finding.title}", "", f"**Known.** {finding.expected}", ""]
        lines += [f"**Here.** {finding.setting}", ""]
        lines += [_row(finding.header), _row(["---"] * len(finding.header))]
        lines += [_row(row) for row in finding.rows]
        lines += ["", f"**Seen{'' if finding.holds else ', against expectation'}.** {finding.seen}"]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Measure, print, and keep the page if asked to; 1 if an expectation failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="runs of each arm (10)")
    parser.add_argument("--only", choices=EXPERIMENTS, help="one experiment")
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE", help="keep the page here")
    chosen = parser.parse_args()
    findings = []
    for name in [chosen.only] if chosen.only else EXPERIMENTS:
        start = time.perf_counter()
        findings.append(EXPERIMENTS[name](chosen.seeds))
        print(f"{name}: {findings[-1].seen} ({time.perf_counter() - start:.1f} s)", flush=True)
    text = page(findings, chosen.seeds)
    print(f"\n{text}")
    if chosen.write is not None:
        chosen.write.write_text(text, encoding="utf-8")
    return 0 if all(finding.holds for finding in findings) else 1


if __name__ == "__main__":
    raise SystemExit(main())
