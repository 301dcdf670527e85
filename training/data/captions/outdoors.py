"""What can be said about castles, houses, rockets and trees."""

from __future__ import annotations

from training.data.captions.wording import Alternatives, Facts, Wording, counted, number, size_adjectives


def castle(facts: Facts) -> Wording:
    """Words for a castle."""
    style = str(facts["style"])
    towers = int(facts["towers"])
    nouns: dict[str, Alternatives] = {
        "castle": ("castle", "castle", "fortress", "medieval castle", "knight's castle", "fort"),
        "castle with a keep": ("castle", "castle", "stronghold", "fortress", "royal castle"),
        "gatehouse": ("castle gate", "castle gatehouse", "castle", "city gate", "castle entrance"),
        "fairy-tale castle": ("castle", "fairy-tale castle", "fairytale castle", "princess castle"),
    }
    features: list[Alternatives] = [counted(towers, "tower", "square", "sturdy")]
    if facts["keep"]:
        features.append(("a keep", "a keep in the middle", "a tall keep", "a central keep"))
    if facts["battlements"]:
        features.append(("battlements", "battlements on top", "crenellations", "crenellated towers"))
    else:
        features.append(("pointed roofs", "spires", "spires on the towers", "little turrets"))
    features.append(("a gate", "a gate in the front", "a gateway", "an open gate"))
    if style != "gatehouse":
        features.append(("a courtyard", "walls all around", "an inner court", "curtain walls"))
    if style == "castle":
        features[0] += ("a tower at each corner", f"{number(towers)} corner towers")
    remarks = ("for knights and kings", "guarded by towers", "with strong walls")
    return Wording(nouns[style], size_adjectives(facts), tuple(features), remarks)


def house(facts: Facts) -> Wording:
    """Words for a house."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "cottage": ("house", "house", "cottage", "home", "family house", "cabin"),
        "two-storey house": ("house", "two-storey house", "two-story house", "town house", "home"),
        "flat-roofed house": ("house", "bungalow", "modern house", "house", "flat-roofed house"),
        "hip-roofed house": ("house", "house", "villa", "country house", "home"),
        "barn": ("barn", "barn", "farm house", "house", "garage", "shed"),
    }
    roofs: dict[str, Alternatives] = {
        "flat": ("a flat roof", "a flat top", "a roof terrace"),
        "hip": ("a hip roof", "a hipped roof", "a roof that slopes on all sides", "a stepped roof"),
        "gable": ("a gabled roof", "a pitched roof", "a pointed roof", "a gable roof", "a sloping roof"),
    }
    door: Alternatives = ("a door", "a front door", "a doorway", "an open door", "a door in the middle")
    if style == "barn":
        door = ("a wide door", "a big door", "a wide doorway", "a barn door")
    features: list[Alternatives] = [roofs[str(facts["roof"])], door]
    windows = int(facts["windows"])
    if windows:
        features.append((*counted(windows, "front window"), "windows", "windows on the sides"))
    else:
        features.append(("no windows",))
    if facts["chimney"]:
        features.append(("a chimney", "a chimney on the roof", "a tall chimney", "one chimney"))
    if facts["storeys"] == 2:
        features.append(("two storeys", "two floors", "an upper floor", "two stories"))
    remarks = ("for a family", "with solid walls", "that is hollow inside")
    return Wording(nouns[style], size_adjectives(facts), tuple(features), remarks)


def rocket(facts: Facts) -> Wording:
    """Words for a rocket."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "rocket": ("rocket", "rocket", "space rocket", "rocket ship", "spaceship"),
        "stage rocket": ("rocket", "moon rocket", "space rocket", "rocket ship"),
        "missile": ("rocket", "missile", "slender rocket", "rocket", "space rocket"),
        "toy rocket": ("rocket", "toy rocket", "rocket ship", "cartoon rocket"),
        "booster rocket": ("rocket", "space rocket", "launch rocket", "carrier rocket"),
    }
    features: list[Alternatives] = []
    if facts["fins"]:
        features.append(counted(int(facts["fins"]), "fin", "stepped", "tail"))
    if facts["boosters"]:
        features.append((*counted(int(facts["boosters"]), "booster", "side"), "a booster on each side"))
    features.append(("a pointed nose", "a nose cone", "a pointed tip", "a cone on top"))
    if facts["stages"] == 2:
        features.append(("two stages", "2 stages", "an upper stage", "a narrower upper stage"))
    if facts["window"]:
        features.append(("a window", "a porthole", "a window near the top", "one window"))
    features.append(("a round body", "a cylindrical body", "an engine nozzle", "a nozzle at the bottom"))
    remarks = (
        "ready for lift-off",
        "pointing at the sky",
        "bound for the moon",
        "standing on the launch pad",
    )
    return Wording(nouns[style], size_adjectives(facts), tuple(features), remarks)


def tree(facts: Facts) -> Wording:
    """Words for a tree."""
    style = str(facts["style"])
    tiers = int(facts["tiers"])
    nouns: dict[str, Alternatives] = {
        "tree": ("tree", "tree", "oak tree", "apple tree", "leafy tree", "garden tree"),
        "fir tree": ("fir tree", "tree", "christmas tree", "pine tree", "conifer tree", "evergreen tree"),
        "umbrella tree": ("acacia tree", "umbrella tree", "tree", "savanna tree", "umbrella pine"),
        "poplar": ("tree", "poplar tree", "cypress tree", "slender tree"),
        "palm tree": ("palm tree", "palm tree", "palm", "coconut palm", "tree"),
        "potted tree": ("potted tree", "tree in a pot", "potted tree", "tree"),
    }
    crowns: dict[str, Alternatives] = {
        "fir tree": (
            "a pointed crown",
            "a cone-shaped crown",
            "a pointed top",
            "branches that taper upwards",
        ),
        "umbrella tree": ("a flat wide crown", "a flat crown", "an umbrella-shaped crown"),
        "poplar": ("a slim crown", "a column-shaped crown", "an upright crown"),
        "palm tree": ("four leaves", "four fronds", "drooping leaves", "palm leaves on top", "4 big leaves"),
    }
    round_: Alternatives = ("a round crown", "a bushy crown", "a ball-shaped crown", "a leafy crown")
    features: list[Alternatives] = [crowns.get(style, round_), ("a trunk", "a straight trunk", "one trunk")]
    if tiers > 1:
        features.insert(0, counted(tiers, "tier") + counted(tiers, "tier", "stepped"))
    if facts["pot"]:
        features.append(("a pot", "a square pot", "a planter", "a flower pot"))
    elif style == "palm tree":
        features.append(("a long bare trunk", "a bare trunk", "a high trunk"))
    remarks = ("standing in a garden", "growing straight up", "for a park")
    return Wording(nouns[style], size_adjectives(facts), tuple(features), remarks)
