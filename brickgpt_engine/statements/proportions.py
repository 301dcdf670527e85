"""What words of size mean in every category: up to and from how many cells they are earned."""

from __future__ import annotations

from collections.abc import Mapping

from brickgpt_engine.statements.spans import Span

PROPORTIONS: Mapping[str, Mapping[str, Span]] = {
    "airplane": {
        "length": Span(0, "short", 12, "long", 17),
        "width": Span(1, "narrow", 11, "wide", 16),
        "size": Span(3, "small", 29, "large", 39),
    },
    "animal": {
        "height": Span(2, "low", 8, "tall", 13),
        "length": Span(0, "short", 8, "long", 13),
        "size": Span(3, "small", 21, "large", 29),
    },
    "basket": {
        "height": Span(2, "low", 6, "tall", 12),
        "width": Span(0, "narrow", 7, "wide", 12),
        "size": Span(3, "small", 22, "large", 34),
    },
    "bed": {
        "length": Span(1, "short", 10, "long", 14),
        "height": Span(2, "low", 5, "tall", 11),
        "width": Span(0, "narrow", 5, "wide", 9),
        "size": Span(3, "small", 22, "large", 29),
    },
    "bench": {
        "length": Span(0, "short", 9, "long", 15),
        "width": Span(1, "narrow", 3, "wide", 5),
        "height": Span(2, "low", 4, "tall", 9),
        "size": Span(3, "small", 19, "large", 28),
    },
    "birdhouse": {
        "height": Span(2, "low", 9, "tall", 16),
        "width": Span(0, "narrow", 7, "wide", 10),
        "size": Span(3, "small", 23, "large", 32),
    },
    "bookshelf": {
        "height": Span(2, "low", 10, "tall", 16),
        "width": Span(0, "narrow", 5, "wide", 9),
        "depth": Span(1, "shallow", 2, "deep", 4),
        "size": Span(3, "small", 20, "large", 28),
    },
    "bottle": {
        "height": Span(2, "low", 9, "tall", 15),
        "width": Span(0, "narrow", 4, "wide", 8),
        "size": Span(3, "small", 18, "large", 30),
    },
    "bowl": {
        "height": Span(2, "low", 4, "tall", 8),
        "width": Span(0, "narrow", 8, "wide", 13),
        "size": Span(3, "small", 20, "large", 34),
    },
    "bridge": {
        "length": Span(0, "short", 13, "long", 18),
        "height": Span(2, "low", 6, "tall", 10),
        "width": Span(1, "narrow", 3, "wide", 6),
        "size": Span(3, "small", 22, "large", 34),
    },
    "bus": {
        "length": Span(0, "short", 12, "long", 18),
        "height": Span(2, "low", 5, "tall", 8),
        "size": Span(3, "small", 24, "large", 32),
    },
    "camera": {
        "height": Span(2, "low", 6, "tall", 12),
        "width": Span(0, "narrow", 7, "wide", 11),
        "size": Span(3, "small", 20, "large", 30),
    },
    "car": {
        "length": Span(0, "short", 11, "long", 17),
        "height": Span(2, "low", 4, "tall", 7),
        "width": Span(1, "narrow", 5, "wide", 7),
        "size": Span(3, "small", 22, "large", 29),
    },
    "castle": {
        "height": Span(2, "low", 8, "tall", 12),
        "width": Span(0, "narrow", 11, "wide", 15),
        "size": Span(3, "small", 30, "large", 40),
    },
    "chair": {
        "height": Span(2, "low", 8, "tall", 14),
        "width": Span(0, "narrow", 4, "wide", 8),
        "size": Span(3, "small", 18, "large", 28),
    },
    "guitar": {
        "size": Span(3, "small", 25, "large", 32),
    },
    "heart": {
        "width": Span(0, "narrow", 9, "wide", 14),
        "height": Span(2, "low", 6, "tall", 14),
        "size": Span(3, "small", 21, "large", 31),
    },
    "house": {
        "height": Span(2, "low", 8, "tall", 13),
        "width": Span(0, "narrow", 9, "wide", 12),
        "size": Span(3, "small", 25, "large", 33),
    },
    "jar": {
        "height": Span(2, "low", 8, "tall", 13),
        "width": Span(1, "narrow", 5, "wide", 8),
        "size": Span(3, "small", 21, "large", 28),
    },
    "letter": {
        "width": Span(0, "narrow", 6, "wide", 13),
        "size": Span(3, "small", 16, "large", 32),
    },
    "mug": {
        "height": Span(2, "low", 5, "tall", 9),
        "width": Span(1, "narrow", 5, "wide", 8),
        "size": Span(3, "small", 20, "large", 27),
    },
    "piano": {
        "width": Span(0, "narrow", 9, "wide", 13),
        "height": Span(2, "low", 7, "tall", 11),
        "size": Span(3, "small", 26, "large", 34),
    },
    "pot": {
        "height": Span(2, "low", 6, "tall", 12),
        "width": Span(1, "narrow", 6, "wide", 9),
        "size": Span(3, "small", 22, "large", 31),
    },
    "robot": {
        "height": Span(2, "low", 11, "tall", 15),
        "width": Span(0, "narrow", 7, "wide", 11),
        "size": Span(3, "small", 22, "large", 30),
    },
    "rocket": {
        "height": Span(2, "low", 12, "tall", 17),
        "width": Span(0, "narrow", 7, "wide", 9),
        "size": Span(3, "small", 26, "large", 34),
    },
    "sofa": {
        "length": Span(0, "short", 10, "long", 16),
        "height": Span(2, "low", 5, "tall", 8),
        "size": Span(3, "small", 21, "large", 29),
    },
    "table": {
        "height": Span(2, "low", 5, "tall", 10),
        "length": Span(0, "short", 7, "long", 12),
        "width": Span(1, "narrow", 5, "wide", 9),
        "size": Span(3, "small", 18, "large", 28),
    },
    "tower": {
        "height": Span(2, "low", 11, "tall", 17),
        "width": Span(0, "narrow", 5, "wide", 9),
        "size": Span(3, "small", 22, "large", 34),
    },
    "train": {
        "length": Span(0, "short", 11, "long", 17),
        "height": Span(2, "low", 7, "tall", 10),
        "size": Span(3, "small", 23, "large", 32),
    },
    "tree": {
        "height": Span(2, "low", 10, "tall", 15),
        "width": Span(0, "narrow", 7, "wide", 10),
        "size": Span(3, "small", 25, "large", 34),
    },
    "vessel": {
        "length": Span(0, "short", 11, "long", 17),
        "height": Span(2, "low", 5, "tall", 12),
        "width": Span(1, "narrow", 4, "wide", 7),
        "size": Span(3, "small", 22, "large", 33),
    },
}
"""By category and what is measured, the words at both ends."""
