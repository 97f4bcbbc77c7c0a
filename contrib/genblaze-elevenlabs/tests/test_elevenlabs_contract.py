"""What genblaze relies on, with ElevenLabs played on this machine."""

from real_media import mp3

from genblaze import Step
from genblaze.testing import Answer, PluginContract, VendorContract
from genblaze_elevenlabs import ElevenLabsMusicProvider, ElevenLabsSFXProvider, ElevenLabsTTSProvider

VOICE = "JBFqnCBsd6RMkjVDRZzb"


class TestPlugin(PluginContract):
    plugin = "genblaze_elevenlabs._plugin"


class SoundContract(VendorContract):
    expects_cost = False

    def play(self, vendor):
        vendor.on(*self.paid, Answer(body=mp3(), headers={"content-type": "audio/mpeg", "character-cost": "5"}))

    def make_provider(self):
        return self.provider(self.secret, base_url=self.vendor.url)

    def make_step(self):
        return Step(provider=self.provider.name, model=self.model, prompt="a fox", modality="audio")


class TestSpeech(SoundContract):
    expects_cost = True
    provider, model = ElevenLabsTTSProvider, "eleven_v3"
    paid = ("POST", f"/v1/text-to-speech/{VOICE}")


class TestEffects(SoundContract):
    provider, model = ElevenLabsSFXProvider, "eleven_text_to_sound_v2"
    paid = ("POST", "/v1/sound-generation")


class TestMusic(SoundContract):
    provider, model = ElevenLabsMusicProvider, "music_v1"
    paid = ("POST", "/v1/music")
