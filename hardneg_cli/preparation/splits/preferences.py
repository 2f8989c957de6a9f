"""Which part a row is for by its content alone: weighted rendezvous hashing (Thaler and Ravishankar 1998).

Each part draws a number for each row from the hashes of both; the row is for the part whose number, by its share of all
rows, is the least. A row's choice depends neither on the other rows nor on their order, and a part that becomes larger
takes rows from all others alike and gives none away.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from hardneg_cli.preparation.splits.shares import SplitShares

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Costs = NDArray[np.float64]

BITS = 53  # of a hash that a number between 0 and 1 is made of


@dataclass(frozen=True)
class Preferences:
    """What parts cost M units. hashes: (M,) of the units."""

    shares: SplitShares
    hashes: Hashes

    def cost(self, place: int, units: NDArray[np.int64] | slice = slice(None)) -> Costs:
        """(m,) what the part at this place costs each of the units; infinite for one that takes no rows."""
        import numpy as np

        share = self.shares.fractions[place]
        if not share:
            return np.full(len(self.hashes[units]), np.inf)
        salt = blake2b(self.shares.names[place].encode("utf-8", "surrogatepass"), digest_size=8).digest()
        mixed = _mixed(self.hashes[units] ^ np.frombuffer(salt, np.uint64)[0])
        drawn = ((mixed >> np.uint64(64 - BITS)).astype(np.float64) + 0.5) * 2.0**-BITS
        cost: Costs = np.log(-np.log(drawn)) - np.log(share)
        return cost

    def margin(self, place: int, others: list[int], units: NDArray[np.int64]) -> Costs:
        """(m, others) how much more than the part at this place the others cost each of the units."""
        import numpy as np

        own = self.cost(place, units) if self.shares.fractions[place] else np.zeros(len(units))
        return np.stack([self.cost(other, units) - own for other in others], axis=1)

    def first(self) -> NDArray[np.int64]:
        """(M,) the part that costs each unit least."""
        import numpy as np

        best, least = np.zeros(len(self.hashes), np.int64), np.full(len(self.hashes), np.inf)
        for place in range(len(self.shares)):
            cost = self.cost(place)
            better = cost < least
            best[better], least[better] = place, cost[better]
        return best


def _mixed(values: Hashes) -> Hashes:
    """The finalizer of SplitMix64 (Steele, Lea and Flood 2014), so that hashes that share bits share nothing more."""
    import numpy as np

    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
