"""Names of parameters that mean the same at every vendor."""

__all__ = [
    "ASPECT_RATIO",
    "ASPECT_RATIOS",
    "AUDIO",
    "CANONICAL_NAMES",
    "DURATION",
    "FPS",
    "IMAGE",
    "IMAGE_END",
    "NEGATIVE_PROMPT",
    "OUTPUT_FORMAT",
    "PROMPT",
    "QUALITY",
    "RESOLUTION",
    "RESOLUTIONS_TIERED",
    "SEED",
    "VIDEO",
    "VOICE",
    "N",
]

ASPECT_RATIO = "aspect_ratio"
AUDIO = "audio"
DURATION = "duration"
FPS = "fps"
IMAGE = "image"
IMAGE_END = "image_end"
N = "n"
NEGATIVE_PROMPT = "negative_prompt"
OUTPUT_FORMAT = "output_format"
PROMPT = "prompt"
QUALITY = "quality"
RESOLUTION = "resolution"
SEED = "seed"
VIDEO = "video"
VOICE = "voice"

CANONICAL_NAMES = frozenset(
    {
        ASPECT_RATIO, AUDIO, DURATION, FPS, IMAGE, IMAGE_END, N, NEGATIVE_PROMPT, OUTPUT_FORMAT, PROMPT, QUALITY,
        RESOLUTION, SEED, VIDEO, VOICE,
    }
)  # fmt: skip
ASPECT_RATIOS = frozenset({"1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9"})
RESOLUTIONS_TIERED = frozenset({"480p", "720p", "1080p", "1440p", "4k"})
