"""Drawings of models: the boxes and arrows, their places, and the pictures made of them."""
