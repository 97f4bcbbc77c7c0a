"""The published connectors' modules are here under their names, and give the names that they gave."""

from importlib import import_module

import pytest

from genblaze import ProviderError

pytestmark = pytest.mark.needs_plugins

PUBLISHED = {
    "genblaze_google": "GeminiImageProvider ImagenProvider VeoProvider achat chat",
    "genblaze_google.chat": "achat chat",
    "genblaze_google.gemini_image": "GeminiImageProvider",
    "genblaze_google.imagen": "ImagenProvider",
    "genblaze_google.provider": "VeoProvider",
    "genblaze_langsmith": "LangSmithTracer",
    "genblaze_langsmith.tracer": "LangSmithTracer",
    "genblaze_luma": "LumaProvider",
    "genblaze_luma.provider": "LumaProvider",
    "genblaze_openai": "DalleProvider OpenAITTSProvider SoraProvider achat chat",
    "genblaze_openai.chat": "achat chat",
    "genblaze_openai.dalle": "DalleProvider",
    "genblaze_openai.provider": "SoraProvider",
    "genblaze_openai.tts": "OpenAITTSProvider",
    "genblaze_replicate": "ReplicateProvider",
    "genblaze_replicate.provider": "ReplicateProvider",
    "genblaze_runway": "RunwayProvider",
    "genblaze_runway.provider": "RunwayProvider",
    "genblaze_s3": "AsyncS3StorageBackend Encryption EncryptionMode PresignedURL S3StorageBackend URLPolicy",
    "genblaze_s3.async_backend": "AsyncS3StorageBackend",
    "genblaze_s3.backend": "S3StorageBackend",
    "genblaze_s3.encryption": "Encryption EncryptionMode",
    "genblaze_s3.url_policy": "URLPolicy URLPolicyError",
}


@pytest.mark.parametrize("module", PUBLISHED)
def test_a_published_module_gives_its_names(module):
    names = PUBLISHED[module].split()
    assert [name for name in names if not callable(getattr(import_module(module), name))] == []


@pytest.mark.parametrize("package", ["genblaze_openai", "genblaze_google"])
def test_chat_can_be_called_whether_its_module_or_its_function_was_imported_last(package):
    module = import_module(f"{package}.chat")
    from_package = import_module(package).chat
    for chat in (module.chat, from_package, module):
        with pytest.raises(ProviderError, match="nothing to answer"):
            chat("a-model")
