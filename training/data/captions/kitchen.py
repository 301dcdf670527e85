"""What can be said about jars, mugs and pots."""

from __future__ import annotations

from training.data.captions.wording import Alternatives, Facts, Wording, counted, size_adjectives

_OPEN: Alternatives = ("an open top", "an open mouth", "a hollow body", "an open top and hollow body")


def _parts(facts: Facts, extras: dict[str, Alternatives]) -> list[Alternatives]:
    """The phrases of all facts that hold."""
    return [words for name, words in extras.items() if facts.get(name)]


def _handles(facts: Facts, *adjectives: str) -> list[Alternatives]:
    """Phrases for handles; "a handle" too where there is one."""
    count = int(facts.get("handles", 0))
    if not count:
        return []
    words = counted(count, "handle", *adjectives)
    if count == 1:
        words += ("a handle", "a handle on the side", *(f"a {adjective} handle" for adjective in adjectives))
    return [words]


def jar(facts: Facts) -> Wording:
    """Words for a jar."""
    nouns: dict[str, Alternatives] = {
        "jar": ("jar", "jar", "glass jar", "jam jar", "mason jar", "preserving jar", "honey jar"),
        "cookie jar": ("cookie jar", "cookie jar", "jar", "biscuit jar", "ginger jar", "sugar jar"),
        "storage jar": ("jar", "storage jar", "clay jar", "urn", "crock", "earthenware jar"),
        "amphora": ("amphora", "amphora", "Greek jar", "ancient jar", "wine jar", "jar"),
        "vase": ("vase", "vase", "flower vase", "jar", "clay vase", "ornamental jar"),
    }
    features = _parts(
        facts,
        {
            "lid": ("a lid", "a closed lid", "a flat lid", "a screw lid", "a cover on top", "a cap"),
            "open": _OPEN,
            "knob": ("a knob on the lid", "a knob on top", "a small knob", "a lid handle"),
            "belly": ("a round belly", "a bulging body", "a rounded body", "a wide belly"),
            "neck": ("a narrow neck", "a neck", "a neck slimmer than the body"),
            "foot": ("a narrow foot", "a small foot", "a slim base", "a foot below"),
            "rim": ("a wide rim", "a flared lip", "a thick rim", "a spreading mouth"),
            "flowers": ("a flower in it", "a flower", "a blossom on a stem", "a single bloom"),
        },
    )
    features += _handles(facts, "small" if facts["style"] == "storage jar" else "curved", "side")
    if not facts.get("belly"):
        features.append(("straight sides", "straight walls", "an upright body"))
    shape: Alternatives = ("round", "rounded", "round-bodied")
    remarks = ("for the kitchen shelf", "with a round body", "standing upright")
    return Wording(nouns[str(facts["style"])], (shape, *size_adjectives(facts)), tuple(features), remarks)


def mug(facts: Facts) -> Wording:
    """Words for a mug or a cup."""
    nouns: dict[str, Alternatives] = {
        "mug": ("mug", "mug", "coffee mug", "cup", "tea mug", "coffee cup", "drinking mug"),
        "latte mug": ("mug", "latte mug", "coffee mug", "cocoa mug", "travel mug"),
        "tankard": ("tankard", "beer mug", "beer stein", "mug", "tankard", "ale mug", "stein"),
        "teacup": ("teacup", "cup and saucer", "tea cup", "cup", "mug"),
        "espresso cup": ("espresso cup", "cup", "mug", "coffee cup", "demitasse"),
    }
    size = str(facts.get("handle_size", ""))
    words = {"large": ("big", "large", "tall"), "small": ("small", "little")}.get(size, ("side",))
    features = _handles(facts, *words)
    feet = {
        "narrow": ("a narrow foot", "a tapered base", "a smaller bottom"),
        "wide": ("a wide base", "a broad foot", "a heavy bottom"),
    }
    if facts.get("foot"):
        features.append(feet[str(facts["foot"])])
    features += _parts(
        facts,
        {
            "saucer": ("a saucer", "a saucer underneath", "a saucer below", "a plate under it"),
            "open": (*_OPEN, "an empty inside"),
            "drink": ("a drink in it", "coffee inside", "tea in it", "something to drink inside"),
            "froth": ("froth on top", "foam on top", "a head of foam", "froth over the rim"),
            "rim": ("a flared rim", "a wider rim", "a rim that spreads out"),
        },
    )
    shape: Alternatives = ("round", "rounded")
    remarks = ("for coffee or tea", "with a round body and a handle", "standing on the table")
    return Wording(nouns[str(facts["style"])], (shape, *size_adjectives(facts)), tuple(features), remarks)


_PLANTS: dict[str, Alternatives] = {
    "bush": ("a bush", "a bushy plant", "a round shrub", "green leaves", "a leafy plant"),
    "tree": ("a little tree", "a tree", "a small tree with a trunk", "a potted tree"),
    "flower": ("a flower", "a flower on a stem", "a blooming flower", "a blossom on a tall stem"),
    "cactus": ("a cactus", "a cactus with arms", "a spiky cactus", "a desert cactus"),
    "palm": ("a palm", "a palm tree", "drooping palm leaves", "a small palm tree"),
}
_PLANT_NOUNS: dict[str, Alternatives] = {
    "bush": ("potted shrub", "houseplant"),
    "tree": ("potted tree", "bonsai"),
    "flower": ("potted flower", "flower in a pot"),
    "cactus": ("potted cactus", "cactus in a pot"),
    "palm": ("potted palm", "palm in a pot"),
}


def pot(facts: Facts) -> Wording:
    """Words for a pot."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "plant pot": ("plant pot", "pot", "flower pot", "flowerpot", "planter"),
        "cooking pot": ("cooking pot", "pot", "stockpot", "stew pot", "kitchen pot", "soup pot", "casserole"),
        "saucepan": ("saucepan", "pan", "pot", "sauce pan", "cooking pan"),
        "cauldron": ("cauldron", "cauldron", "witch's cauldron", "pot", "iron pot", "kettle pot"),
        "teapot": ("teapot", "teapot", "tea pot", "pot"),
    }
    names = nouns[style]
    kind = str(facts.get("plant_kind", ""))
    if kind:
        names += ("potted plant", "plant in a pot", *_PLANT_NOUNS[kind])
    features = _pot_parts(facts, kind)
    shape: Alternatives = ("round", "rounded")
    remarks = ("for the kitchen", "standing on the stove", "made for cooking")
    if style == "plant pot":
        shape = ("indoor", "garden")
        remarks = ("for the windowsill", "standing by the window", "for the garden")
    return Wording(names, (shape, *size_adjectives(facts)), tuple(features), remarks)


def _pot_parts(facts: Facts, kind: str) -> list[Alternatives]:
    """Phrases for the parts of a pot."""
    style = str(facts["style"])
    features: list[Alternatives] = [_PLANTS[kind]] if kind else []
    if style == "plant pot":
        shapes: dict[str, Alternatives] = {
            "straight": ("straight sides", "straight walls", "an upright pot"),
            "tapered": ("a tapered pot", "a narrower base", "a pot that widens upward", "a slim foot"),
            "rimmed": ("a thick rim", "a wide rim", "a broad collar at the top of the pot"),
        }
        features.append(shapes[str(facts["pot"])])
        if not kind:
            features.append(("no plant in it", "only earth in it", "nothing growing in it"))
    length = {"saucepan": ("long", "straight"), "cooking pot": ("side", "small")}.get(style, ("side",))
    features += _handles(facts, *length)
    features += _parts(
        facts,
        {
            "lid": ("a lid", "a lid on top", "a cover", "a lid to lift off", "a closed lid"),
            "open": _OPEN,
            "spout": ("a spout", "a curved spout", "a spout on one side and a handle on the other"),
            "belly": ("a round belly", "a bulging body", "a fat belly", "a rounded body"),
        },
    )
    if facts.get("legs"):
        features.append((*counted(int(facts["legs"]), "leg", "short"), "four short feet", "four feet"))
    return features
