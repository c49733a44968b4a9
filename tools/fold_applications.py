"""Folds the Batch Normalizations of every published network and compares its outputs.

    python tools/fold_applications.py                     # all: more than an hour on two cores
    python tools/fold_applications.py ResNet50 MobileNet  # these
    python tools/fold_applications.py --quick             # all, without certificates

Each network is built for the smallest images it takes, in both data formats, with Batch
Normalizations as they are, without beta and without gamma; they get random statistics, gammas of
both signs and zero. Printed for each: how many were folded, how many certificates hold, the largest
share of a bound that was used; the largest differences of outputs as shares of the largest output:
of the network and the folded one in float64 (the algebra alone) and in float32, and of `predict`
with and without its own folding; then why the others stay. Exits with 1 if a certificate fails or
a difference is too large.
"""

import argparse
import collections
import inspect
import re
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import trimtab as keras
from trimtab import applications, batchnorm, layers
from trimtab.batchnorm.rewriting import batchnorms

CLASSES, ROWS = 7, 2
LEAST = {"Xception": 71, "InceptionV3": 75, "InceptionResNetV2": 75, "CaffeNet128": 67}
GAMMAS = (-1.3, -0.6, 0.0, 0.7, 1.1, 1.4)
# Without these the sums of EfficientNetV2's many residual branches grow until its gates saturate,
# and float32 computes neither network; a factor on all outputs keeps the comparison fair.
FACTORS = {"EfficientNetV2": 0.7}
FORMATS = ("channels_last", "channels_first")
VARIANTS: dict[str, dict[str, bool]] = {
    "as it is": {},
    "no beta": {"center": False},
    "no gamma": {"scale": False},
}
# Of the largest output. Rounding in float32 grows with depth; 1e-3 is far above what is seen.
MOST = {"float64": 1e-9, "float32": 1e-3}


def networks() -> dict[str, Callable[..., Any]]:
    """Every function of `applications`, those with a choice of Batch Normalization in each."""
    found: dict[str, Callable[..., Any]] = {}
    for name in sorted(dir(applications)):
        build = getattr(applications, name)
        if not inspect.isfunction(build) or "weights" not in inspect.signature(build).parameters:
            continue
        options = inspect.signature(build).parameters
        if "norm_position" in options:
            for position in ("before", "after"):
                found[f"{name} {position}"] = _with(build, norm_position=position)
        elif "batch_norm" in options:
            found[f"{name} batch_norm"] = _with(build, batch_norm=True)
        else:
            found[name] = build
    return found


def _with(build: Callable[..., Any], **named: Any) -> Callable[..., Any]:
    return lambda **others: build(**named, **others)


def network(name: str, variant: str) -> Any:
    """A network with random weights and statistics, for the smallest images."""
    size = LEAST.get(name.split()[0], 32)
    is_first = keras.config.image_data_format() == "channels_first"
    shape = (3, size, size) if is_first else (size, size, 3)
    # The classifiers of VGG and CaffeNet are most of their weights, and dense layers only.
    is_wide = name.startswith(("VGG", "CaffeNet"))
    top: dict[str, Any] = {"include_top": False, "pooling": "avg"}
    if not is_wide:
        top = {"classes": CLASSES, "classifier_activation": None}
    made = networks()[name](weights=None, input_shape=shape, **top)
    if VARIANTS[variant]:
        made = keras.models.clone_model(made, clone_function=_changing(VARIANTS[variant]))
    factors = [factor for start, factor in FACTORS.items() if name.startswith(start)]
    return randomised(made, factors[0] if factors else 1.0)


def _changing(config: dict[str, bool]) -> Callable[[Any], Any]:
    def clone(layer: Any) -> Any:
        own = config if isinstance(layer, layers.BatchNormalization) else {}
        return type(layer).from_config({**layer.get_config(), **own})

    return clone


def randomised(model: Any, factor: float = 1.0) -> Any:
    """The model with random statistics, betas and gammas."""
    random = np.random.default_rng(0)
    for norm in batchnorms(model):
        shape = norm.moving_mean.shape
        norm.moving_mean.assign(random.normal(0, 0.3, shape))
        norm.moving_variance.assign(random.uniform(0.3, 2, shape) / factor**2)
        if norm.gamma is not None:
            norm.gamma.assign(random.choice(GAMMAS, shape))
        if norm.beta is not None:
            norm.beta.assign(random.normal(0, 0.5, shape))
    return model


def images(model: Any) -> Any:
    """A few random images for a model."""
    return np.random.default_rng(1).normal(size=(ROWS, *model.input_shape[1:]))


def share(one: Any, other: Any) -> float:
    """The largest difference of two arrays as a share of the largest number."""
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if not np.isfinite(one).all():
        return float("nan")
    return float(np.abs(one - other).max() / np.abs(one).max())


def own_folding(model: Any, x: Any) -> float:
    """The difference that the folding of `predict` makes."""
    folded = model.predict(x, verbose=0)
    keras.config.set_inference_folding(False)
    try:
        other = keras.models.clone_model(model)
        other.set_weights(model.get_weights())
        return share(other.predict(x, verbose=0), folded)
    finally:
        keras.config.set_inference_folding(True)


def check(name: str, data_format: str, variant: str, certified: bool) -> tuple[str, bool, Any]:
    """A line on one network, whether all is well, and the reasons of those that stay."""
    differences: dict[str, float] = {}
    start = time.perf_counter()
    keras.config.set_image_data_format(data_format)
    for kind in ("float64", "float32"):
        keras.config.set_floatx(kind)
        keras.utils.clear_session()
        model = network(name, variant)
        x = images(model).astype(kind)
        is_last = kind == "float32"
        folded, report = batchnorm.fold(model, x, certify_layers=certified and is_last)
        differences[kind] = share(model(x, training=False), folded(x, training=False))
    own = own_folding(model, x)
    reasons = collections.Counter(
        _in_general(layer.why, model) for layer in report.layers if layer.action == "stays"
    )
    certificates = [c for layer in report.layers for c in layer.certificates]
    holding = sum(certificate.holds for certificate in certificates)
    largest = max((c.share for c in certificates), default=0.0)
    well = (
        all(differences[kind] <= MOST[kind] for kind in differences)
        and own <= MOST["float32"]
        and holding == len(certificates)
    )
    line = (
        f"{name:26} {data_format[9:]:5} {variant:8} {report.folded:3} of {len(report.layers):3}  "
        f"{holding:3} of {len(certificates):3} {100 * largest:5.1f} %  "
        f"{differences['float64']:.1e}  {differences['float32']:.1e}  {own:.1e}  "
        f"{time.perf_counter() - start:5.1f} s"
    )
    return line if well else f"{line}  WRONG", well, reasons


def _in_general(why: str, model: Any) -> str:
    """A reason with the classes of layers for their names."""
    names = {layer.name: type(layer).__name__ for layer in model.layers}
    return re.sub(r"[\w.]+", lambda found: names.get(found[0], found[0]), why)


def cases(names: list[str]) -> Iterator[tuple[str, str, str]]:
    """Networks, formats and variants to check."""
    for name in networks():
        if not names or name in names or name.split()[0] in names:
            for data_format in FORMATS:
                for variant in VARIANTS:
                    yield name, data_format, variant


def main() -> int:
    """Checks all networks that are named; returns how to exit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="networks; all without any")
    parser.add_argument("--quick", action="store_true", help="leave the certificates out")
    given = parser.parse_args()
    print(
        f"{'network':26} {'format':5} {'variant':8} {'folded':10} {'holding':10} {'bound':>7}  "
        f"{'float64':7}  {'float32':7}  predict"
    )
    wrong = 0
    for case in cases(given.names):
        line, well, reasons = check(*case, certified=not given.quick)
        print(line, flush=True)
        for why, count in reasons.most_common():
            print(f"    {count:3} stay: {why}")
        wrong += not well
    print(f"{wrong} wrong" if wrong else "all hold")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
