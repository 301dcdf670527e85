"""What can be said about trains, ships and pianos."""

from __future__ import annotations

from training.data.captions.wording import Alternatives, Facts, Wording, counted, size_adjectives


def _parts(facts: Facts, extras: dict[str, Alternatives]) -> list[Alternatives]:
    return [words for name, words in extras.items() if facts.get(name)]


_LOADS: dict[str, Alternatives] = {
    "open": ("an open box", "an open load bed", "an open cargo box"),
    "tank": ("a tank", "a round tank", "a liquid tank", "a tank on top"),
    "logs": ("a load of logs", "logs on a flat bed", "a pile of timber", "stacked logs"),
    "box": ("a closed body", "sliding doors", "a door on each side", "a closed cargo body"),
}


def train(facts: Facts) -> Wording:
    """Words for a train or one of its cars."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "steam locomotive": (
            "steam locomotive",
            "steam train",
            "steam engine",
            "train",
            "locomotive",
            "train engine",
        ),
        "diesel locomotive": ("diesel locomotive", "locomotive", "train", "diesel engine", "railway engine"),
        "tank engine": ("tank engine", "tank locomotive", "steam engine", "train", "small steam locomotive"),
        "train": ("train", "train", "steam train", "toy train", "railway train"),
        "coach": (
            "train coach",
            "railway carriage",
            "passenger car",
            "train car",
            "passenger carriage",
            "railroad car",
            "train",
        ),
        "freight wagon": (
            "freight wagon",
            "train wagon",
            "freight car",
            "goods wagon",
            "railroad car",
            "train",
        ),
        "tram": ("tram", "tram", "streetcar", "trolley", "train", "city tram"),
        "bullet train": ("bullet train", "high-speed train", "express train", "train", "fast train"),
    }
    features: list[Alternatives] = [counted(int(facts["wheels"]), "wheel")]
    cars = int(facts.get("cars", 0))
    if cars:
        features.append(counted(cars, "car", "joined") + counted(cars, "carriage", "coupled"))
        features.append(("a locomotive in front", "an engine at the front", "an engine that pulls it"))
    features += _parts(
        facts,
        {
            "chimney": ("a chimney", "a smokestack", "a chimney in front", "a funnel on the boiler"),
            "boiler": ("a boiler", "a round boiler", "a front boiler"),
            "cab": ("a driver's cab", "a cab", "a cab with windows", "a driver's cabin"),
            "dome": ("a steam dome", "a dome on the boiler", "a dome behind the chimney"),
            "tanks": ("side tanks", "water tanks at both sides", "a water tank on each side"),
            "buffers": ("buffers", "buffer beams", "a buffer beam at each end"),
            "cowcatcher": ("a cowcatcher", "a cow catcher at the front", "a pilot at the front"),
            "hood": ("a flat hood", "an engine hood", "a bonnet over the engine"),
            "windows": ("a row of windows", "side windows", "windows along the sides", "windows"),
            "collector": ("a current collector on the roof", "a pantograph", "a pole on the roof"),
            "nose": ("a sloped nose", "a stepped nose", "a streamlined front", "a pointed nose"),
            "coal": ("coal on top", "a load of coal", "a heap of coal"),
        },
    )
    if facts.get("load"):
        features.append(
            _LOADS[str(facts["load"])] if not facts.get("coal") else ("a loaded bed", "a full bed")
        )
    if facts.get("roof"):
        features.append(
            ("a raised roof", "a roof with a ridge") if facts["roof"] == "raised" else ("a flat roof",)
        )
    remarks = ("ready to roll on rails", "standing on its wheels", "with a boxy body", "for the railway")
    return Wording(nouns[style], size_adjectives(facts), tuple(features), remarks)


def vessel(facts: Facts) -> Wording:
    """Words for a ship or a boat."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "sailing boat": ("sailboat", "sailing boat", "yacht", "boat", "sail boat", "dinghy"),
        "sailing ship": (
            "sailing ship",
            "ship",
            "galleon",
            "pirate ship",
            "pirate ship",
            "square-rigged ship",
        ),
        "cargo ship": ("cargo ship", "freighter", "container ship", "ship", "cargo vessel", "vessel"),
        "steamship": ("steamship", "ship", "steamer", "ocean liner", "passenger ship", "cruise ship"),
        "tugboat": ("tugboat", "tug", "tug boat", "boat", "harbour tug", "fishing boat"),
        "ferry": ("ferry", "ferry boat", "ferryboat", "ship", "passenger ferry", "vessel"),
        "rowing boat": ("rowing boat", "rowboat", "boat", "row boat", "open boat"),
        "longship": ("longship", "Viking ship", "Viking longship", "dragon boat", "ship"),
        "catamaran": ("catamaran", "catamaran", "sailing catamaran", "twin-hulled sailboat", "boat"),
        "aircraft carrier": ("aircraft carrier", "aircraft carrier", "navy ship", "warship", "ship"),
        "submarine": ("submarine", "submarine", "sub", "U-boat", "navy submarine"),
        "motorboat": ("motorboat", "speedboat", "motor boat", "powerboat", "boat", "speed boat"),
        "canoe": ("canoe", "canoe", "kayak", "boat", "dugout canoe"),
    }
    features = _rigging(facts)
    features += _parts(
        facts,
        {
            "containers": (
                "containers on deck",
                "stacked containers",
                "cargo on deck",
                "a load of containers",
            ),
            "bridge": ("a bridge", "a ship's bridge", "a wheelhouse", "a raised bridge"),
            "cabin": ("a cabin", "a cabin on deck", "a deckhouse", "a small cabin"),
            "windows": ("side windows", "a row of windows", "windows along the deck"),
            "decks": (*counted(int(facts.get("decks", 0)), "deck", "upper"), "a superstructure"),
            "raised_bow": ("a raised bow", "a bow that rises", "a high bow"),
            "raised_stern": ("a raised stern", "a high stern", "a sterncastle"),
            "open": ("an open hull", "a hollow hull", "an open hull to sit in"),
            "benches": _seats(facts),
            "oars": ("two oars", "a pair of oars", "2 oars", "oars on both sides", "oars"),
            "both_ends": ("two pointed ends", "pointed ends", "a point at each end"),
            "raised_ends": ("raised ends", "a high bow and a high stern", "two ends that rise high"),
            "hulls": ("two hulls", "twin hulls", "2 hulls", "two slim hulls side by side"),
            "flight_deck": ("a flight deck", "a long flat deck", "a runway on deck", "a flat top"),
            "island": ("a tower at one side", "an island at the side of the deck", "a side tower"),
            "tower": ("a conning tower", "a tower", "a tower on top", "a sail on top"),
            "periscope": ("a periscope", "a raised periscope", "one periscope"),
            "fin": ("a tail fin", "a rudder fin", "a fin at the stern"),
            "planes": ("side fins", "diving planes", "rudders on both sides"),
            "windscreen": ("a windscreen", "a windshield", "a windscreen in front of the cockpit"),
            "engine": ("an outboard motor", "an engine at the back", "an outboard engine", "a motor"),
            "seat": ("a seat", "a driver's seat", "a bench"),
            "pointed": ("a pointed bow", "a pointed hull", "a sharp bow", "a hull that narrows to the bow"),
        },
    )
    remarks = (
        "floating on the water",
        "for the open sea",
        "ready to set sail" if facts.get("sails") else "made for the water",
    )
    return Wording(nouns[style], size_adjectives(facts), tuple(features), remarks)


def _seats(facts: Facts) -> Alternatives:
    seats = int(facts.get("benches", 0))
    return counted(seats, "seat") + (("a seat across", "a bench inside") if seats == 1 else ("seats inside",))


def _rigging(facts: Facts) -> list[Alternatives]:
    """Phrases for masts, sails and funnels."""
    features: list[Alternatives] = []
    masts, sails, funnels = (int(facts.get(name, 0)) for name in ("masts", "sails", "funnels"))
    if masts:
        features.append(counted(masts, "mast") + (("a mast", "a single mast") if masts == 1 else ()))
        kind = str(facts["sail_kind"])
        features.append(
            counted(sails, "sail", kind, kind) + ((f"a {kind} sail", "a sail") if sails == 1 else ("sails",))
        )
    if funnels:
        words = counted(funnels, "funnel") + counted(funnels, "smokestack") + counted(funnels, "chimney")
        features.append(words + (("a funnel", "a smokestack", "a chimney") if funnels == 1 else ()))
    return features


def piano(facts: Facts) -> Wording:
    """Words for a piano."""
    nouns: dict[str, Alternatives] = {
        "upright piano": ("upright piano", "piano", "upright piano", "pianoforte", "vertical piano"),
        "grand piano": ("grand piano", "grand piano", "piano", "concert piano", "baby grand piano"),
        "spinet": ("piano", "spinet", "spinet piano", "console piano", "cottage piano"),
        "keyboard": ("keyboard", "electric piano", "digital piano", "piano", "stage piano", "piano keyboard"),
    }
    features: list[Alternatives] = [
        (
            "black and white keys",
            "keys",
            "piano keys",
            "a keyboard with black keys",
            "raised black keys",
            "a row of keys",
        )
    ]
    if facts.get("legs"):
        features.append(counted(int(facts["legs"]), "leg", "straight", "sturdy"))
    features += _parts(
        facts,
        {
            "stool": (
                "a stool",
                "a piano stool",
                "a seat in front",
                "a piano bench",
                "a stool in front of it",
            ),
            "music_stand": ("a music stand", "a music rest", "a stand for sheet music", "a score holder"),
            "curved": (
                "a curved body",
                "a curved side",
                "a case that narrows to the back",
                "a wing-shaped body",
            ),
        },
    )
    if facts.get("lid") == "open":
        features.append(("an open lid", "a raised lid", "a lid propped open", "the lid up"))
    elif facts.get("lid"):
        features.append(("a closed lid", "the lid down", "a flat top"))
    remarks = ("for a concert", "ready to be played", "with its keys in front")
    return Wording(nouns[str(facts["style"])], size_adjectives(facts), tuple(features), remarks)
