"""What a shell offers where an option or argument names a unit; see `hardneg --install-completion`."""

from __future__ import annotations

from collections.abc import Callable

from hardneg_cli.runtime.drawers import names


def unit_names(*kinds: str) -> Callable[[str], list[str]]:
    """The names of all units of these kinds that begin as what is typed."""

    def complete(incomplete: str) -> list[str]:
        return sorted({name for kind in kinds for name in names(kind) if name.startswith(incomplete)})

    return complete


def explained_names(incomplete: str) -> list[str]:
    """The same of all that `explain` has something to say about."""
    from hardneg_cli.verbs.explain import KINDS

    return unit_names(*KINDS)(incomplete)
