"""Plugins: each loads by itself, one road for names and objects, errors that name the plugin."""

import asyncio
import logging
import subprocess
import sys
from types import SimpleNamespace

import click
import pytest

from genblaze.capabilities import Capability
from genblaze.config import Config, PluginSettings, Select
from genblaze.errors import (
    GenblazeError,
    PluginConflictError,
    PluginError,
    PluginLoadError,
    PluginNotFoundError,
    ProviderError,
)
from genblaze.hookspecs import FetchContext, TraceEvent, hookimpl
from genblaze.jobs import GenerateContext, Request
from genblaze.layout import EditPlan, Layout, Literal
from genblaze.models.enums import Modality
from genblaze.plugins import PluginManager
from genblaze.plugins.discovery import settle
from genblaze.plugins.registry import Registry


class Provider:
    """A plugin with one provider; its job is a word, since nobody runs it here."""

    def __init__(self, key="acme", **fields):
        self.capability = Capability(hook="generate", key=key, **fields)

    @hookimpl
    def provides(self):
        return [self.capability]

    @hookimpl
    def generate(self, request):
        return f"{self.capability.key} makes {request.prompt}"


class Embedder:
    def __init__(self, key="image/png", mark=b"embedder", **fields):
        self.capability = Capability(hook="embed_manifest", key=key, **fields)
        self.mark = mark

    @hookimpl
    def provides(self):
        return [self.capability]

    @hookimpl
    def inspect_media(self, reader):
        return Layout(media_type=self.capability.key, size=0, detail=self.mark)

    @hookimpl
    def embed_manifest(self, layout, payload, record):
        return EditPlan((Literal(self.mark + payload),))


class Watermark:
    @hookimpl(wrapper=True)
    def generate(self, request, context):
        job = yield
        return f"watermarked({job})"


@pytest.fixture
def plugins():
    return PluginManager(Config(), autoload=False)


@pytest.fixture
def request_():
    return Request(provider="acme", model="m", step_id="s", run_id="r", prompt="a fox")


@pytest.fixture
def context(tmp_path):
    return GenerateContext(output_dir=tmp_path)


# --- loading ---------------------------------------------------------------------------------------------------------


class Installed(SimpleNamespace):
    """A claim that loads an object, or fails with an error."""

    value = "module:thing"

    def load(self):
        if isinstance(self.target, BaseException):
            raise self.target
        return self.target


def claim(name, target=None, distribution="acme", version="1.2", group="genblaze", hooks=None):
    return Installed(
        name=name, target=target, distribution=distribution, version=version, group=group, hooks=hooks and set(hooks)
    )


def loaded(*claims, **settings):
    registry = Registry()
    registry.settle(claims, PluginSettings(**settings))
    registry.load()
    return registry


def test_making_a_manager_loads_nothing():
    code = (
        "import sys, genblaze.plugins as p; p.PluginManager(); p.default_plugins();"
        "bad = {'pluggy', 'importlib_metadata', 'genblaze.hookspecs', 'genblaze.builtin', 'asyncio'};"
        "bad &= set(sys.modules);"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_broken_plugin_is_recorded_and_the_others_load(caplog):
    registry = loaded(claim("a-broken", ImportError("no module named foo")), claim("b-fine", Provider()))
    broken, fine = registry.records
    assert (broken.status, broken.distribution, broken.version) == ("failed", "acme", "1.2")
    assert broken.error == "ImportError: no module named foo"
    assert (fine.status, fine.hooks) == ("loaded", ("generate", "provides"))
    assert [record.name for record in caplog.records] == ["genblaze.plugins"]
    assert "a-broken (acme 1.2) is not available: ImportError" in caplog.text


def test_a_strict_setting_raises_at_once():
    with pytest.raises(PluginLoadError, match=r"Plugin broken \(acme 1.2\) is not available: ImportError: oh"):
        loaded(claim("broken", ImportError("oh")), strict=True)


def test_a_plugin_that_fails_half_registered_leaves_nothing_behind(context, request_):
    class Both(Provider):
        @hookimpl
        def embed_manifst(self, layout):
            """A slip of the pen."""

    plugins = PluginManager(Config(), autoload=False)
    with pytest.raises(PluginLoadError):
        plugins.register(Both(), "both")
    plugins.register(Provider(), "other")
    assert plugins.capabilities() == [(Capability(hook="generate", key="acme"), "other")]
    assert plugins.generate(request_, context) == "acme makes a fox"


@pytest.mark.parametrize("word", ["acme-plugin", "acme_plugin", "Some.Distribution", "some-distribution"])
def test_a_plugin_is_blocked_by_its_name_or_its_distributions(word):
    touched = claim("acme-plugin", AssertionError("was imported"), distribution="Some_Distribution")
    registry = loaded(touched, disable=(word,))
    assert [record.status for record in registry.records] == ["blocked"]


def test_sidecar_and_local_store_of_the_kernel_cannot_be_blocked(caplog):
    claims = [claim("sidecar", distribution="genblaze"), claim("local-store", distribution="genblaze")]
    settled = settle(claims, ["sidecar", "local-store", "genblaze"])
    assert [each.name for each in settled.load] == ["local-store", "sidecar"]
    loaded(claim("sidecar", Embedder("*/*"), distribution="genblaze"), disable=("sidecar",))
    assert "sidecar cannot be disabled" in caplog.text


def test_a_stranger_cannot_take_the_name_of_an_essential_plugin():
    mine, strange = claim("sidecar", distribution="genblaze"), claim("sidecar", distribution="aaa")
    settled = settle([strange, mine])
    assert settled.load == (mine,)
    assert "reserved" in settled.refused[0].error


def test_of_two_distributions_that_claim_one_name_neither_wins_and_both_are_named():
    one, two = claim("acme", Provider(), "first"), claim("acme", Provider(), "second")
    registry = loaded(one, two)
    assert [record.status for record in registry.records] == ["failed", "failed"]
    assert "first 1.2 and second 1.2 both claim the plugin name 'acme'" in registry.records[0].error
    assert isinstance(registry.unavailable["acme"], PluginConflictError)


def test_disabling_one_of_two_claimants_settles_it():
    settled = settle([claim("acme", distribution="first"), claim("acme", distribution="second")], ["first"])
    assert [each.distribution for each in settled.load] == ["second"]


def test_one_distribution_with_a_name_in_both_groups_offers_its_native_plugin():
    published = claim("acme", group="genblaze.providers")
    assert [each.group for each in settle([published, claim("acme")]).load] == ["genblaze"]


# --- rules -----------------------------------------------------------------------------------------------------------


class Module(SimpleNamespace):
    """As hashable as a real module."""

    __hash__ = object.__hash__


def plugin_of(**functions):
    """A module-like plugin made of functions."""
    return Module(**{name: hookimpl(function) for name, function in functions.items()})


def provides_acme():
    return [Capability(hook="generate", key="acme")]


async def generate_async(request, context):
    return None


def generate_with_default(request, context="x"):
    return None


def generate_yielding(request):
    yield 1


BROKEN = {
    "a misspelt hook": (plugin_of(genrate=lambda request: 1), "genrate, which is no hook.*Did you mean generate"),
    "an async function": (plugin_of(provides=provides_acme, generate=generate_async), "generate is an async function"),
    "a default": (plugin_of(provides=provides_acme, generate=generate_with_default), r"defaults \(context\)"),
    "a strange argument": (plugin_of(provides=provides_acme, generate=lambda wish: 1), "wish"),
    "a class": (Provider, r"Provider is a class. Register an instance: Provider\(\)"),
    "an unhashable object": (SimpleNamespace(), "SimpleNamespace objects are not hashable"),
    "no hook at all": (Module(), "implements no hook. Mark its functions with @hookimpl"),
    "no key": (plugin_of(generate=lambda request: 1), "provides\\(\\) declares no key for it"),
    "a key without a hook": (plugin_of(provides=provides_acme), "declares generate for 'acme', which it does not"),
    "no capabilities": (plugin_of(provides=lambda: ["acme"]), "gave str instead of Capability"),
    "a generator": (plugin_of(provides=provides_acme, generate=generate_yielding), "`yield` but is no wrapper"),
}


@pytest.mark.parametrize(("plugin", "complaint"), BROKEN.values(), ids=BROKEN.keys())
def test_a_plugin_that_breaks_a_rule_is_refused_and_told_how_to_mend_it(plugins, plugin, complaint):
    with pytest.raises(PluginLoadError, match=complaint):
        plugins.register(plugin, "broken")
    assert plugins.records() == []


def test_an_old_style_wrapper_is_refused(plugins):
    class Old:
        @hookimpl(hookwrapper=True)
        def generate(self, request):
            yield

    with pytest.raises(PluginLoadError, match="old-style wrapper"):
        plugins.register(Old(), "old")


def test_implementation_and_wrapper_of_one_hook_in_one_object_are_refused(plugins):
    class Both(Provider):
        @hookimpl(wrapper=True, specname="generate")
        def around(self, request):
            return (yield)

    with pytest.raises(PluginLoadError, match="both an implementation and a wrapper"):
        plugins.register(Both(), "both")


def test_hooks_that_are_called_one_by_one_cannot_be_wrapped(plugins):
    class Wrapper:
        @hookimpl(wrapper=True)
        def trace(self, event):
            return (yield)

    with pytest.raises(PluginLoadError, match="trace cannot be wrapped"):
        plugins.register(Wrapper(), "wrapper")


def test_a_name_that_is_taken_is_refused(plugins):
    plugins.register(Provider(), "acme")
    with pytest.raises(PluginConflictError, match="'acme' is taken"):
        plugins.register(Provider("other"), "acme")


# --- generate --------------------------------------------------------------------------------------------------------


def test_the_provider_that_the_request_names_answers_whatever_was_registered_last(plugins, request_, context):
    plugins.register(Provider("acme"), "one")
    plugins.register(Provider("other"), "two")
    assert plugins.generate(request_, context) == "acme makes a fox"


def test_wrappers_surround_plugins_and_objects_alike(plugins, request_, context):
    plugins.register(Provider(), "acme")
    plugins.register(Watermark(), "watermark")
    mine = SimpleNamespace(job=lambda request, context: f"object makes {request.prompt}")
    assert plugins.generate(request_, context) == "watermarked(acme makes a fox)"
    assert plugins.generate(request_, context, provider=mine) == "watermarked(object makes a fox)"


def test_an_object_takes_part_in_its_own_call_only(plugins, request_, context):
    plugins.generate(request_, context, provider=SimpleNamespace(job=lambda *_: "job"))
    assert plugins.records() == []
    with pytest.raises(PluginNotFoundError):
        plugins.generate(request_, context)


def test_a_plugin_registered_later_is_seen_by_calls_made_before(plugins, request_, context):
    plugins.register(Provider(), "acme")
    assert plugins.generate(request_, context) == "acme makes a fox"
    plugins.register(Provider("second"), "second")
    plugins.register(Watermark(), "watermark")
    assert plugins.generate(request_, context) == "watermarked(acme makes a fox)"


def test_a_provider_error_passes_unchanged_with_a_note_that_names_the_plugin(request_, context):
    error = ProviderError("out of quota", retry_after=3.0)

    class Failing(Provider):
        @hookimpl
        def generate(self, request):
            raise error

    registry = loaded(claim("acme", Failing()))
    with pytest.raises(ProviderError) as caught:
        registry.call("generate", "acme", {"request": request_, "context": context})
    assert caught.value is error
    assert error.__notes__ == ["raised in generate by plugin acme (acme 1.2)"]


def test_any_other_exception_becomes_a_plugin_error_from_it(plugins, request_, context):
    class Failing(Provider):
        @hookimpl
        def generate(self, request):
            return {}["missing"]

    plugins.register(Failing(), "acme")
    with pytest.raises(
        PluginError, match=r"generate failed in plugin acme \(registered.*KeyError: 'missing'"
    ) as caught:
        plugins.generate(request_, context)
    assert isinstance(caught.value.__cause__, KeyError)


def test_of_two_plugins_of_one_class_the_one_that_failed_is_blamed(plugins, request_, context):
    class Failing(Provider):
        @hookimpl
        def generate(self, request):
            raise ValueError("no fox")

    plugins.register(Failing("acme"), "first")
    plugins.register(Failing("other"), "second")
    with pytest.raises(PluginError, match="generate failed in plugin first"):
        plugins.generate(request_, context)


def test_a_failing_wrapper_is_blamed_and_not_the_plugin_that_it_wraps(plugins, request_, context):
    class Failing:
        @hookimpl(wrapper=True)
        def generate(self, request):
            yield
            raise ValueError("no watermark")

    plugins.register(Provider(), "acme")
    plugins.register(Failing(), "watermark")
    with pytest.raises(PluginError, match="generate failed in plugin watermark"):
        plugins.generate(request_, context)


def test_a_plugin_that_declines_what_it_declared_is_an_error(plugins, request_, context):
    plugins.register(plugin_of(provides=provides_acme, generate=lambda request: None), "acme")
    with pytest.raises(PluginError, match="No job for provider 'acme' came from plugin acme"):
        plugins.generate(request_, context)


def test_an_object_that_is_no_provider_is_told_so(plugins, request_, context):
    with pytest.raises(PluginError, match="int is no provider"):
        plugins.generate(request_, context, provider=3)


def test_aliases_are_resolved_by_modality(plugins):
    plugins.register(Provider("acme-image", aliases=("acme",), modalities=(Modality.IMAGE,)), "image")
    plugins.register(Provider("acme-video", aliases=("acme",), modalities=(Modality.VIDEO,)), "video")
    assert plugins.resolve_provider("acme", Modality.VIDEO) == "acme-video"
    assert plugins.resolve_provider("acme-image", Modality.VIDEO) == "acme-image"


def installed(monkeypatch, *claims, config=None):
    monkeypatch.setattr("genblaze.plugins.claims.find_claims", lambda: list(claims))
    return PluginManager(config or Config())


def test_a_plugin_is_loaded_when_a_hook_is_called_that_its_distribution_lists(monkeypatch):
    trap = AssertionError("was imported")
    plugins = installed(
        monkeypatch,
        claim("painter", Provider(), "painters", hooks=["generate"]),
        claim("any", Provider("any"), "strangers"),
        claim("sink", trap, "stores", hooks=["store", "fetch"]),
        claim("speaker", trap, "commands", hooks=["register_commands"]),
    )
    assert plugins.select("generate", "acme") == "painter"
    assert plugins.select("generate", "any") == "any"
    assert "sink" not in plugins._registry("generate").unavailable
    with pytest.raises(PluginLoadError, match="was imported"):
        plugins.select("store", "sink")
    assert [record.status for record in plugins.records()] == ["loaded", "loaded", "failed", "failed"]


def test_whoever_embeds_is_loaded_to_read(monkeypatch):
    plugins = installed(monkeypatch, claim("png", Embedder(magic=("89",)), hooks=["inspect_media", "embed_manifest"]))
    assert plugins.media_type_of(b"\x89PNG") == "image/png"
    assert plugins.media_type_of(b"GIF8") == "application/octet-stream"


def test_a_hook_that_the_distribution_does_not_list_stops_the_plugin(monkeypatch):
    plugins = installed(monkeypatch, claim("acme", Provider(), hooks=["trace"]))
    assert plugins.records()[0].error == (
        "it implements generate, which its distribution does not list in the entry-point group genblaze.hooks."
    )


def test_where_no_plugin_can_have_commands_asking_for_them_loads_nothing(monkeypatch):
    trap = AssertionError("was imported")
    plugins = installed(monkeypatch, claim("acme", trap, hooks=["generate"]))
    plugins.register_commands(click.Group())
    assert plugins._found is None


def test_a_strict_setting_loads_all_at_once(monkeypatch):
    config = Config(plugins=PluginSettings(strict=True))
    plugins = installed(monkeypatch, claim("sink", ImportError("oh"), hooks=["store"]), config=config)
    with pytest.raises(PluginLoadError, match="Plugin sink"):
        plugins.select("generate", "acme")


def test_using_the_name_of_a_plugin_that_failed_raises_why(monkeypatch):
    plugins = installed(monkeypatch, claim("acme", ImportError("no acme_sdk")))
    with pytest.raises(PluginLoadError, match="no acme_sdk"):
        plugins.resolve_provider("acme")
    with pytest.raises(PluginLoadError, match="no acme_sdk"):
        plugins.select("generate", "acme")


def test_a_setting_that_names_a_failed_plugin_raises_why(monkeypatch):
    config = Config(select=Select(embed={"image/png": "mine"}))
    plugins = installed(monkeypatch, claim("mine", ImportError("oh")), claim("png", Embedder()), config=config)
    with pytest.raises(PluginLoadError, match="Plugin mine"):
        plugins.select("embed_manifest", "image/png")


def test_using_a_name_that_two_distributions_claim_raises_a_conflict(monkeypatch):
    plugins = installed(monkeypatch, claim("acme", Provider(), "first"), claim("acme", Provider(), "second"))
    with pytest.raises(PluginConflictError, match=r"first 1\.2 and second 1\.2 both claim"):
        plugins.resolve_provider("acme")


def test_using_the_name_of_a_disabled_plugin_says_how_to_enable_it(monkeypatch):
    config = Config(plugins=PluginSettings(disable=("acme",)))
    plugins = installed(monkeypatch, claim("acme", Provider()), config=config)
    with pytest.raises(PluginNotFoundError, match=r"disabled. Take it out of \[plugins\] disable"):
        plugins.resolve_provider("acme")


def test_a_provider_of_the_published_group_is_imported_only_when_used(monkeypatch, request_, context):
    class PublishedStyle:
        def job(self, request, context):
            return f"published {request.prompt}"

    entry = claim("acme", PublishedStyle, group="genblaze.providers")
    plugins = installed(monkeypatch, entry)
    assert plugins.resolve_provider("acme", Modality.AUDIO) == "acme"
    assert plugins.generate(request_, context) == "published a fox"


@pytest.mark.parametrize("target", [ImportError("no sdk"), 3, object])
def test_a_broken_provider_of_the_published_group_fails_when_it_is_used(monkeypatch, request_, context, target):
    plugins = installed(monkeypatch, claim("acme", target, group="genblaze.providers"))
    assert plugins.records()[0].status == "loaded"
    with pytest.raises(PluginLoadError, match="'acme'"):
        plugins.generate(request_, context)


# --- formats ---------------------------------------------------------------------------------------------------------


def test_embedding_goes_to_the_selected_plugin_and_reading_to_the_same(plugins):
    plugins.register(Embedder("*/*", b"sidecar"), "sidecar")
    plugins.register(Embedder("image/png", b"png"), "embed-png")
    layout = plugins.inspect_media(None, "image/png")
    assert layout.detail == b"png"
    assert plugins.embed_manifest(layout, b"{}", {}).segments == (Literal(b"png{}"),)
    assert plugins.embed_manifest(layout, b"{}", {}, media_type="text/plain").segments == (Literal(b"sidecar{}"),)


def test_choosing_the_sidecar_for_a_format_leaves_reading_to_the_one_that_knows_it():
    plugins = PluginManager(Config(select=Select(embed={"image/*": "sidecar"})), autoload=False)
    plugins.register(Embedder("*/*", b"sidecar"), "sidecar")
    plugins.register(Embedder("image/png", b"png"), "embed-png")
    assert plugins.embedder_for("image/png") == "sidecar"
    assert plugins.inspect_media(None, "image/png").detail == b"png"


def test_one_line_of_configuration_replaces_reading_and_writing_of_a_format():
    plugins = PluginManager(Config(select=Select(embed={"image/png": "mine"})), autoload=False)
    plugins.register(Embedder("image/png", b"png", priority=5), "embed-png")
    plugins.register(Embedder("image/png", b"mine"), "mine")
    assert plugins.inspect_media(None, "image/png").detail == b"mine"
    assert plugins.embedder_for("image/png") == "mine"


def test_a_format_that_nobody_knows_has_no_layout_and_no_embedder(plugins):
    assert plugins.inspect_media(None, "image/png") is None
    assert plugins.embedder_for("image/png") is None


def test_media_types_are_recognised_by_what_is_declared(plugins):
    plugins.register(Embedder("image/x-new", magic=("4e4557",), suffixes=(".new",)), "new")
    assert plugins.media_type_of(b"NEW!", "a.png") == "image/x-new"
    assert plugins.media_type_of(b"", "a.new") == "image/x-new"
    assert plugins.media_type_of(b"", None) == "application/octet-stream"


def test_a_plugin_that_only_reads_a_format_serves_where_nobody_writes_it(plugins):
    class Inspector:
        @hookimpl
        def provides(self):
            return [Capability(hook="inspect_media", key="image/raw")]

        @hookimpl
        def inspect_media(self, reader):
            return Layout(media_type="image/raw", size=0, detail=b"inspector")

    plugins.register(Inspector(), "raw")
    plugins.register(Embedder("*/*", b"sidecar"), "sidecar")
    assert plugins.inspect_media(None, "image/raw").detail == b"inspector"
    assert plugins.embedder_for("image/raw") == "sidecar"


# --- fetch, store, evaluate ------------------------------------------------------------------------------------------


def test_a_store_is_found_by_the_scheme_of_its_url(plugins):
    def provides():
        return [Capability(hook="store", key="acme")]

    plugins.register(plugin_of(provides=provides, store=lambda url: f"store at {url}"), "acme")
    assert plugins.store("ACME://bucket") == "store at ACME://bucket"
    with pytest.raises(PluginNotFoundError, match=r"No plugin offers store for 's3'\. Available: acme"):
        plugins.store("s3://bucket")


@pytest.mark.parametrize("url", ["folder", "C:/folder", ""])
def test_what_is_no_url_is_refused_with_an_example(plugins, url):
    with pytest.raises(GenblazeError, match="is no URL: it must begin with a scheme"):
        plugins.store(url)


def test_an_error_inside_the_awaitable_of_fetch_names_the_plugin(plugins, tmp_path):
    async def download(url):
        raise ConnectionError("reset")

    def provides():
        return [Capability(hook="fetch", key="acme")]

    plugins.register(plugin_of(provides=provides, fetch=lambda url: download(url)), "links")
    with pytest.raises(PluginError, match=r"fetch failed in plugin links.*ConnectionError: reset"):
        asyncio.run(plugins.fetch("acme://x", tmp_path / "x", FetchContext()))


def test_evaluators_by_name_and_as_objects_take_one_road(plugins):
    async def judge(result):
        return f"judged {result}"

    def provides():
        return [Capability(hook="evaluate", key="strict")]

    plugins.register(plugin_of(provides=provides, evaluate=lambda result: judge(result)), "judges")
    blocking = SimpleNamespace(evaluate=lambda result: f"blocking {result}")
    waiting = SimpleNamespace(aevaluate=judge)
    assert asyncio.run(plugins.evaluate("strict", "it")) == "judged it"
    assert asyncio.run(plugins.evaluate(blocking, "it")) == "blocking it"
    assert asyncio.run(plugins.evaluate(waiting, "it")) == "judged it"
    with pytest.raises(PluginError, match="int is no evaluator"):
        asyncio.run(plugins.evaluate(3, "it"))


# --- trace -----------------------------------------------------------------------------------------------------------

EVENT = TraceEvent(kind="run.start", run_id="r", name="demo", total_steps=2)


def tracer(heard, key="acme-trace"):
    return plugin_of(
        provides=lambda: [Capability(hook="trace", key=key)], trace=lambda event: heard.append((key, event.kind))
    )


def test_an_installed_tracer_that_nobody_named_hears_nothing(plugins):
    heard = []
    plugins.register(tracer(heard), "acme")
    plugins.trace(EVENT, plugins.tracers())
    assert heard == []


@pytest.mark.parametrize("name", ["acme", "acme-trace"])
def test_a_tracer_is_named_by_its_plugin_or_its_key(name):
    heard = []
    plugins = PluginManager(Config(tracers=(name,)), autoload=False)
    plugins.register(tracer(heard), "acme")
    plugins.trace(EVENT, plugins.tracers())
    assert heard == [("acme-trace", "run.start")]


def test_a_setting_that_names_an_unknown_tracer_is_an_error():
    plugins = PluginManager(Config(tracers=("gone",)), autoload=False)
    with pytest.raises(PluginNotFoundError, match="trace for 'gone'"):
        plugins.tracers()


def test_a_raising_tracer_is_logged_once_for_each_kind_and_the_next_one_hears(plugins, caplog):
    heard = []
    broken = SimpleNamespace(trace=lambda event: 1 / 0)
    for event in (EVENT, EVENT, TraceEvent(kind="run.end", run_id="r")):
        plugins.trace(event, plugins.tracers([broken, SimpleNamespace(trace=heard.append)]))
    assert len(heard) == 3
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "ZeroDivisionError" in caplog.text


def test_a_slow_tracer_is_reported_once(plugins, caplog, monkeypatch):
    monkeypatch.setattr("genblaze.plugins.tracers.SLOW_SECONDS", -1.0)
    for _ in range(3):
        plugins.trace(EVENT, plugins.tracers([SimpleNamespace(trace=lambda event: None)]))
    assert caplog.text.count("holds up the run") == 1


def test_a_tracer_with_the_published_methods_is_called_with_their_arguments(plugins):
    calls = []

    class Published:
        def on_run_start(self, run_id, name, *, tenant_id=None, total_steps=None, metadata):
            calls.append((run_id, name, tenant_id, total_steps, metadata))

        def on_step_end(self, run_id, step, *, duration_ms, step_index):
            calls.append((run_id, step, duration_ms, step_index))

        def on_event(self, event):
            calls.append(event)

    for event in (
        EVENT,
        TraceEvent(kind="step.start", run_id="r", step="s", step_index=0),
        TraceEvent(kind="step.end", run_id="r", step="s", duration_ms=1.5, step_index=0),
        TraceEvent(kind="event", run_id="r", event="e"),
    ):
        plugins.trace(event, plugins.tracers([Published()]))
    assert calls == [("r", "demo", None, 2, None), ("r", "s", 1.5, 0), "e"]


def test_an_object_that_is_no_tracer_is_told_so(plugins):
    with pytest.raises(PluginError, match="int is no tracer"):
        plugins.tracers([3])


# --- what is selected, and why ---------------------------------------------------------------------------------------


def test_every_declared_key_is_explained(plugins):
    plugins.register(Embedder("image/png"), "a")
    plugins.register(Embedder("image/png"), "b")
    plugins.register(Embedder("*/*"), "sidecar")
    plugins.register(tracer([]), "acme")
    explained = {each.key: each for each in plugins.selections()}
    assert (explained["*/*"].plugin, explained["*/*"].reason) == ("sidecar", "only one")
    assert explained["image/png"].plugin is None
    assert "a and b both offer" in explained["image/png"].reason
    assert explained["acme-trace"].reason == 'silent: not named in the setting "tracers"'
