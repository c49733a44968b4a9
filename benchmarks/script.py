"""The script that startup.py times from process start to end: `script.py LIBRARY ROWS EPOCHS`."""

import importlib
import sys

from network import BATCH_SIZE, build, data

if __name__ == "__main__":
    library, rows, epochs = sys.argv[1:]
    model = build(importlib.import_module(library))
    x, y = data(int(rows))
    model.fit(x, y, batch_size=BATCH_SIZE, epochs=int(epochs), verbose=2)
