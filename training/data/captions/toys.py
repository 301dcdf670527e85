"""What can be said about animals, robots, airplanes, hearts and bridges."""

from __future__ import annotations

from training.data.captions.wording import Alternatives, Facts, Wording, counted, size_adjectives


def _parts(facts: Facts, extras: dict[str, Alternatives]) -> list[Alternatives]:
    """The phrases of all facts that hold."""
    return [words for name, words in extras.items() if facts.get(name)]


_ANIMAL_PARTS: dict[str, Alternatives] = {
    "neck": ("a long neck", "a very long neck", "a neck that reaches up high"),
    "bill": ("a bill", "a beak", "a flat bill", "a duckbill"),
    "beak": ("a beak", "a short beak", "a beak in front"),
    "wings": ("wings", "folded wings", "wings on its back"),
    "flippers": ("two flippers", "flippers at its sides", "two small wings", "wings at its sides"),
    "shell": ("a shell", "a domed shell", "a shell on its back", "a round shell"),
    "snail_shell": ("a shell", "a round shell", "an upright shell", "a big shell on its back"),
    "feelers": ("two feelers", "feelers", "two tentacles", "a pair of feelers"),
    "fins": ("fins", "a fin on its back", "side fins", "a dorsal fin"),
    "tail_fin": ("a tail fin", "a forked tail", "a tail fin at the back", "a fish tail"),
    "fluke": ("a tail fluke", "a broad tail fin", "a raised tail", "a fluke at the end of its tail"),
    "spout": ("a spout of water", "water spouting from its back", "a water spout", "a fountain on its back"),
    "jaws": ("open jaws", "an open mouth", "big jaws", "a gaping mouth"),
    "arms": ("short arms", "two short arms", "tiny arms"),
}
"""Phrases for what only some animals have."""


def animal(facts: Facts) -> Wording:
    """Words for an animal."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "dog": ("dog", "dog", "puppy", "doggy", "hound", "pet dog"),
        "cat": ("cat", "cat", "kitten", "kitty", "house cat", "pet cat"),
        "giraffe": ("giraffe", "giraffe", "giraffe from the zoo"),
        "horse": ("horse", "horse", "pony", "foal", "toy horse"),
        "elephant": ("elephant", "elephant", "circus elephant", "elephant from the zoo"),
        "rabbit": ("rabbit", "rabbit", "bunny", "hare", "bunny rabbit"),
        "duck": ("duck", "duck", "rubber duck", "duckling", "bath duck"),
        "cow": ("cow", "cow", "bull", "farm cow", "ox"),
        "pig": ("pig", "pig", "piglet", "piggy", "farm pig", "hog"),
        "camel": ("camel", "camel", "desert camel"),
        "penguin": ("penguin", "penguin", "penguin chick", "emperor penguin"),
        "turtle": ("turtle", "turtle", "tortoise", "little turtle"),
        "fish": ("fish", "fish", "goldfish", "pet fish"),
        "whale": ("whale", "whale", "blue whale", "sperm whale"),
        "snail": ("snail", "snail", "garden snail"),
        "crocodile": ("crocodile", "alligator", "crocodile", "croc"),
        "dinosaur": ("dinosaur", "dinosaur", "brontosaurus", "long-necked dinosaur", "sauropod", "dino"),
        "tyrannosaur": ("dinosaur", "T-rex", "tyrannosaurus", "T-rex dinosaur", "dino"),
    }
    features: list[Alternatives] = []
    if facts["legs"]:
        features.append(counted(int(facts["legs"]), "leg", "straight", "sturdy"))
    if facts.get("ears"):
        kind = {"dog": "floppy", "cat": "pointed", "rabbit": "long", "elephant": "big"}.get(style, "upright")
        noun = "horn" if style in ("giraffe", "cow") else "ear"
        features.append(
            (*counted(2, noun), *(() if noun == "horn" else (f"{kind} ears", f"two {kind} ears")))
        )
    features += _parts(facts, _ANIMAL_PARTS)
    if facts.get("tail_length"):
        features.append(("a long tail", "a long tail behind it", "a tail in steps"))
    elif facts.get("tail"):
        features.append(("a tail", "a tail at the back", "a tail behind it"))
    if facts.get("humps"):
        humps = int(facts["humps"])
        features.append(
            counted(humps, "hump") + (("a hump", "a hump on its back") if humps == 1 else ("humps",))
        )
    if style == "elephant":
        features.append(("a trunk", "a hanging trunk", "a trunk that reaches down"))
    remarks = ("standing still", "looking ahead", "for the toy farm")
    return Wording(nouns[style], size_adjectives(facts), tuple(features), remarks)


def robot(facts: Facts) -> Wording:
    """Words for a robot."""
    nouns: dict[str, Alternatives] = {
        "walking robot": ("robot", "robot", "walking robot", "android", "humanoid robot", "droid"),
        "toy robot": ("robot", "toy robot", "robot", "tin robot", "retro robot"),
        "tracked robot": ("robot", "tracked robot", "robot on tracks", "rover robot", "robot"),
        "giant robot": ("robot", "giant robot", "mech", "battle robot", "robot warrior"),
    }
    features: list[Alternatives] = []
    if facts["legs"]:
        features.append(counted(int(facts["legs"]), "leg", "straight", "strong"))
    poses: dict[str, Alternatives] = {
        "down": ("two arms at its sides", "arms at the sides", "hanging arms", "two arms", "2 arms"),
        "forward": ("arms stretched forward", "two arms reaching forward", "arms held out in front"),
        "up": ("raised arms", "two arms in the air", "arms up", "both arms raised"),
    }
    features.append(poses[str(facts["pose"])])
    features += _parts(
        facts,
        {
            "tracks": ("two tracks", "tank tracks", "two treads", "tracks instead of legs", "2 tracks"),
            "eyes": ("two eyes", "eyes", "a head with two eyes", "square eyes", "2 eyes"),
            "neck": ("a neck", "a thin neck", "a head on a neck"),
            "feet": ("feet", "big feet", "two feet", "boots"),
            "panel": ("a control panel", "a chest panel", "a slot in the belly", "a panel on its body"),
        },
    )
    antennas = int(facts.get("antennas", 0))
    if antennas:
        features.append(
            counted(antennas, "antenna")
            + (
                ("an antenna", "an antenna on its head")
                if antennas == 1
                else ("antennas on its head", "antennas")
            )
        )
    shape: Alternatives = ("square", "boxy", "blocky", "friendly")
    remarks = ("ready to serve", "with a boxy body", "facing the front")
    return Wording(nouns[str(facts["style"])], (shape, *size_adjectives(facts)), tuple(features), remarks)


def airplane(facts: Facts) -> Wording:
    """Words for an airplane."""
    nouns: dict[str, Alternatives] = {
        "airliner": ("airplane", "airliner", "plane", "passenger plane", "aeroplane", "jet", "jumbo jet"),
        "propeller plane": (
            "airplane",
            "propeller plane",
            "plane",
            "aircraft",
            "aeroplane",
            "light aircraft",
        ),
        "biplane": ("biplane", "biplane", "airplane", "double-decker plane", "plane"),
        "jet fighter": ("jet fighter", "fighter jet", "fighter plane", "airplane", "plane", "jet"),
        "glider": ("glider", "sailplane", "airplane", "plane", "glider plane"),
    }
    features: list[Alternatives] = [("a tail fin", "a fin at the tail", "a tail", "a tail with a fin")]
    if facts["wing_pairs"] == 2:
        features.append(("two wings above each other", "an upper and a lower wing", "double wings"))
    elif facts["swept"]:
        features.append(("swept wings", "swept-back wings", "wings that lean back", "two swept wings"))
    else:
        features.append(("straight wings", "two wings", "wings", "2 wings"))
    wheels = int(facts["wheels"])
    if wheels:
        features.append((*counted(wheels, "wheel"), "landing gear", "an undercarriage"))
    else:
        features.append(("no wheels", "a flat belly", "no landing gear"))
    if facts.get("engines"):
        engines = int(facts["engines"])
        features.append((*counted(engines, "engine"), "engines on the wings", "jet engines"))
    features += _parts(
        facts,
        {
            "propeller": ("a propeller", "a propeller on the nose", "a propeller in front"),
            "cockpit": ("a cockpit", "a raised cockpit", "a canopy over the pilot"),
        },
    )
    remarks = ("ready for take-off", "with its nose ahead", "for flying")
    return Wording(nouns[str(facts["style"])], size_adjectives(facts), tuple(features), remarks)


def heart(facts: Facts) -> Wording:
    """Words for a heart."""
    nouns: dict[str, Alternatives] = {
        "heart": ("heart", "heart", "love heart", "valentine heart", "heart shape"),
        "heart on a stand": ("heart", "heart on a stand", "heart trophy", "heart statue", "love heart"),
        "heart outline": ("heart", "heart outline", "hollow heart", "heart frame", "heart ring"),
        "flat heart": ("heart", "flat heart", "heart lying down", "heart tile", "heart shape"),
        "arrow heart": ("heart", "heart with an arrow", "valentine heart", "heart pierced by an arrow"),
    }
    features: list[Alternatives] = [
        ("a pointed tip", "a point at one end", "a sharp tip")
        if facts["flat"]
        else ("a pointed bottom", "a point at the bottom", "a tip below", "a pointed tip")
    ]
    if not facts["flat"]:
        features.append((*counted(2, "lobe", "round"), "two round humps", "a notch at the top"))
    features += _parts(
        facts,
        {
            "flat": ("a flat back", "a flat shape", "straight sides"),
            "hole": ("a hole in the middle", "a hollow middle", "an open middle"),
            "stand": ("a stand", "a base to stand on", "a foot", "a pedestal"),
            "arrow": ("an arrow through it", "an arrow", "Cupid's arrow"),
        },
    )
    remarks = ("for Valentine's Day", "for someone dear", "made with love")
    return Wording(nouns[str(facts["style"])], size_adjectives(facts), tuple(features), remarks)


def bridge(facts: Facts) -> Wording:
    """Words for a bridge."""
    nouns: dict[str, Alternatives] = {
        "arch bridge": ("bridge", "arch bridge", "arched bridge", "stone bridge", "viaduct", "aqueduct"),
        "beam bridge": ("bridge", "beam bridge", "road bridge", "pier bridge", "bridge", "flat bridge"),
        "suspension bridge": ("suspension bridge", "bridge", "hanging bridge", "suspension bridge"),
        "humpback bridge": ("bridge", "humpback bridge", "footbridge", "stepped bridge", "garden bridge"),
        "covered bridge": ("covered bridge", "bridge", "bridge with a roof", "roofed bridge"),
    }
    features: list[Alternatives] = [
        ("a road on top", "a roadway", "a path across")
        if not facts.get("roof")
        else ("a covered road", "a roof")
    ]
    supports, spans = int(facts.get("supports", 0)), int(facts.get("spans", 0))
    if facts["style"] in ("beam bridge", "covered bridge"):
        features.append(counted(supports, "pier", "solid") + counted(supports, "support"))
    if spans:
        openings = counted(spans, "opening") + counted(spans, "span")
        features.append((*openings, "an opening below") if spans == 1 else openings)
    features += _parts(
        facts,
        {
            "towers": ("two towers", "2 towers", "two tall pylons", "a tower at each end"),
            "cables": ("cables", "hanging cables", "suspension cables", "stepped cables"),
            "rails": ("railings", "side rails", "low walls along the road", "parapets"),
            "steps": ("steps up to the middle", "stairs on both sides", "a raised middle"),
            "roof": ("a roof on posts", "open sides", "rows of posts"),
        },
    )
    remarks = ("standing over a river", "for crossing the water", "standing firm")
    return Wording(nouns[str(facts["style"])], size_adjectives(facts), tuple(features), remarks)
