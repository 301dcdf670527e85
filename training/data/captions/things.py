"""What can be said about baskets, birdhouses, bottles, bowls, buses, cameras and guitars."""

from __future__ import annotations

from collections.abc import Mapping

from training.data.captions.wording import Alternatives, Facts, Wording, counted, size_adjectives


def _stated(facts: Facts, phrases: Mapping[str, Alternatives]) -> list[Alternatives]:
    """The phrases of the parts that are there."""
    return [words for name, words in phrases.items() if facts.get(name)]


def basket(facts: Facts) -> Wording:
    """Words for a basket."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "handled basket": ("basket", "basket", "carrying basket", "shopping basket", "hand basket"),
        "open basket": ("basket", "open basket", "basket", "storage basket", "bread basket"),
        "picnic basket": ("picnic basket", "picnic basket", "basket", "hamper", "picnic hamper"),
        "fruit basket": ("fruit basket", "fruit basket", "basket", "gift basket", "harvest basket"),
        "laundry basket": ("laundry basket", "laundry basket", "basket", "washing basket", "hamper"),
        "waste-paper basket": ("waste-paper basket", "basket", "wastebasket", "paper basket", "bin basket"),
    }
    features = _stated(
        facts,
        {
            "handle": (
                "a handle",
                "an arched handle",
                "a tall handle",
                "a carrying handle",
                "a handle over the top",
                "one handle across the middle",
            ),
            "lid": ("a lid", "a closed lid", "a flat lid", "a lid on top", "a cover"),
            "contents": ("fruit inside", "fruit piled up in it", "some fruit", "fruits on top"),
            "woven": ("woven sides", "a woven pattern", "gaps in the weave", "wicker sides", "a woven body"),
            "grips": ("two side handles", "handles on both sides", "two grips", "a grip on each side"),
        },
    )
    if not facts["lid"] and not facts["contents"]:
        features.append(("an open top", "a hollow inside", "an open, hollow body", "thin walls"))
    if not facts["handle"] and not facts["grips"]:
        features.append(("no handle",))
    adjectives = list(size_adjectives(facts))
    if facts["woven"]:
        adjectives.append(("woven", "wicker"))
    elif facts["round"]:
        adjectives.append(("rounded", "round-cornered", "eight-sided"))
    remarks = ("for carrying things",) if facts["handle"] else ("for storing things", "for keeping things in")
    if facts["contents"]:
        remarks = ("filled with fruit", "heaped with fruit")
    return Wording(nouns[style], tuple(adjectives), tuple(features), remarks)


def birdhouse(facts: Facts) -> Wording:
    """Words for a birdhouse."""
    roofs: dict[str, Alternatives] = {
        "flat birdhouse": ("a flat roof", "a flat top", "an overhanging flat roof"),
        "lean-to birdhouse": ("a sloping roof", "a slanted roof", "a lean-to roof", "a single-pitch roof"),
        "A-frame birdhouse": ("a steep gabled roof", "low eaves", "a roof that reaches down the sides"),
    }
    gable: Alternatives = (
        "a gabled roof",
        "a pitched roof",
        "a pointed roof",
        "a stepped roof",
        "a gable roof",
    )
    kind = {"large": "large", "small": "small"}.get(str(facts["hole_size"]), "")
    holes = int(facts["holes"])
    entrance: Alternatives = counted(holes, "hole") + counted(holes, "entrance hole")
    if holes == 1:
        entrance = (
            "a hole",
            "an entrance hole",
            "a hole in the front",
            "an entrance",
            "an opening for birds",
        )
        if kind:
            entrance += (f"a {kind} hole", f"a {kind} entrance hole", f"a {kind} entrance")
    features = [entrance, roofs.get(str(facts["style"]), gable)]
    features += _stated(
        facts,
        {
            "pole": ("a pole", "a pole underneath", "a tall pole", "a wooden post", "a stand on a pole"),
            "perch": ("a perch", "a perch under the hole", "a small perch", "a perch at the front"),
        },
    )
    if facts["floors"] == 2:
        features.append(("two storeys", "two floors", "an upper and a lower nest", "two levels"))
    if not facts["perch"]:
        features.append(("no perch",))
    nouns: Alternatives = ("birdhouse", "birdhouse", "bird house", "nesting box", "bird box", "nest box")
    remarks = ["for garden birds", "for small birds to nest in", "with a hollow inside"]
    if facts["pole"]:
        remarks += ["standing on a pole", "raised on a pole", "that stands on a pole"]
    return Wording(nouns, size_adjectives(facts), tuple(features), tuple(remarks))


def bottle(facts: Facts) -> Wording:
    """Words for a bottle."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "wine bottle": ("wine bottle", "bottle", "bottle of wine", "champagne bottle", "glass bottle"),
        "beer bottle": ("bottle", "beer bottle", "beer bottle", "soda bottle", "glass bottle"),
        "milk bottle": ("milk bottle", "bottle", "milk jug bottle", "bottle of milk"),
        "water bottle": ("water bottle", "bottle", "drinking bottle", "plastic bottle", "sports bottle"),
        "square bottle": ("square bottle", "bottle", "decanter", "whisky bottle", "perfume bottle"),
        "conical flask": ("flask", "conical flask", "laboratory flask", "bottle", "erlenmeyer flask"),
        "potion bottle": ("potion bottle", "round bottle", "potion flask", "bottle", "round flask"),
        "hip flask": ("hip flask", "flask", "flat bottle", "pocket flask", "bottle"),
        "jug": ("jug", "bottle with a side grip", "stoneware jug", "bottle", "cider jug"),
    }
    bodies: dict[str, Alternatives] = {
        "round": ("a round body", "a bulging body", "a round belly", "a ball-shaped body"),
        "square": ("a square body", "flat sides", "a boxy body", "a rectangular body"),
        "flat": ("a flat body", "a slim flat body", "clipped shoulders"),
    }
    straight: Alternatives = ("a cylindrical body", "a rounded body", "a straight body")
    features: list[Alternatives] = []
    if facts.get("neck") == "long":
        features.append(("a long neck", "a long thin neck", "a tall neck", "a long, narrow neck"))
    elif facts.get("neck") == "short":
        features.append(("a short neck", "a stubby neck", "a short narrow mouth"))
    elif style == "conical flask":
        features.append(("a cone-shaped body", "a wide bottom and a narrow neck", "sloping sides"))
    else:
        features.append(("a neck", "a narrow neck", "a thin neck"))
    if style != "conical flask":
        features.append(bodies.get(str(facts.get("body")), straight))
    features += _stated(
        facts,
        {
            "cap": ("a stopper", "a cap", "a wide cap", "a stopper on top", "a cap on top"),
            "handle": ("a handle", "a side handle", "a handle at the neck", "a looped handle"),
        },
    )
    if facts.get("grooves"):
        features.append(
            (*counted(int(facts["grooves"]), "groove"), "grooves around the body", "ribbed sides")
        )
    if not facts["cap"]:
        features.append(("no cap", "an open mouth", "no stopper"))
    remarks = ("narrowing towards the top", "that gets narrower towards the top", "standing upright")
    return Wording(nouns[style], size_adjectives(facts), tuple(features), remarks)


def bowl(facts: Facts) -> Wording:
    """Words for a bowl."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "bowl": ("bowl", "bowl", "soup bowl", "salad bowl", "cereal bowl", "round bowl"),
        "dish": ("bowl", "dish", "serving dish", "serving bowl", "round bowl"),
        "footed bowl": ("footed bowl", "bowl", "rice bowl", "bowl"),
        "pedestal bowl": ("pedestal bowl", "bowl", "goblet bowl", "trophy bowl", "punch bowl"),
        "mixing bowl": ("mixing bowl", "bowl", "kitchen bowl", "batter bowl"),
        "square bowl": ("square bowl", "bowl", "square dish", "square salad bowl"),
    }
    names = nouns[style]
    if facts["contents"]:
        names = ("fruit bowl", "bowl of fruit", "bowl full of fruit", *names)
    features: list[Alternatives] = []
    if style == "pedestal bowl":
        features.append(("a stem", "a stem and a round foot", "a pedestal", "a pedestal foot", "a tall stem"))
    elif facts["foot"]:
        features.append(("a foot", "a small foot", "a foot underneath", "a raised foot"))
    features += _stated(
        facts,
        {
            "handles": ("two handles", "handles on both sides", "two side handles", "2 handles"),
            "contents": ("fruit in it", "fruit inside", "fruit heaped over the rim", "some fruit"),
        },
    )
    features.append(("flared sides", "sloping sides", "sides that widen to the top", "a wide rim"))
    if not facts["contents"]:
        features.append(
            ("a hollow inside", "an open top", "a round opening" if style != "square bowl" else "thin walls")
        )
    if not facts["foot"]:
        features.append(("a flat bottom", "a flat base"))
    adjectives = list(size_adjectives(facts))
    if style == "square bowl":
        adjectives.append(("square", "four-sided"))
    elif style == "dish":
        adjectives.append(("shallow", "round"))
    else:
        adjectives.append(("round", "rounded", "eight-sided"))
    remarks = ("that widens towards the top", "for the kitchen table", "opening towards the top")
    return Wording(names, tuple(adjectives), tuple(features), remarks)


def bus(facts: Facts) -> Wording:
    """Words for a bus."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "city bus": ("bus", "bus", "city bus", "public bus", "passenger bus"),
        "school bus": ("school bus", "school bus", "bus", "schoolbus"),
        "double-decker bus": ("double-decker bus", "double-decker", "double decker bus", "bus", "London bus"),
        "open-top bus": ("open-top bus", "sightseeing bus", "tour bus", "open-top double-decker", "bus"),
        "coach": ("coach", "bus", "travel coach", "touring coach", "long-distance bus"),
        "minibus": ("minibus", "minibus", "bus", "shuttle bus", "mini bus"),
    }
    features: list[Alternatives] = [counted(int(facts["wheels"]), "wheel")]
    if facts["decks"] == 2:
        features.append(counted(2, "deck") + counted(2, "floor") + ("an upper deck", "two rows of windows"))
    else:
        features.append(("a row of windows", "windows on both sides", "side windows", "recessed windows"))
    features += _stated(
        facts,
        {
            "bonnet": ("a bonnet", "a hood", "a bonnet at the front", "a front hood", "a short hood"),
            "door": ("a door", "a door on the side", "an entrance door", "a side door"),
            "roof_rack": ("a roof rack", "rails on the roof", "a luggage rack"),
            "roof_box": ("a box on the roof", "an air conditioner on the roof", "a roof box"),
        },
    )
    if not facts["roof"]:
        features.append(("an open top", "no roof", "seats on the open upper deck", "an open upper deck"))
    if not facts["bonnet"]:
        features.append(("a flat front", "an upright front", "a windscreen at the front"))
    remarks = ("ready for passengers", "with a long boxy body", "on its way to the next stop")
    return Wording(nouns[style], size_adjectives(facts), tuple(features), remarks)


def camera(facts: Facts) -> Wording:
    """Words for a camera."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "compact camera": (
            "camera",
            "point-and-shoot camera",
            "digital camera",
            "pocket camera",
            "photo camera",
        ),
        "reflex camera": ("camera", "reflex camera", "DSLR camera", "photo camera", "photographer's camera"),
        "instant camera": ("instant camera", "camera", "polaroid camera", "retro camera"),
        "tripod camera": ("camera on a tripod", "camera on a tripod", "tripod camera", "studio camera"),
        "box camera": ("box camera", "camera", "old camera", "antique camera", "vintage camera"),
        "film camera": ("film camera", "movie camera", "cinema camera", "camera", "video camera"),
    }
    lens: Alternatives = ("a lens", "a lens at the front", "a lens in the middle", "one lens")
    if facts.get("long_lens"):
        lens = ("a long lens", "a telephoto lens", "a zoom lens", "a long protruding lens")
    features = [lens]
    features += _stated(
        facts,
        {
            "tripod": ("three legs", "a tripod", "a tripod underneath", "3 legs", "three spread legs"),
            "viewfinder": ("a viewfinder", "a viewfinder on top", "a raised viewfinder"),
            "button": ("a shutter button", "a button on top", "a shutter release"),
            "flash": ("a flash", "a flash in the corner", "a small flash window"),
            "grip": ("a grip", "a hand grip", "a grip at one side"),
            "slot": ("a slot for pictures", "a slot at the bottom", "a picture slot", "a print slot"),
            "handle": ("a carrying handle", "a handle on top", "a handle"),
            "reels": ("two film reels", "two reels on top", "two round reels", "a pair of reels"),
        },
    )
    features.append(("a boxy body", "a rectangular body", "a sturdy body"))
    remarks = ["looking straight ahead", "with the lens pointing forward", "ready to take pictures"]
    if facts["tripod"]:
        remarks += ["standing on three legs", "mounted on a tripod"]
    return Wording(nouns[style], size_adjectives(facts), tuple(features), tuple(remarks))


def guitar(facts: Facts) -> Wording:
    """Words for a guitar."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "acoustic guitar": (
            "guitar",
            "acoustic guitar",
            "acoustic guitar",
            "classical guitar",
            "folk guitar",
        ),
        "electric guitar": ("electric guitar", "electric guitar", "guitar", "rock guitar"),
        "bass guitar": ("bass guitar", "bass", "electric bass", "guitar"),
        "ukulele": ("ukulele", "ukulele", "uke", "toy guitar", "guitar"),
        "V guitar": ("flying V guitar", "V-shaped guitar", "electric guitar", "guitar", "rock guitar"),
    }
    necks: dict[str, Alternatives] = {
        "long": ("a long neck", "a long slim neck", "a long straight neck"),
        "short": ("a short neck", "a stubby neck"),
        "medium": ("a neck", "a straight neck", "a slim neck"),
    }
    features: list[Alternatives] = [necks[str(facts["neck"])]]
    if facts["sound_hole"]:
        features.append(
            ("a sound hole", "a sound hole in the middle", "a sound hole in the body", "a soundhole")
        )
        features.append(("a curved body", "a waisted body", "a narrow waist", "a figure-eight body"))
        features.append(("a bridge", "a bridge below the hole"))
    elif style == "V guitar":
        features.append(("a V-shaped body", "two wings", "a body with two wings", "a pointed body"))
    else:
        features.append(("a horn beside the neck", "a cutaway body", "a horned body", "cutaways"))
        features.append(("pickups", "a pickup", "a pickup on the body"))
        features.append(("no sound hole", "a solid body"))
    features.append(("a headstock", "a headstock at the end of the neck", "a head", "tuning pegs at the end"))
    remarks = (
        ["lying on its back", "lying flat"] if facts["lying"] else ["standing upright", "standing on end"]
    )
    return Wording(nouns[style], size_adjectives(facts), tuple(features), tuple(remarks))
