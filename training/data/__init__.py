"""Our own open data: procedural shapes, their captions, and the data set built from them."""
