"""Evaluation of a model on held-out prompts: what it writes, and how good that is.

``prompts`` says what is asked, ``runs`` generates in worker processes, ``outcomes`` keeps
every result as a line of JSON, ``statements``, ``classifier`` and ``likeness`` judge the
voxels, ``summary`` counts and ``report`` writes the tables. The command is
:mod:`training.evaluate`.
"""
