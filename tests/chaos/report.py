"""Figures as people read them."""


def table(figures):
    """Return figures, by name, as lines of text."""
    return "\n".join(f"  {name.replace('_', ' '):<18}{_text(value)}" for name, value in figures.items())


def _text(value):
    if isinstance(value, dict):
        return ", ".join(f"{_text(each)} {name}" for name, each in sorted(value.items()))
    return f"{value:,}" if isinstance(value, int | float) else str(value)
