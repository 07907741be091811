"""Schemas of the JSON files in a run folder."""

COUNT, NUMBER = int, (int, float, None)
CONFIG = {
    **{name: str for name in ("recipe", "data", "mixed_precision", "fingerprint", "stamp")},
    **{name: COUNT for name in ("samples", "skipped", "steps", "batch_size", "seed")},
    "sample_shape": [COUNT],
    **{name: (str, None) for name in ("background", "fit")},
    "mirror": bool,
    "medium": {"name": str},
    "rules": {str: (str, int, float, bool, None)},
    "changes": {str: (str, int, float, bool)},
    "classes": (None, [str]),
}
AUTO_CONFIG = {
    **CONFIG,
    "choices": {str: str},
    "width": (int, str),
}
EXPORTED = {"step": COUNT}
EVALUATIONS = [
    {"step": COUNT, "data": str, "seed": COUNT, "figures": {str: NUMBER}, "reports": [str]}
]
THROUGHPUT = {
    "parts": [{"name": str, "milliseconds": (int, float)}],
    "total": (int, float),
    "batch_size": COUNT,
    "note": str,
}
