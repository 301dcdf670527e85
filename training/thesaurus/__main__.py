"""``python -m training.thesaurus``: write the table of meanings anew.

Needs WordNet 3.0 (Debian: ``apt install wordnet-base``); its licence lies beside the table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from training.thesaurus import build
from training.thesaurus.wordnet import WordNet


def main() -> int:
    """Build every file of ``brickgpt_engine/meaning`` that is derived; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.thesaurus", description=__doc__)
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"), metavar="DIR")
    parser.add_argument(
        "--captions", type=int, default=120, metavar="N", help="shapes per family whose captions are read"
    )
    parser.add_argument("--words-only", action="store_true", help="leave the captions' words as they are")
    options = parser.parse_args()
    try:
        wordnet = WordNet(options.wordnet)
    except OSError as error:
        parser.error(
            f"{options.wordnet} lacks WordNet ({error.strerror}); apt install wordnet-base, or --wordnet DIR"
        )
    found = build.meanings(wordnet)
    build.write_meanings(found)
    build.write_english(wordnet)
    if not options.words_only:
        names, words = build.caption_words(options.captions)
        build.write_things(names)
        build.write_vocabulary(words)
        build.write_spoken(build.spoken_words(4 * options.captions))
    print(f"{len(found):,} words and phrases with their meaning")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
