"""Screens of the studio: the studio itself, and the dialogues over it."""
