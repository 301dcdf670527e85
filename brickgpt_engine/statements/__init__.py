"""What prompts and captions state of a thing's parts, counts and sizes, and whether its cells bear it out.

Two independent readings meet here: :mod:`~brickgpt_engine.statements.measuring` looks only at
filled cells, :mod:`~brickgpt_engine.statements.claims` only at words. So captions of a data set can
be tested against its shapes, and generated models against their prompts.
"""
