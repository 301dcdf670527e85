"""What can be said about chairs, tables, benches and sofas."""

from __future__ import annotations

from training.data.captions.wording import Alternatives, Facts, Wording, counted, number, size_adjectives

_BACK_KINDS = {
    "solid": ("solid", "straight", "flat", "plain"),
    "slatted": ("slatted", "spindle"),
    "ladder": ("ladder-style", "horizontally slatted"),
    "framed": ("open", "open-frame"),
    "open": ("open", "open-frame"),
    "thick": ("thick", "padded", "cushioned"),
}


def _back(facts: Facts) -> tuple[Alternatives, ...]:
    """Phrases for a backrest."""
    if not facts["back"]:
        return (("no back", "no backrest"),)
    words: list[str] = []
    height = facts.get("back_height")
    kinds = _BACK_KINDS.get(str(facts.get("back_kind", "")), ())
    for kind in kinds:
        words += [f"a {kind} back", f"a {kind} backrest"]
        if height:
            words += [f"a {height} {kind} back", f"a {height} {kind} backrest"]
    if height == "high":
        words += ["a high back", "a tall backrest", "a high backrest", "a tall back"] * 2
    elif height == "low":
        words += ["a low back", "a low backrest", "a short back"] * 2
    words += ["a backrest", "a back"]
    words = [word.replace("a open", "an open") for word in words]
    return (tuple(words),)


def _legs(facts: Facts) -> tuple[Alternatives, ...]:
    """Phrases for legs."""
    legs = int(facts.get("legs", 0))
    if not legs:
        return ()
    extra = ["sturdy", "straight", "vertical"]
    if facts.get("leg_kind") == "thick":
        extra += ["thick", "chunky", "thick"]
    if facts.get("height") == "tall":
        extra.append("long")
    if facts.get("height") == "low":
        extra.append("short")
    return (counted(legs, "leg", *extra),)


def _armrests(facts: Facts) -> tuple[Alternatives, ...]:
    if not facts.get("armrests"):
        return (("no armrests", "no arms"),) if facts.get("back") else ()
    return (
        ("armrests", "armrests", "two armrests", "arms", "arm rests", "armrests on both sides", "side arms"),
    )


def chair(facts: Facts) -> Wording:
    """Words for a chair."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "chair": ("chair", "chair", "chair", "dining chair", "kitchen chair", "seat"),
        "armchair": ("armchair", "armchair", "chair", "easy chair", "arm chair", "lounge chair"),
        "stool": (
            "stool",
            "stool",
            "backless chair",
            "low stool" if facts.get("height") == "low" else "stool",
        ),
        "bar stool": ("bar stool", "barstool", "stool with a raised seat", "stool"),
        "throne": ("throne", "throne", "king's chair", "throne chair", "chair"),
        "rocking chair": ("rocking chair", "rocking chair", "rocker", "chair"),
        "pedestal chair": ("chair", "pedestal chair", "swivel chair", "chair"),
        "office chair": ("office chair", "office chair", "desk chair", "swivel chair", "computer chair"),
    }
    features = list(_legs(facts) + _back(facts) + _armrests(facts))
    bases: dict[str, Alternatives] = {
        "runners": ("two runners", "curved-style rockers", "rockers underneath", "runners at the bottom"),
        "panels": ("side panels instead of legs", "two side panels", "solid sides", "panel legs"),
        "pedestal": (
            "a central pedestal",
            "a pedestal base",
            "a single column",
            "a central column on a flat base",
        ),
    }
    bases["star"] = (
        "a star base",
        "a cross-shaped base",
        "a central column on a cross base",
        "a column on a star-shaped foot",
    )
    if facts["base"] in bases:
        features.append(bases[str(facts["base"])])
    if facts.get("stretchers"):
        features.append(("side stretchers", "bars between the legs", "stretchers joining the legs"))
    adjectives = list(size_adjectives(facts))
    if facts["back"] and facts.get("back_height") == "high":
        adjectives.append(("high-backed", "high-back", "tall-backed"))
    elif facts["back"] and facts.get("back_height") == "low":
        adjectives.append(("low-backed", "low-back"))
    return Wording(nouns[style], tuple(adjectives), tuple(features), _chair_remarks(facts))


def _chair_remarks(facts: Facts) -> tuple[str, ...]:
    remarks = []
    if facts["legs"] == 4:
        remarks += ["standing on four legs", "with a flat seat on four straight legs"]
    if facts["back"]:
        remarks.append("with the backrest rising behind the seat")
    return tuple(remarks)


_TABLE_BASES: dict[str, Alternatives] = {
    "panels": ("two panel legs", "solid side panels", "two slab sides", "side panels for legs"),
    "trestle": ("trestle legs", "two trestles", "a trestle base", "two trestle supports"),
    "pedestal": (
        "a central pedestal",
        "a pedestal base",
        "a single central column",
        "one thick central support",
    ),
    "drawers": (
        "a cabinet on one side",
        "a drawer unit at one side",
        "drawers on one side",
        "two legs and a cabinet",
    ),
    "two drawers": (
        "a cabinet on each side",
        "two drawer units",
        "drawers on both sides",
        "two cabinets below the top",
    ),
}


def table(facts: Facts) -> Wording:
    """Words for a table."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "table": ("table",),
        "dining table": ("dining table", "table", "kitchen table", "dinner table"),
        "coffee table": ("coffee table", "coffee table", "cocktail table", "table"),
        "desk": ("desk", "desk", "writing desk", "office desk", "table"),
        "console table": (
            "console table",
            "hall table",
            "table",
            "narrow table" if facts.get("width") == "narrow" else "table",
        ),
        "side table": ("side table", "end table", "bedside table", "table"),
        "round table": ("round table", "round table", "circular table", "round dining table"),
        "bar table": ("bar table", "bar table", "table", "standing table"),
    }
    features: list[Alternatives] = []
    if facts["legs"] and facts["base"] in ("legs", "six legs"):
        features += _legs(facts)
    features.append(
        ("a round top", "a circular top", "a round tabletop")
        if facts.get("round")
        else (
            "a flat top",
            "a rectangular top",
            "a flat rectangular surface",
            "a thick tabletop",
            "a flat surface",
        )
    )
    if facts["base"] in _TABLE_BASES:
        features.insert(0, _TABLE_BASES[str(facts["base"])])
    extras: dict[str, Alternatives] = {
        "lower_shelf": (
            "a lower shelf",
            "a shelf underneath",
            "a shelf below the top",
            "a shelf between the legs",
        ),
        "back_panel": ("a back panel", "a panel at the back", "a modesty panel"),
        "hutch": ("a raised back", "a hutch", "a low wall at the back of the top"),
        "vase": ("a vase on top", "a vase in the middle", "a small centrepiece", "an ornament on top"),
        "corners": ("cut corners", "clipped corners", "trimmed corners"),
    }
    features += [words for name, words in extras.items() if facts.get(name)]
    sizes = (
        {name: facts[name] for name in ("size", "height") if name in facts} if facts.get("round") else facts
    )
    return Wording(nouns[style], size_adjectives(sizes), tuple(features), _table_remarks(facts))


def _table_remarks(facts: Facts) -> tuple[str, ...]:
    if facts.get("round"):
        return ("with a flat round top", "with room all around")
    if facts["base"] not in ("legs", "six legs"):
        return ("with a flat rectangular top",)
    legs = number(int(facts["legs"]))
    return (
        f"featuring a flat rectangular surface over {legs} evenly spaced legs",
        f"with a flat top supported by {legs} legs",
        f"standing on {legs} legs",
        f"with {legs} legs at the corners" if legs == "four" else f"resting on {legs} legs",
    )


def bench(facts: Facts) -> Wording:
    """Words for a bench."""
    style = str(facts["style"])
    nouns: dict[str, Alternatives] = {
        "bench": ("bench", "bench", "seat bench", "sitting bench"),
        "park bench": ("park bench", "bench", "garden bench", "outdoor bench"),
        "stone bench": ("stone bench", "bench", "garden bench"),
        "storage bench": ("storage bench", "bench", "box bench", "chest bench"),
        "pew": ("pew", "church pew", "church bench", "bench"),
    }
    features = list(_legs(facts) + _back(facts) + (_armrests(facts) if facts["armrests"] else ()))
    if facts["back"] and not facts["armrests"]:
        features.append(("no armrests", "no arms"))
    if facts["base"] == "box":
        features.append(
            ("a closed box base", "a solid base", "a box under the seat", "storage under the seat")
        )
    elif facts["base"] == "panels":
        panels = int(facts["panels"])
        features.append(
            (
                f"{number(panels)} slab supports",
                f"{number(panels)} panel legs",
                f"{number(panels)} upright slabs",
            )
        )
    adjectives = list(size_adjectives(facts))
    if not facts["back"]:
        adjectives.append(("backless", "simple"))
    return Wording(
        nouns[style], tuple(adjectives), tuple(features), ("with a flat seat", "for sitting outside")
    )


def sofa(facts: Facts) -> Wording:
    """Words for a sofa."""
    style = str(facts["style"])
    seats = int(facts.get("seats", 0))
    nouns: dict[str, Alternatives] = {
        "sofa": ("sofa", "sofa", "couch", "settee"),
        "loveseat": (
            "loveseat",
            "love seat",
            "small sofa" if facts.get("size") == "small" else "sofa",
            "couch",
        ),
        "corner sofa": (
            "corner sofa",
            "L-shaped sofa",
            "sectional sofa",
            "sectional couch",
            "l-shaped couch",
        ),
        "daybed": ("daybed", "day bed", "chaise sofa", "sofa"),
    }
    adjectives = list(size_adjectives(facts))
    features: list[Alternatives] = []
    if seats:
        words = number(seats)
        adjectives += [(f"{words}-seat", f"{words}-seater", f"{seats}-seat", f"{seats} seater")]
        features.append(
            counted(seats, "seat cushion", "soft") + counted(seats, "seat") + counted(seats, "cushion")
        )
    features += _armrests(facts) if facts["armrests"] else (("no armrests", "no arms"),)
    features += _back(facts)
    feet = int(facts["feet"])
    if feet:
        features.append((f"{number(feet)} short feet", "short feet", f"{number(feet)} small feet"))
    elif facts["base"] == "plinth":
        features.append(("a solid base", "a base that sits on the floor"))
    if facts.get("chaise"):
        features.append(("a chaise", "a chaise at one end", "an extended corner", "one longer end"))
    return Wording(
        nouns[style], tuple(adjectives), tuple(features), ("with a deep seat", "for the living room")
    )
