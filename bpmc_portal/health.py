"""What the apps add to the health page: each registers a figure that should be zero, and /readyz and the operator's page show them."""

from collections.abc import Callable

Note = Callable[[], int]

_NOTES: dict[str, Note] = {}


def health_note(name: str) -> Callable[[Note], Note]:
    """Register a figure by its name. It must be cheap: the probe asks every few seconds."""

    def register(function: Note) -> Note:
        _NOTES[name] = function
        return function

    return register


def notes() -> dict[str, int]:
    """Return every figure by its name."""
    return {name: function() for name, function in sorted(_NOTES.items())}
