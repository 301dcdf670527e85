"""What can be said about beds, bookshelves, towers and cars."""

from __future__ import annotations

from training.data.captions.wording import Alternatives, Facts, Wording, counted, number, size_adjectives


def bed(facts: Facts) -> Wording:
    """Words for a bed."""
    style = str(facts["style"])
    wide = facts["sleeps"] == 2
    nouns: dict[str, Alternatives] = {
        "single bed": ("bed", "single bed", "twin bed", "single bed", "bed for one"),
        "double bed": ("double bed", "bed", "double bed", "queen bed", "king-size bed", "bed for two"),
        "four-poster bed": ("four-poster bed", "four-poster bed", "bed", "poster bed"),
        "cot": ("cot", "baby bed", "crib", "cot bed"),
        "bunk bed": ("bunk bed", "bunk bed", "bunk beds", "double-decker bed"),
    }
    names = nouns[style]
    if style == "four-poster bed" and wide:
        names += ("double four-poster bed",)
    features: list[Alternatives] = _bed_boards(facts)
    if facts["legs"]:
        features.append(counted(int(facts["legs"]), "leg", "short", "sturdy"))
    elif facts["base"] == "plinth":
        features.append(("a recessed base", "a platform base", "a plinth"))
    pillows = int(facts.get("pillows", 0))
    if pillows:
        features.append(
            counted(pillows, "pillow") if pillows > 1 else ("a pillow", "one pillow", "a wide pillow")
        )
    extras: dict[str, Alternatives] = {
        "bars": ("bars on all sides", "slatted sides", "a rail all around"),
        "blanket": ("a blanket", "a blanket at the foot", "a folded blanket", "a duvet"),
        "canopy": ("a canopy", "a canopy frame", "a frame on top"),
        "rails": ("guard rails", "a rail around the top bunk", "a safety rail"),
    }
    features += [words for name, words in extras.items() if facts.get(name)]
    if facts.get("posts"):
        features.append(("four posts", "four tall posts", "tall corner posts", "4 posts"))
    if facts["beds"] == 2:
        features.append(("two beds", "two levels", "two sleeping levels", "an upper and a lower bunk"))
    return Wording(names, size_adjectives(facts), tuple(features), ("with a thick mattress", "for a bedroom"))


def _bed_boards(facts: Facts) -> list[Alternatives]:
    features: list[Alternatives] = []
    if facts.get("headboard"):
        words = ["a headboard"] * 3
        if "headboard_height" in facts:
            height = str(facts["headboard_height"])
            words += [f"a {height} headboard", f"a {'tall' if height == 'high' else 'short'} headboard"]
        words.append(f"a {facts['headboard_kind']} headboard")
        features.append(tuple(words))
    elif facts.get("headboard") is False:
        features.append(("no headboard",))
    if facts.get("footboard"):
        features.append(("a footboard", "a low footboard", "a board at the foot"))
    return features


def bookshelf(facts: Facts) -> Wording:
    """Words for a bookshelf."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "bookcase": ("bookshelf", "bookcase", "book shelf", "shelf"),
        "bookshelf": ("bookshelf", "bookshelf", "bookcase", "shelving unit"),
        "étagère": ("bookshelf", "open shelf", "étagère", "shelf rack", "rack"),
        "divided bookcase": ("bookcase", "bookshelf", "shelving unit", "cube shelf"),
        "stepped shelf": ("bookshelf", "stepped bookshelf", "ladder shelf", "stepped shelf"),
    }
    tiers = int(facts["tiers"])
    word = number(tiers)
    features: list[Alternatives] = [
        counted(tiers, "tier")
        + counted(tiers, "shelf", "horizontal")
        + (f"{word} tiers", f"{word} levels", f"{word} boards")
    ]
    if facts["back"]:
        features.append(("a back panel", "a closed back", "a solid back"))
    else:
        features.append(("an open back", "no back panel"))
    if facts["divider"]:
        features.append(("a vertical divider", "a divider in the middle", "two columns", "a central divider"))
        features.append(counted(2 * (tiers - 1), "compartment"))
    elif tiers > 2:
        features.append(counted(tiers - 1, "compartment") + counted(tiers - 1, "compartment", "open"))
    if facts.get("books"):
        features.append(("books", "some books", "a few books on it", "books on the shelves"))
    if style == "étagère":
        features.append(("four posts", "corner posts", "open sides", "four upright posts"))
    elif style != "stepped shelf":
        features.append(("two side walls", "solid sides", "upright sides"))
    if facts["feet"]:
        features.append(("short feet", "small feet"))
    adjectives = list(size_adjectives(facts))
    adjectives += [(f"{word}-tier", f"{word}-shelf", f"{tiers}-tier", f"{word}-tiered")]
    return Wording(
        nouns[style], tuple(adjectives), tuple(features), ("for books", "with evenly spaced shelves")
    )


def tower(facts: Facts) -> Wording:
    """Words for a tower."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "castle tower": (
            "castle tower",
            "castle tower",
            "tower",
            "medieval tower",
            "fortress tower",
            "stone tower",
        ),
        "skyscraper": ("skyscraper", "tower", "tower block", "high-rise", "office tower", "tower building"),
        "stepped tower": ("stepped tower", "tower", "ziggurat", "tiered tower", "step pyramid"),
        "pagoda": ("pagoda", "tower", "pagoda tower", "temple tower"),
        "watchtower": ("watchtower", "watch tower", "lookout tower", "tower", "guard tower"),
        "lighthouse": ("lighthouse", "lighthouse", "light house", "lighthouse tower"),
        "spire tower": ("tower", "church tower", "bell tower", "steeple"),
    }
    features: list[Alternatives] = []
    if facts["battlements"]:
        features.append(
            ("battlements", "battlements", "crenellations", "battlements on top", "a crenellated top")
        )
    roofs: dict[str, Alternatives] = {
        "pyramid": ("a pyramid roof", "a pointed roof", "a stepped roof", "a pitched roof"),
        "spire": ("a spire", "a pointed spire", "a pointed roof", "a steep pointed roof"),
    }
    if facts["roof"] in roofs:
        features.append(roofs[str(facts["roof"])])
    features += _tower_parts(facts)
    features.append(("straight walls", "thick walls", "solid walls", "sturdy walls"))
    shape: Alternatives = ("square", "straight") if style in ("castle tower", "spire tower") else ("square",)
    if style == "lighthouse":
        lamp = ("a lamp room", "a lantern on top", "a lamp on top", "a light at the top")
        gallery = ("a gallery", "a balcony below the lamp", "a gallery around the lamp")
        features += [lamp, gallery]
        return Wording(nouns[style], (("round",), *size_adjectives(facts)), tuple(features), ("by the sea",))
    return Wording(nouns[style], (shape, *size_adjectives(facts)), tuple(features), ("with a square plan",))


def _tower_parts(facts: Facts) -> list[Alternatives]:
    """Phrases for the parts of a tower below its top."""
    features: list[Alternatives] = []
    if facts["legs"]:
        features.append(counted(int(facts["legs"]), "leg", "tall", "long"))
    for name, nouns in (
        ("sections", ("section", "step", "tier")),
        ("floors", ("roof", "storey", "tier", "floor")),
    ):
        count = int(facts.get(name, 0))
        if count > 1:
            features.append(tuple(phrase for noun in nouns for phrase in counted(count, noun)))
    if facts.get("floors"):
        features.append(("projecting roofs", "overhanging roofs", "wide eaves"))
    extras: dict[str, Alternatives] = {
        "door": ("a door", "a doorway", "an entrance at the front", "a gate"),
        "windows": ("windows", "small windows", "window openings"),
        "plinth": ("a wide base", "a broad plinth", "a stepped base", "a wider foot"),
        "projecting": ("an overhanging top", "a projecting top", "a wider top"),
        "antenna": ("an antenna", "an antenna on top", "a mast on the roof"),
        "platform": ("a platform", "a raised platform", "a platform up high"),
    }
    return features + [words for name, words in extras.items() if facts.get(name)]


_LORRIES: dict[str, Alternatives] = {
    "box": ("box truck", "delivery lorry", "delivery truck"),
    "tank": ("tanker", "tank truck", "tanker lorry"),
    "tipper": ("tipper", "dump truck", "tipper lorry"),
    "flat": ("flatbed truck", "flatbed lorry"),
}
_CARGO: dict[str, Alternatives] = {
    "box": ("a closed cargo box", "a box body at the back", "a cargo box"),
    "tank": ("a tank at the back", "a tank behind the cab", "a liquid tank"),
    "tipper": ("an open tipper body", "an open load box", "an open box at the back"),
    "flat": ("a flat bed", "a flat load bed", "an empty flat bed"),
}


def car(facts: Facts) -> Wording:
    """Words for a car."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "saloon": ("car", "car", "saloon car", "sedan", "family car", "automobile"),
        "estate car": ("estate car", "station wagon", "car", "estate", "family car"),
        "lorry": ("lorry", "truck", "lorry", "truck", "heavy lorry", "heavy truck"),
        "hatchback": ("hatchback", "car", "city car", "hatchback car"),
        "sports car": ("sports car", "sports car", "car", "sport car", "coupe"),
        "race car": ("race car", "racing car", "car", "racecar"),
        "van": ("van", "minivan", "delivery van", "car", "people carrier"),
        "pickup truck": ("pickup truck", "pickup", "truck", "car", "pick-up truck"),
        "jeep": ("jeep", "family SUV", "off-road car", "car", "4x4 car"),
        "limousine": ("limousine", "limo", "stretch limousine", "car"),
        "convertible": ("convertible", "cabriolet", "car", "open car", "open-top car"),
    }
    names = nouns[style]
    if facts.get("roof_sign"):
        names = ("taxi", "cab", "taxi", "car")
    elif facts.get("light_bar"):
        names = ("police car", "police car", "car", "patrol car")
    elif style == "lorry":
        names += _LORRIES[str(facts["cargo"])]
    size = "big" if facts.get("wheel_size") == "big" else ""
    wheels = counted(int(facts["wheels"]), "wheel", *((size, size) if size else ()))
    features: list[Alternatives] = [wheels]
    extras: dict[str, Alternatives] = {
        "spoiler": ("a rear spoiler", "a spoiler", "a rear wing", "a big spoiler at the back"),
        "windows": ("side windows", "windows", "recessed windows"),
        "roof_rack": ("a roof rack", "roof rails", "a luggage rack on the roof"),
        "roof_sign": ("a sign on the roof", "a roof sign", "a light on the roof"),
        "light_bar": ("a light bar on the roof", "a bar of lights on the roof", "lights across the roof"),
        "bumpers": ("bumpers", "a bumper at each end", "front and rear bumpers", "two bumpers"),
        "cargo_bed": ("an open cargo bed", "an open bed at the back", "a loading bed", "a truck bed"),
        "load": ("a load in the back", "cargo in the bed", "a loaded bed"),
        "bonnet": ("a bonnet", "a hood", "a flat bonnet", "a front hood"),
        "boot": ("a boot", "a trunk", "a rear trunk"),
        "cab": ("a cab at the front", "a driver's cab", "a cab with windows"),
    }
    if facts.get("windscreen") == "sloped":
        features.append(("a sloped windscreen", "a slanted windshield", "a stepped windscreen"))
    elif facts.get("windscreen"):
        features.append(("a windscreen", "a windshield", "an upright windscreen"))
    if facts.get("cargo"):
        features.append(_CARGO[str(facts["cargo"])])
    features += [words for name, words in extras.items() if facts.get(name)]
    if facts["roof"]:
        features.append(("a closed cabin", "a roof", "a cabin"))
    else:
        features.append(("no roof", "an open top", "an open roof", "open seats"))
    return Wording(names, size_adjectives(facts), tuple(features), ("with a boxy body", "ready to drive"))
