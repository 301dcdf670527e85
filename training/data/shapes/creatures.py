"""Animals that are built unlike dog or horse: ducks, penguins, turtles, fish, whales, snails, reptiles.

Every builder draws its own measures and answers its facts. Heads look towards high x.
"""

from __future__ import annotations

from collections.abc import Callable

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, box, corners
from training.data.shapes.masks import disc, plate, stamp

Facts = dict[str, Value]


def duck(voxels: Voxels, dice: Dice) -> Facts:
    """A body that floats, a raised tail, a neck, and a head with a bill."""
    length = dice.integer("length", 6, 10)
    width = dice.integer("width", 4, 6)
    body = dice.integer("body", 3, 4)
    box(voxels, 1, length - 1, 1, width - 1, 0, 1)
    box(voxels, 0, length, 0, width, 1, body)
    box(voxels, 0, 2, 1, width - 1, body, body + dice.integer("tail", 1, 2))
    neck = dice.integer("neck", 1, 3)
    head = dice.integer("head", 3, 4)
    top = body + neck
    inset = 1 if width >= 5 or dice.flag("slim_head", 0.5) else 0
    box(voxels, length - 3, length - 1, inset, width - inset, body, top)
    start = length - 3
    box(voxels, start, start + head, inset, width - inset, top, top + 3)
    middle = (width - 1) // 2
    bill = dice.integer("bill", 1, 2)
    box(voxels, start + head - 2, start + head + bill, middle, middle + 2 - width % 2, top + 1, top + 2)
    if dice.flag("wings", 0.5):
        box(voxels, 1, length - 3, 0, width, body, body + 1)
        return {"legs": 0, "bill": True, "wings": True, "tail": True}
    return {"legs": 0, "bill": True, "tail": True}


def penguin(voxels: Voxels, dice: Dice) -> Facts:
    """An upright body between two flippers, on feet that reach forward, with a beak."""
    width = dice.even("width", 4, 6)
    depth = dice.integer("depth", 3, 4)
    body = dice.integer("body", 5, 9)
    middle = 1 + width // 2
    for y in (middle - 2, middle + 1):
        box(voxels, 1, depth + 2, y, y + 1, 0, 1)
    box(voxels, 1, depth + 1, middle - 1, middle + 1, 0, 1)
    box(voxels, 1, depth + 1, 1, 1 + width, 1, 1 + body)
    flipper = dice.integer("flipper", 3, body - 1)
    for y in (0, width + 1):
        box(voxels, 1, 3, y, y + 1, body - flipper, body)
    box(voxels, 1, 3, 0, width + 2, body, body + 1)
    head = body + 1
    tall = dice.integer("head", 2, 3)
    box(voxels, 1, depth + 1, middle - 2, middle + 2, head, head + tall)
    box(voxels, depth - 1, depth + 2 + dice.integer("beak", 0, 1), middle - 1, middle + 1, head, head + 1)
    return {"legs": 0, "beak": True, "flippers": True}


def turtle(voxels: Voxels, dice: Dice) -> Facts:
    """A domed shell on four short legs, a head in front and a stub of a tail."""
    length, width = dice.even("length", 6, 12), dice.even("width", 6, 8)
    dome = dice.integer("dome", 1, 2)
    head = dice.integer("head", 2, 3)
    x, y = 2 + length / 2, width / 2
    shell = voxels[2 : 2 + length, :width]
    corners(shell, length, width, 2, 1, 0, 1)
    stamp(voxels, plate(length, width, 1), x, y, 1, 2 + dome)
    stamp(voxels, plate(length - 2, width - 2, 1), x, y, 2 + dome, 3 + dome)
    if width > 6 or dice.flag("top", 0.6):
        stamp(voxels, plate(length - 4, width - 4), x, y, 3 + dome, 4 + dome)
    end = 2 + length
    a, b = width // 2 - 1, width // 2 + 1
    box(voxels, end - 2, end + head, a, b, 2, 3)
    box(voxels, end, end + head, a, b, 3, 3 + dice.integer("face", 1, 2))
    box(voxels, 1, 4, a, b, 1, 2)
    return {"legs": 4, "shell": True, "tail": True}


def fish(voxels: Voxels, dice: Dice) -> Facts:
    """A flat body that swells and shrinks, a forked tail fin, a fin on the back, on two side fins."""
    length = dice.integer("length", 8, 13)
    thick = dice.integer("thickness", 2, 3)
    half = dice.integer("half_height", 2, 3)
    tail = dice.integer("tail", 2, 3)
    y0, middle = 2, half + 1
    for x in range(length):
        edge = min(x + 1, length - x)
        reach = min(half, max(1, edge))
        box(voxels, tail + x, tail + x + 1, y0, y0 + thick, middle - reach, middle + reach)
    box(voxels, 1, tail + 1, y0, y0 + thick, middle - 1, middle + 1)
    for x in range(tail):
        reach = 1 + tail - x
        box(voxels, x, x + 1, y0, y0 + thick, middle - min(reach, half), middle + reach)
    back = tail + length // 2
    fin = dice.integer("fin", 1, 2)
    for level in range(fin):
        top = middle + half + level
        box(voxels, back - 2, back + 2 - level, y0, y0 + min(2, thick), top, top + 1)
    side = dice.integer("side_fin", 1, 2)
    box(voxels, back - 1, back + 1, y0 - side, y0 + thick + side, 0, 2)
    return {"legs": 0, "fins": True, "tail_fin": True}


def whale(voxels: Voxels, dice: Dice) -> Facts:
    """A heavy body, a tail that rises to a broad fluke, and perhaps a spout of water."""
    length = dice.integer("length", 8, 12)
    width = dice.even("width", 4, 6)
    body = dice.integer("body", 3, 5)
    y0 = 2
    x0 = 3
    box(voxels, x0 + 1, x0 + length - 1, y0 + 1, y0 + width - 1, 0, 1)
    box(voxels, x0, x0 + length, y0, y0 + width, 1, body)
    box(voxels, x0 + 2, x0 + length - 1, y0, y0 + width, body, body + 1)
    a, b = y0 + width // 2 - 1, y0 + width // 2 + 1
    box(voxels, 1, x0 + 3, a, b, body - 1, body + 1)
    rise = dice.integer("rise", 1, 2)
    box(voxels, 1, 3, a, b, body + 1, body + rise)
    fluke = dice.integer("fluke", 1, 3)
    box(voxels, 0, 3, a - fluke, b + fluke, body + rise, body + rise + 1)
    facts: Facts = {"legs": 0, "fluke": True}
    if dice.flag("spout", 0.6):
        x = x0 + length * 2 // 3
        spout = body + 1 + dice.integer("spout_height", 1, 2)
        box(voxels, x, x + 2, a, b, body + 1, spout)
        box(voxels, x, x + 2, a - 1, b + 1, spout, spout + 1)
        facts["spout"] = True
    return facts


def snail(voxels: Voxels, dice: Dice) -> Facts:
    """A long flat foot, an upright round shell on it, and a raised head with two feelers."""
    shell = dice.even("shell", 6, 8)
    length = shell + dice.integer("front", 3, 5)
    width = dice.integer("width", 3, 4)
    thick = dice.integer("shell_thickness", 2, width)
    box(voxels, 0, length, 0, width, 0, 2)
    y0 = (width - thick) // 2
    voxels[1 : 1 + shell, y0 : y0 + thick, 2 : 2 + shell] |= disc(shell)[:, None, :]
    neck = dice.integer("neck", 1, 3)
    box(voxels, length - 2, length, 0, width, 2, 2 + neck)
    feeler = dice.integer("feeler", 1, 2)
    for y in (0, width - 1):
        box(voxels, length - 1, length, y, y + 1, 2 + neck, 2 + neck + feeler)
    return {"legs": 0, "snail_shell": True, "feelers": True}


def crocodile(voxels: Voxels, dice: Dice) -> Facts:
    """A long low body on four short legs, a tail in steps, and open jaws."""
    length = dice.integer("length", 6, 8)
    width = dice.integer("width", 3, 5)
    tail = dice.integer("tail", 3, 6)
    jaw = dice.integer("jaw", 3, 4)
    body = voxels[tail : tail + length]
    corners(body, length, width, 2, 1, 0, 1)
    box(voxels, tail, tail + length, 0, width, 1, 3)
    a, b = (width - 1) // 2, (width - 1) // 2 + 2 - width % 2
    box(voxels, tail // 2, tail + 2, a, b, 1, 3)
    box(voxels, 0, tail + 2, a, b, 1, 2)
    front = tail + length
    box(voxels, front - 2, front + jaw, a, b, 1, 2)
    box(voxels, front - 3, front, 0, width, 3, 4)
    box(voxels, front - 3, front + jaw, a, b, 4 if dice.flag("wide_open", 0.6) else 3, 5)
    if dice.flag("ridge", 0.5):
        for x in range(tail, front - 4, 2):
            box(voxels, x, x + 1, a, b, 3, 4)
    return {"legs": 4, "jaws": True, "tail": True, "tail_length": "long"}


def sauropod(voxels: Voxels, dice: Dice) -> Facts:
    """A dinosaur with a barrel of a body on four legs, a long neck and a long tail."""
    legs = dice.integer("leg_height", 2, 4)
    length = dice.integer("length", 6, 8)
    width = dice.integer("width", 4, 5)
    body = dice.integer("body", 3, 4)
    tail = dice.integer("tail", 4, 6)
    neck = dice.integer("neck", 4, 7)
    corners(voxels[tail : tail + length], length, width, 2, 1, 0, legs)
    top = legs + body
    box(voxels, tail, tail + length, 0, width, legs, top)
    a, b = (width - 1) // 2, (width - 1) // 2 + 2 - width % 2
    for step in range(tail):
        low = top - 2 - min(step * 2 // tail, top - 3)
        box(voxels, tail - 1 - step, tail + 1 - step, a, b, low, low + 2)
    front = tail + length
    lean = dice.integer("lean", 0, 1)
    box(voxels, front - 2, front, a, b, top, top + 2)
    box(voxels, front - 2 + lean, front + lean, a, b, top + 1, top + neck)
    box(voxels, front - 2 + lean, front + 2 + lean, a, b, top + neck, top + neck + 2)
    return {"legs": 4, "neck": "long", "tail": True, "tail_length": "long"}


def tyrannosaur(voxels: Voxels, dice: Dice) -> Facts:
    """A dinosaur upright on two legs and its tail, with short arms and a big head."""
    legs = dice.integer("leg_height", 2, 3)
    width = dice.integer("width", 4, 5)
    body = dice.integer("body", 4, 6)
    tail = dice.integer("tail", 3, 5)
    x = tail + 1
    for y in (0, width - 1):
        box(voxels, x + 1, x + 4, y, y + 1, 0, legs)
    box(voxels, x, x + 4, 0, width, legs, legs + body)
    a, b = (width - 1) // 2, (width - 1) // 2 + 2 - width % 2
    for step in range(tail):
        low = max(0, legs - step)
        box(voxels, x - 1 - step, x + 1 - step, a, b, low, low + 2)
    box(voxels, 0, 3, a, b, 0, max(1, legs - tail + 2))
    top = legs + body
    head = dice.integer("head", 3, 4)
    box(voxels, x + 1, x + 3 + head, a - 1, b + 1, top, top + 1)
    box(voxels, x + 1, x + 3, a - 1, b + 1, top + 1, top + 2)
    box(voxels, x + 1, x + 3 + head, a - 1, b + 1, top + 2, top + 2 + dice.integer("skull", 1, 2))
    for y in (0, width - 1):
        box(voxels, x + 2, x + 6, y, y + 1, top - 2, top - 1)
    return {"legs": 2, "arms": True, "jaws": True, "tail": True}


CREATURES: dict[str, tuple[float, Callable[[Voxels, Dice], Facts]]] = {
    "duck": (0.07, duck),
    "penguin": (0.06, penguin),
    "turtle": (0.07, turtle),
    "fish": (0.06, fish),
    "whale": (0.05, whale),
    "snail": (0.05, snail),
    "crocodile": (0.05, crocodile),
    "dinosaur": (0.06, sauropod),
    "tyrannosaur": (0.05, tyrannosaur),
}
"""The share and the builder of every kind."""
