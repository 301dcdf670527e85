"""Builds the table of meanings in ``brickgpt_engine/meaning`` from WordNet and the captions' own words."""
