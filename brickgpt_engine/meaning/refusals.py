"""What no thing is built for, said in one line that tells what can be made."""

from __future__ import annotations

from collections.abc import Sequence

from brickgpt_engine.errors import PromptError
from brickgpt_engine.meaning.vocabulary import Vocabulary
from brickgpt_engine.meaning.words import CHATTER, Token


def can_make(vocabulary: Vocabulary) -> str:
    """The categories of a model, in one clause."""
    names = sorted(vocabulary.families)
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return f"it can make: {listed}"


def refuse_talk(tokens: Sequence[Token], vocabulary: Vocabulary) -> None:
    """Let nothing be drawn for numbers, greetings, "yes" and "no".

    Raises:
        PromptError: the prompt has no other words.
    """
    said = [token for token in tokens if token.text.isalnum()]
    if all(token.is_number for token in said):
        raise PromptError(f"a number alone names no thing; {can_make(vocabulary)}")
    if all(token.text in CHATTER for token in tokens if token.is_word):
        words = " ".join(token.raw for token in said)
        raise PromptError(f"'{words}' names no thing; {can_make(vocabulary)}")
