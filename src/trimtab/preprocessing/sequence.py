"""Sequences of different lengths, under Keras's older name."""

from trimtab.data.encoding import pad_sequences as pad_sequences
