"""Runs a script written for Keras 0.x, 1.x, 2.x, tf.keras or Keras 3, unchanged, on trimtab.

The script's `import keras`, `import tensorflow` and their kin give trimtab under the names of the
script's time, with its defaults. At the end standard error lists what was translated, with lines
and today's spelling, and what is only approximately as it was.

Example:
    trimtab run mnist_cnn.py --epochs 2
    trimtab run --dialect keras1 otto.py
    trimtab run --dialect 1.0.8 otto.py

Exit codes are the script's own; 2 if it cannot run here.
"""

from __future__ import annotations

import argparse

from trimtab.compat.run import run_script
from trimtab.compat.tables.rows import ERAS


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "--dialect",
        metavar="ERA",
        help=f"{', '.join(ERAS)}, or a version such as 1.0.8; found in the code if left out",
    )
    parser.add_argument("--quiet", action="store_true", help="do not list what was translated")
    parser.add_argument("script", help="the script")
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="what the script finds in sys.argv"
    )


def run(arguments: argparse.Namespace) -> int:
    """Runs the script."""
    return run_script(
        arguments.script, arguments.arguments, arguments.dialect, quiet=arguments.quiet
    )
