"""Near copies among pictures: the same one saved anew, made smaller or larger, a little brighter or cut at its edges.

Candidates are the pictures with the nearest perceptual hashes: the means of brightness in 8×8 blocks, normalized, as
numbers; their signs are the block mean hash of Zauner (2010), which is too coarse for small drawings such as digits.
A pair is then verified at 32×32: by how much of one picture's brightness the other one explains, as it is, or moved and
stretched a little (one step of Lucas and Kanade 1981), and by its colors. How little may be left depends on how much
tells pictures of this kind apart from their nearest ones. Pictures without contrast are alike by chance, and no copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.runtime.threads import in_order
from hardneg_cli.statistics.neighbor_search.search import nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]
    Pixels = NDArray[np.uint8]
    Rows = NDArray[np.int64]

HASH_SIDE = 8
LOOKED_AT = 10  # pictures with the nearest hashes, the last of which is no copy where copies are few
CANDIDATES = 5  # of them, among which near copies are
NEAR_HASH = 0.6  # how far apart the hashes of near copies are at most, of 2
SHARE, LARGEST = 0.05, 0.02  # of what is usual, and in any case: of the brightness' variance that is left unexplained
FLAT = 3.0  # levels of 255 that the brightness of a picture with contrast spreads by at least
FARTHEST = 2.0  # pixels of 32 that a picture's edge may be moved by
GAIN, SHIFT = 1.5, 45.0  # how many times brighter a copy may be, and by how many levels
COLOR, COLOR_SHARE = 10.0, 0.15  # levels that a copy's colors are off by, and in proportion to how colored it is
OF_PHOTOGRAPHS = 0.1
OF_EVERY = 20  # pictures, one of which is near; so few are near where pictures are few
PAIRS_AT_ONCE = 1 << 11
EDGE = 2  # pixels that are not compared, as what has been cut away may show there


def near_pictures(luma: Pixels, colors: Pixels) -> Rows:
    """(2, P) pairs of rows that are near copies, of (N, 32, 32) brightness and (N, 4, 4, 3) colors.

    O(N²) time at most, as `nearest`; O(N) memory.
    """
    import numpy as np

    telling = np.flatnonzero(luma.std(axis=(1, 2)) >= FLAT)
    if len(telling) < 2:
        return np.zeros((2, 0), np.int64)
    _, first, place = np.unique(
        np.concatenate([luma[telling].reshape(len(telling), -1), colors[telling].reshape(len(telling), -1)], axis=1),
        axis=0, return_index=True, return_inverse=True,
    )  # fmt: skip
    same = np.stack([telling, telling[first][place.ravel()]])
    rows = np.sort(telling[first])
    if len(rows) < 2:
        return same[:, same[0] != same[1]]
    search = nearest(_hashes(luma[rows]), min(LOOKED_AT, len(rows) - 1))
    found = search.rows
    row, rank = np.nonzero(search.distances[:, :CANDIDATES] <= NEAR_HASH)
    pair = np.stack([row, found[row, rank]], axis=1)
    left, right = rows[np.unique(np.sort(pair, axis=1), axis=0)].T
    usual = _usual(luma, rows, found)

    def verified(at: int) -> NDArray[np.bool_]:
        some = slice(at, at + PAIRS_AT_ONCE)
        return _are_near(luma, colors, left[some], right[some], usual)

    chosen = np.concatenate([np.zeros(0, bool), *in_order(verified, range(0, len(left), PAIRS_AT_ONCE))])
    pairs = np.concatenate([same, np.stack([left[chosen], right[chosen]])], axis=1)
    return pairs[:, pairs[0] != pairs[1]]


def _hashes(luma: Pixels) -> Numbers:
    """(n, 64) block means less their mean, at unit length."""
    import numpy as np

    n, side = luma.shape[:2]
    size = side // HASH_SIDE
    means = luma.reshape(n, HASH_SIDE, size, HASH_SIDE, size).mean((2, 4), dtype=np.float32).reshape(n, -1)
    means -= means.mean(axis=1, keepdims=True)
    hashes: Numbers = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
    return hashes


def _usual(luma: Pixels, rows: Rows, found: Rows) -> float:
    """The median share of a picture's brightness that one of the nearest, but probably no copy, leaves unexplained.

    Where there are too few pictures to tell, what it is among photographs.
    """
    import numpy as np

    if found.shape[1] < LOOKED_AT:
        return OF_PHOTOGRAPHS
    sample = np.arange(0, len(rows), max(1, len(rows) // PAIRS_AT_ONCE))
    other = found[sample, max(LOOKED_AT // 2, min(LOOKED_AT, len(rows) // OF_EVERY)) - 1]
    return float(np.median(_unexplained(_smooth(luma[rows[sample]]), _smooth(luma[rows[other]]))))


def _are_near(luma: Pixels, colors: Pixels, left: Rows, right: Rows, usual: float) -> NDArray[np.bool_]:
    """(p,) whether the pairs are near copies; they are moved where they are less apart than is usual."""
    import numpy as np

    most = min(LARGEST, SHARE * usual)
    near = np.zeros(len(left), bool)
    alike = np.flatnonzero(_alike_in_color(colors[left], colors[right]))
    if not len(alike):
        return near
    one, other = _smooth(luma[left[alike]]), _smooth(luma[right[alike]])
    unexplained = np.where(_alike_in_light(one, other), _unexplained(one, other), 1.0)
    moved = np.flatnonzero((unexplained > most) & (unexplained < min(usual, 1 / 2)))
    if len(moved):
        forth, back = _moved(one[moved], other[moved]), _moved(other[moved], one[moved])
        unexplained[moved] = np.minimum(unexplained[moved], np.maximum(forth, back))
    near[alike] = unexplained <= most
    return near


def _smooth(luma: Pixels) -> Numbers:
    """Brightness less what is smaller than a pixel, in which a copy that was saved anew differs."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    smooth: Numbers = gaussian_filter(luma.astype(np.float32), (0, 1, 1), mode="nearest")
    return smooth


def _unexplained(one: Numbers, other: Numbers) -> NDArray[np.floating]:
    """(p,) 1 less the correlation of two pictures' brightness."""
    import numpy as np

    a, b = (values.reshape(len(values), -1) for values in (one, other))
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    length = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    left: NDArray[np.floating] = 1 - np.einsum("pi,pi->p", a, b) / np.maximum(length, 1e-6)
    return left


def _alike_in_light(one: Numbers, other: Numbers) -> NDArray[np.bool_]:
    """(p,) whether neither is much brighter, nor of much more contrast."""
    import numpy as np

    gain = np.log(np.maximum(other.std(axis=(1, 2)), 1e-6) / np.maximum(one.std(axis=(1, 2)), 1e-6))
    alike: NDArray[np.bool_] = (np.abs(gain) <= np.log(GAIN)) & (
        np.abs(one.mean(axis=(1, 2)) - other.mean(axis=(1, 2))) <= SHIFT
    )
    return alike


def _alike_in_color(one: Pixels, other: Pixels) -> NDArray[np.bool_]:
    """(p,) whether how red, green and blue their parts are, beside gray, differs by little."""
    import numpy as np

    a, b = (values.astype(np.float32) - values.mean(axis=3, keepdims=True) for values in (one, other))
    size = np.sqrt(np.maximum((a**2).mean(axis=(1, 2, 3)), (b**2).mean(axis=(1, 2, 3))))
    off = np.sqrt(((a - b) ** 2).mean(axis=(1, 2, 3)))
    alike: NDArray[np.bool_] = off <= COLOR + COLOR_SHARE * size
    return alike


def _moved(one: Numbers, other: Numbers) -> NDArray[np.floating]:
    """(p,) what `one`, moved and stretched a little, leaves unexplained of `other`; 1 where it would be moved far."""
    import numpy as np

    p, side = one.shape[:2]
    place = np.linspace(-1, 1, side, dtype=np.float32)
    down, across = np.asarray(np.gradient(one, axis=(1, 2)))
    parts: list[NDArray[np.floating]] = [one, np.ones_like(one), across, down, across * place, down * place[:, None]]
    inner = slice(EDGE, -EDGE, 2)  # smoothed, every second pixel says it all
    basis = np.stack([part[:, inner, inner].reshape(p, -1) for part in parts], axis=-1).astype(np.float64)
    aim = other[:, inner, inner].reshape(p, -1).astype(np.float64)
    size = np.maximum(np.linalg.norm(basis, axis=1), 1e-6)
    basis /= size[:, None]
    turned = basis.transpose(0, 2, 1)
    weight = np.linalg.solve(turned @ basis + 1e-6 * np.eye(len(parts)), turned @ aim[..., None])
    rest = ((aim - (basis @ weight)[..., 0]) ** 2).mean(axis=1)
    weight = weight[..., 0] / size
    gain = weight[:, 0]
    distance = np.abs(weight[:, 2:]).max(axis=1) / np.maximum(gain, 1e-6)
    fits = (gain > 1 / GAIN) & (distance <= FARTHEST)
    left: NDArray[np.floating] = np.where(fits, rest / np.maximum(aim.var(axis=1), FLAT**2), 1.0)
    return left
