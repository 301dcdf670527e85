"""Data, fine-tuning and evaluation of brick models."""
