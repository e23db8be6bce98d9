"""Whether two results are the same value, as strictly as the language can tell."""

import math


def alike(left, right):
    """Tell whether two results are the same value of the same type, NaN being itself."""
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or (
            left == right and math.copysign(1, left) == math.copysign(1, right)
        )
    if callable(left) and callable(right):
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(alike, left, right))
    if isinstance(left, dict):
        return set(left.keys()) == set(right.keys()) and all(alike(left[key], right[key]) for key in left)
    return left == right
