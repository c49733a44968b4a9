"""Follow one batch through a model's Batch Normalizations, step by step.

Shows z, mean, variance, z_norm, gamma and beta, and the activation, in training and at inference,
and the update of the moving statistics, in the layer's own numbers. For example:

  trimtab explain net.keras data.npz
  trimtab explain nets.py:build table.csv --target class --layer bn1 --batch-size 32
  trimtab explain net.keras data.npz --channels 0 7 --figure steps.svg

Exit codes: 0 done, 2 the call or its input is wrong.
"""

from __future__ import annotations

import argparse
from typing import Any

from trimtab import batchnorm
from trimtab.batchnorm.explained import ExplainedCall, Steps
from trimtab.cli.output import add_json_argument, say, say_json
from trimtab.cli.sources import add_data_arguments, add_model_argument, data_from, model_from
from trimtab.core import tree


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    add_model_argument(parser)
    add_data_arguments(parser)
    parser.add_argument("--layer", nargs="+", metavar="NAME", help="only these; all if left")
    parser.add_argument(
        "--batch-size", type=int, default=128, metavar="N", help="rows of the batch; default: 128"
    )
    parser.add_argument("--channels", nargs="+", type=int, metavar="C", help="default: the first 6")
    parser.add_argument(
        "--figure", metavar="FILE", help="draw the distributions: a .png, .svg or .pdf"
    )
    add_json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Explains."""
    if arguments.batch_size < 1:
        raise ValueError(f"--batch-size: must be at least 1; got {arguments.batch_size}")
    model, data = model_from(arguments), data_from(arguments)
    assert data is not None  # noqa: S101 - the argument is required
    batch = tree.map_structure(lambda array: array[: arguments.batch_size], data.x)
    explanation = batchnorm.explain(model, batch, arguments.layer)
    if arguments.json:
        say_json({"data": data.description, "calls": [_plain(c) for c in explanation.calls]})
    else:
        say(data.description)
        say(explanation.text(arguments.channels))
    if arguments.figure:
        explanation.plot(arguments.figure)
        if not arguments.json:
            say(f"\nThe figure is in {arguments.figure}.")
    return 0


def _plain(call: ExplainedCall) -> dict[str, Any]:
    """The numbers of each channel, not those of each value."""
    return {
        "layer": call.layer,
        "values_per_channel": call.values_per_channel,
        "epsilon": call.epsilon,
        "momentum": call.momentum,
        "is_frozen": call.is_frozen,
        "activation": call.activation,
        "gamma": call.gamma,
        "beta": call.beta,
        "training": _steps(call, call.training),
        "inference": _steps(call, call.inference),
        "moving_mean": call.moving_mean,
        "moving_variance": call.moving_variance,
        "sentences": call.sentences(),
    }


def _steps(call: ExplainedCall, steps: Steps) -> dict[str, Any]:
    found: dict[str, Any] = {"mean": steps.mean, "variance": steps.variance}
    for name in ("z", "z_norm", "output", "activated"):
        values = getattr(steps, name)
        if values is not None:
            found[f"{name}_mean"] = call.channel_means(values)
            found[f"{name}_variance"] = call.channel_variances(values)
    if steps.use is not None:
        found["activation_flat"], found["activation_linear"] = steps.use.flat, steps.use.linear
    return found
