"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.chat import (
    AudioURLContent,
    AudioURLRef,
    ChatMessage,
    ChatResponse,
    ImageURLContent,
    ImageURLRef,
    TextContent,
    ToolCall,
    VideoURLContent,
    VideoURLRef,
)

__all__ = [
    "AudioURLContent",
    "AudioURLRef",
    "ChatMessage",
    "ChatResponse",
    "ImageURLContent",
    "ImageURLRef",
    "TextContent",
    "ToolCall",
    "VideoURLContent",
    "VideoURLRef",
]
