"""What a prompt means to a model that knows few things: nearest names for the rest, or a clear no.

The tables are read when a prompt needs them, and nothing here is imported before a model that
says what it knows is loaded.
"""

from brickgpt_engine.meaning.interpretation import Interpretation

__all__ = ["Interpretation", "Vocabulary", "category_in", "interpret", "vocabulary_from", "vocabulary_of"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from brickgpt_engine.meaning.category import category_in
    from brickgpt_engine.meaning.reading import interpret
    from brickgpt_engine.meaning.vocabulary import Vocabulary, vocabulary_from, vocabulary_of


def __getattr__(name: str) -> object:
    """Import the working parts on first use."""
    if name == "interpret":
        from brickgpt_engine.meaning.reading import interpret

        return interpret
    if name == "category_in":
        from brickgpt_engine.meaning.category import category_in

        return category_in
    if name in __all__:
        from brickgpt_engine.meaning import vocabulary

        return getattr(vocabulary, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
