"""Small widgets that render frozen snapshots; none of them calls the engine."""
