"""The terminal studio: type a sentence, watch the model grow, step through its layers, take it along."""
