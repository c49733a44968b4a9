"""Rewriting of scripts for old versions of Keras into today's source, by the dialects' tables."""
