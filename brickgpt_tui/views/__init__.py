"""Pure renderers: from a snapshot to lines of styled text, without an app."""
