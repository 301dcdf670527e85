"""Language models as token machines: loading, constrained sampling, going back. Knows nothing of physics."""

from brickgpt_engine.decoding.grammar import BrickGrammar, LineCursor
from brickgpt_engine.decoding.loader import LoadedModel, load_model
from brickgpt_engine.decoding.tokenizer import TextTokenizer, as_tokenizer
from brickgpt_engine.decoding.tokens import TokenModel, TokenStream

__all__ = [
    "BrickGrammar",
    "LineCursor",
    "LoadedModel",
    "TextTokenizer",
    "TokenModel",
    "TokenStream",
    "as_tokenizer",
    "load_model",
]
