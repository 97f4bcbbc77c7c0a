"""What a provider knows about its models, and the methods that published subclasses call."""

import re
from decimal import Decimal
from time import monotonic

import pytest

from genblaze import Asset, ModelRegistry, ModelSpec, ParamSurface, Step, SyncProvider
from genblaze.errors import InvalidValueError
from genblaze.models.voice import Voice
from genblaze.pricing import by_param, per_input_chars, per_output_second, per_unit
from genblaze.providers.discovery import DiscoveryResult, DiscoverySupport, LiveProbeResult
from genblaze.providers.family import ModelFamily
from genblaze.providers.provider import MAX_POLL_RESULTS

PICTURE = Asset(url="https://h/a.png", media_type="image/png")


class Acme(SyncProvider):
    name = "acme"

    def generate(self, step, config=None):
        step.assets = [PICTURE]
        return step


def a_step(**fields):
    return Step(provider="acme", model="m", **fields)


def priced(strategy):
    models = ModelRegistry()
    models.register(ModelSpec(model_id="m", pricing=strategy))
    return Acme(models=models)


@pytest.mark.parametrize(
    ("strategy", "params", "n", "dollars"),
    [
        (per_unit(0.25), {}, 1, "0.25"),
        (per_unit(0.25), {"n": 3}, 1, "0.25"),
        (per_unit(0.25), {}, 3, "0.75"),
        (per_unit(0.25), {}, 0, None),
        (by_param("quality", {"hd": 0.08}), {"quality": "hd"}, 2, "0.16"),
        (by_param("quality", {"hd": 0.08}), {}, 1, None),
        (per_output_second(0.1), {"duration": 5}, 2, "1.0"),
        (per_output_second(0.1), {}, 1, None),
        (per_input_chars(1, 1), {"prompt": "abc"}, 1, "3.0"),
    ],
)
def test_an_estimate_is_the_price_of_outputs_that_are_not_there_yet(strategy, params, n, dollars):
    expected = None if dollars is None else Decimal(dollars)
    assert priced(strategy).estimate_cost("m", params, n=n) == expected


def test_an_estimate_for_a_model_without_a_price_is_unknown():
    assert Acme().estimate_cost("m") is None


def test_parameters_are_normalised_before_the_registry_sees_them():
    class Normalising(Acme):
        def normalize_params(self, params, modality=None):
            return {"count": 1, **params}

    models = ModelRegistry()
    models.register(ModelSpec(model_id="m", param_aliases={"count": "n"}))
    provider = Normalising(models=models)
    assert provider.prepare_payload(a_step(prompt="p", params={"a": 2})) == {"prompt": "p", "a": 2, "n": 1}
    assert provider.prepare_payload(a_step(), base_params={"count": 4}) == {"n": 4}


def test_a_surface_keeps_the_names_that_it_renames():
    built = ParamSurface.empty().extend("voice").with_aliases(voice="v").build()
    assert built == {"param_allowlist": frozenset({"voice", "v"}), "param_aliases": {"voice": "v"}}


def test_a_published_subclass_may_read_and_set_its_registry_under_the_private_name():
    class Setting(Acme):
        def __init__(self, models):
            self._models = models

    models = ModelRegistry()
    assert Setting(models).models is models
    assert Acme()._models is Acme.models_default()


class Listing(Acme):
    discovery_support = DiscoverySupport.NATIVE
    asked = ()

    def discover_models(self, *, max_age_seconds=3600.0):
        self.asked = (*self.asked, max_age_seconds)
        return DiscoveryResult.ok({"image-1", "image-2"})


def test_a_vendor_that_lists_its_models_decides_about_a_name():
    provider = Listing()
    found, missing = provider.validate_model("image-1"), provider.validate_model("image-3", refresh=True)
    assert (found.outcome, found.source) == ("ok_authoritative", "discovery")
    assert missing.is_terminal_failure
    assert set(missing.suggested_slugs) == {"image-1", "image-2"}
    assert provider.asked == (3600.0, 0)


def test_what_the_user_registered_is_believed_without_asking():
    models = ModelRegistry()
    models.register(ModelSpec(model_id="mine"))
    provider = Listing(models=models)
    assert provider.validate_model("mine").is_ok
    assert provider.asked == ()


class Probing(Acme):
    answers = {"f-live": LiveProbeResult.LIVE, "f-dead": LiveProbeResult.DEAD, "f-odd": LiveProbeResult.UNKNOWN}

    @classmethod
    def create_registry(cls):
        family = ModelFamily(
            name="f",
            pattern=re.compile("f-"),
            spec_template=ModelSpec(model_id="f"),
            description="",
            probe=cls.answers.__getitem__,
        )
        return ModelRegistry(provider_families=[family])

    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.probed = []

    def _invoke_family_probe(self, probe, model_id):
        self.probed.append(model_id)
        return probe(model_id)


@pytest.mark.parametrize(
    ("model", "outcome", "calls"),
    [
        ("f-live", "ok_authoritative", 1),
        ("f-dead", "not_found", 1),
        ("f-odd", "ok_provisional", 2),
        ("f-raises", "ok_provisional", 2),
        ("other", "unknown_permissive", 0),
    ],
)
def test_a_probe_is_asked_once_for_a_certain_answer(model, outcome, calls):
    provider = Probing()
    assert [provider.validate_model(model).outcome for _ in range(2)] == [outcome, outcome]
    assert len(provider.probed) == calls


def test_an_answer_expires_and_the_oldest_gives_way():
    expiring, small = Probing(probe_cache_ttl=0), Probing(probe_cache_max_entries=1)
    for provider in (expiring, small):
        for model in ("f-live", "f-dead", "f-live"):
            provider.validate_model(model)
    assert len(expiring.probed) == len(small.probed) == 3


def test_the_older_probe_still_answers_with_a_warning():
    with pytest.warns(DeprecationWarning, match="use validate_model"):
        assert Probing().probe_model("f-dead").is_failure


def test_a_provider_that_says_nothing_lists_nothing():
    assert Acme().list_voices() == []
    assert Acme().discover_models().status == "unsupported"


def test_the_last_poll_is_kept_until_it_is_fetched_and_abandoned_ones_do_not_pile_up():
    provider = Acme()
    for number in range(MAX_POLL_RESULTS + 1):
        provider._cache_poll_result(number, {"at": number})
    assert provider._get_cached_poll_result(0) is None
    assert provider._get_cached_poll_result("7") == {"at": 7}
    assert provider._get_cached_poll_result(7) is None


def test_progress_told_by_a_published_provider_reaches_the_callback():
    class Telling(Acme):
        def generate(self, step, config=None):
            self._fire_progress(step, config, "processing", monotonic(), 0.5, "half")
            return super().generate(step, config)

    heard = []
    Telling().invoke(a_step(), {"on_progress": heard.append})
    assert (0.5, "half") in {(event.progress_pct, event.message) for event in heard}


def test_an_idempotency_key_is_added_where_the_vendor_has_a_header_for_it():
    class Keyed(Acme):
        IDEMPOTENCY_HEADER_NAME = "Idempotency-Key"

    step = a_step()
    assert Keyed()._inject_idempotency_header({"a": "b"}, step) == {"a": "b", "Idempotency-Key": step.step_id}
    assert Acme()._inject_idempotency_header(None, step) == {}


def test_a_voice_is_fixed_and_of_a_known_gender():
    voice = Voice(voice_id="a", name="Ann", provider="acme", style_tags=["calm"])
    assert voice.style_tags == ("calm",)
    assert Voice.model_validate(voice.model_dump()) == voice
    with pytest.raises(AttributeError):
        voice.name = "Bob"
    with pytest.raises(InvalidValueError, match="male, female, neutral"):
        Voice(voice_id="a", name="Ann", provider="acme", gender="loud")
