"""Where does Batch Normalization go: before the activation, after it, or nowhere?

Trains one small network in the three forms on real data, several seeds each, and prints what it
did and what came out. Without arguments it uses scikit-learn's breast-cancer data; a table of your
own goes in by `--csv FILE --target COLUMN`.
"""

import argparse
import dataclasses
import math
import pathlib
import statistics
import textwrap
import time

import numpy as np

import trimtab as keras
from example_data import Table, breast_cancer, read_csv, split
from trimtab import layers

PLACEMENTS = {
    "before": "BN before the activation",
    "after": "BN after the activation",
    "none": "no BN",
}
BATCH_SIZE = 16
VALIDATION = 0.2
MOMENTUM = 0.99


@dataclasses.dataclass(frozen=True)
class Fit:
    """What one training run left behind."""

    accuracy: float
    loss: float
    updates: int
    seconds: float


def build(columns: int, classes: int, placement: str) -> keras.Model:
    """Two blocks of 64 tanh units with dropout, and a softmax; BN stands where `placement` says.

    The last BN stands before the softmax in both forms: after it, the outputs would be no
    probabilities any more.
    """

    def normalise_and_activate(name: str, placement: str) -> list[keras.Layer]:
        activation = layers.Activation(name)
        if placement == "none":
            return [activation]
        normalisation = layers.BatchNormalization(momentum=MOMENTUM)
        pair = [normalisation, activation]
        return pair if placement == "before" else pair[::-1]

    last = "none" if placement == "none" else "before"
    model = keras.Sequential(
        [
            keras.Input((columns,)),
            layers.Dense(64),
            *normalise_and_activate("tanh", placement),
            layers.Dropout(0.5),
            layers.Dense(64),
            *normalise_and_activate("tanh", placement),
            layers.Dropout(0.5),
            layers.Dense(classes),
            *normalise_and_activate("softmax", last),
        ]
    )
    model.compile(
        loss="binary_crossentropy" if classes == 2 else "categorical_crossentropy",
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        metrics=["accuracy"],
    )
    return model


def train(table: Table, placement: str, seed: int, epochs: int) -> Fit:
    """Train one network. The seed decides rows, initial weights, batches and dropout."""
    x_train, y_train, x_validation, y_validation = split(table, VALIDATION, seed)
    start = time.perf_counter()
    keras.utils.set_random_seed(seed)
    model = build(x_train.shape[1], len(table.classes), placement)
    history = model.fit(
        x_train,
        y_train,
        batch_size=BATCH_SIZE,
        epochs=epochs,
        validation_data=(x_validation, y_validation),
        verbose=0,
    ).history
    return Fit(
        accuracy=history["val_accuracy"][-1],
        loss=history["val_loss"][-1],
        updates=int(model.optimizer.iterations.numpy()),
        seconds=time.perf_counter() - start,
    )


def say(label: str, text: str) -> None:
    """Print a paragraph with its label in the margin, at most 96 columns wide."""
    print(textwrap.fill(text, 96, initial_indent=f"{label:<12}", subsequent_indent=" " * 12))


def describe(table: Table, seeds: int, epochs: int) -> None:
    """Say what is about to be done."""
    rows, columns = table.x.shape
    aside = int(rows * VALIDATION)
    counts = zip(table.classes, np.bincount(table.y), strict=True)
    classes = ", ".join(f"{name} ({count})" for name, count in counts)
    print("Where does Batch Normalization (BN) go: before the activation, after it, or nowhere?\n")
    say("Data", f"{table.source}: {rows} rows, {columns} inputs; classes {classes}")
    say("", table.preparation)
    say(
        "Network",
        f"2 x [Dense 64, tanh, Dropout 0.5], Dense {len(table.classes)}, softmax; BN before every "
        "activation, or after each tanh and before the softmax, or none",
    )
    say(
        "Training",
        f"SGD 0.1 with Nesterov momentum 0.9, batches of {BATCH_SIZE}, epochs: {epochs}; "
        f"{rows - aside} rows to train on, {aside} set aside for validation",
    )
    say("Seeds", f"{seeds}; each shuffles the rows and draws the weights, the same for all three")
    print(
        f"\n{'BN':<11} {'validation accuracy':<20} {'validation loss':<20} {'time of all fits':>16}"
    )


def mean_and_spread(values: list[float]) -> str:
    """Mean and standard deviation between seeds (divided by n - 1) as text."""
    spread = f" +- {statistics.stdev(values):.4f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.4f}{spread}"


def print_row(placement: str, fits: list[Fit]) -> None:
    """One line of the table."""
    accuracy = mean_and_spread([fit.accuracy for fit in fits])
    loss = mean_and_spread([fit.loss for fit in fits])
    seconds = sum(fit.seconds for fit in fits)
    print(f"{placement:<11} {accuracy:<20} {loss:<20} {seconds:>14.2f} s", flush=True)


def compare(one: str, other: str, fits: dict[str, list[Fit]]) -> str:
    """One sentence on two placements, compared seed by seed on the validation loss.

    A difference is called clear only if every seed agrees and its mean is more than twice its
    standard error: five seeds can show a large effect, and no small one.
    """
    pairs = list(zip(fits[one], fits[other], strict=True))
    differences = [theirs.loss - ours.loss for ours, theirs in pairs]
    mean, wins = statistics.mean(differences), sum(d > 0 for d in differences)
    names = f"{PLACEMENTS[one]} against {PLACEMENTS[other]}: "
    if not math.isfinite(mean):
        return names + "one of them diverged, its loss is not a finite number."
    if mean < 0:
        return compare(other, one, fits)
    told = f"{names}loss lower by {mean:.4f}"
    if len(pairs) == 1:
        return told + "; one seed cannot tell whether that is chance."
    told += f" on average, lower in {wins} of {len(pairs)} seeds; "
    error = statistics.stdev(differences) / len(pairs) ** 0.5
    clear = wins == len(pairs) and mean > 2 * error
    return told + ("a clear difference." if clear else "it may well be chance.")


def conclude(table: Table, fits: dict[str, list[Fit]]) -> None:
    """Say what the table means."""
    updates = fits["before"][0].updates
    left = MOMENTUM**updates
    print()
    say(
        "Statistics",
        f"BN predicts with moving statistics that start at mean 0 and variance 1. After {updates} "
        f"updates {MOMENTUM} ** {updates} = {100 * left:.2g} % of that start is left in them.",
    )
    if left > 0.1:
        say(
            "",
            "That is much, and makes validation look worse than the network is: train longer, or "
            "give BatchNormalization a lower `momentum`.",
        )
    for label, one, other in (
        ("Result", "before", "after"),
        ("", "before", "none"),
        ("", "after", "none"),
    ):
        say(label, compare(one, other, fits))
    say(
        "",
        "Compared on the loss, since it also sees how sure a network is. In accuracy one row more "
        f"or less is {100 / int(len(table.x) * VALIDATION):.2g} %.",
    )


def arguments() -> argparse.Namespace:
    """The command line's arguments, checked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=pathlib.Path, metavar="FILE", help="a .csv or .csv.gz table")
    parser.add_argument("--target", metavar="COLUMN", help="the column of --csv that holds classes")
    parser.add_argument("--epochs", type=int, default=20, help="passes over the data (20)")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each placement (5)")
    chosen = parser.parse_args()
    if (chosen.csv is None) != (chosen.target is None):
        parser.error("--csv and --target go together")
    if chosen.csv is not None and not chosen.csv.is_file():
        parser.error(f"--csv: there is no file {chosen.csv}")
    if min(chosen.epochs, chosen.seeds) < 1:
        parser.error("--epochs and --seeds must be at least 1")
    return chosen


def main() -> None:
    """Run the comparison and print it."""
    chosen = arguments()
    table = read_csv(chosen.csv, chosen.target) if chosen.csv else breast_cancer()
    describe(table, chosen.seeds, chosen.epochs)
    fits = {}
    for placement in PLACEMENTS:
        fits[placement] = [
            train(table, placement, seed, chosen.epochs) for seed in range(chosen.seeds)
        ]
        print_row(placement, fits[placement])
    conclude(table, fits)


if __name__ == "__main__":
    main()
