"""Selection: call argument, configuration, more specific key, higher priority; otherwise a conflict."""

import pytest

from genblaze.capabilities import Capability
from genblaze.errors import PluginConflictError, PluginNotFoundError
from genblaze.models.enums import Modality
from genblaze.selection import Candidate, choose, resolve_alias, specificity


def embedder(plugin, key, priority=0, aliases=()):
    return Candidate(plugin, Capability(hook="embed_manifest", key=key, priority=priority, aliases=aliases))


def provider(key, aliases=(), modalities=()):
    return Candidate(key, Capability(hook="generate", key=key, aliases=aliases, modalities=modalities))


PNG, IMAGES, ANYTHING = embedder("a", "image/png"), embedder("b", "image/*", 9), embedder("c", "*/*", 99)


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("image/png", "image/png", 2),
        ("Image/PNG", "image/png", 2),
        ("image/*", "image/png", 1),
        ("*/*", "image/png", 0),
        ("*", "s3", 0),
        ("image/*", "imagery/png", None),
        ("image/*", "video/mp4", None),
        ("image/png", "image/jpeg", None),
    ],
)
def test_specificity_counts_how_closely_a_key_fits(pattern, key, expected):
    assert specificity(pattern, key) == expected


def test_the_only_one_is_selected():
    selected = choose("embed_manifest", "image/png", [PNG])
    assert (selected.plugin, selected.reason) == ("a", "only one")


def test_the_more_specific_key_wins_over_any_priority():
    selected = choose("embed_manifest", "image/png", [ANYTHING, IMAGES, PNG])
    assert (selected.plugin, selected.reason) == ("a", "more specific key than b, c")
    assert choose("embed_manifest", "image/gif", [ANYTHING, IMAGES, PNG]).plugin == "b"
    assert choose("embed_manifest", "audio/wav", [ANYTHING, IMAGES, PNG]).plugin == "c"


def test_the_higher_priority_wins_among_equally_specific_keys():
    selected = choose("embed_manifest", "image/png", [PNG, embedder("z", "image/png", 1)])
    assert (selected.plugin, selected.reason) == ("z", "higher priority than a")


def test_the_configuration_wins_over_key_and_priority():
    candidates = [PNG, IMAGES, ANYTHING]
    selected = choose("embed_manifest", "image/png", candidates, settings={"image/png": "c"})
    assert (selected.plugin, selected.reason) == ("c", "config [select.embed] image/png")


def test_the_more_specific_setting_wins():
    settings = {"*/*": "c", "image/*": "b", "image/gif": "c"}
    assert choose("embed_manifest", "image/png", [PNG, IMAGES, ANYTHING], settings=settings).plugin == "b"


def test_the_call_wins_over_the_configuration():
    selected = choose("embed_manifest", "image/png", [PNG, IMAGES], choice="a", settings={"image/png": "b"})
    assert (selected.plugin, selected.reason) == ("a", "call argument")


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_a_tie_is_an_error_that_names_both_and_the_setting_whatever_the_order(order):
    rivals = [PNG, embedder("z", "image/png")][order]
    with pytest.raises(PluginConflictError) as caught:
        choose("embed_manifest", "image/png", rivals)
    assert "a and z" in str(caught.value)
    assert '[select.embed] "image/png" = "a"' in str(caught.value)
    assert "GENBLAZE_SELECT_EMBED=image/png=a" in str(caught.value)


def test_a_tie_among_those_that_lose_anyway_is_no_error():
    assert choose("embed_manifest", "image/png", [PNG, IMAGES, embedder("d", "image/*", 9)]).plugin == "a"


def test_one_plugin_never_conflicts_with_itself():
    twice = [PNG, embedder("a", "image/png"), embedder("a", "image/*")]
    assert choose("embed_manifest", "image/png", twice).reason == "only one"


def test_an_alias_of_a_key_fits_like_the_key():
    wav = embedder("a", "audio/wav", aliases=("audio/x-wav",))
    assert choose("embed_manifest", "audio/x-wav", [wav, ANYTHING]).plugin == "a"


def test_nothing_that_fits_is_an_error_that_lists_what_there_is():
    with pytest.raises(
        PluginNotFoundError, match=r"No plugin offers embed_manifest for 'video/mp4'.*image/\*, image/png"
    ):
        choose("embed_manifest", "video/mp4", [PNG, IMAGES])


def test_a_setting_that_names_what_is_not_there_says_so():
    with pytest.raises(
        PluginNotFoundError, match=r"config \[select.embed\] image/\* names plugin 'gone'.*Plugins that do: a"
    ):
        choose("embed_manifest", "image/png", [PNG], settings={"image/*": "gone"})


OPENAI = [
    provider("openai-dalle", ("openai",), (Modality.IMAGE,)),
    provider("openai-sora", ("openai",), (Modality.VIDEO,)),
    provider("openai-images-2", ("openai",), (Modality.IMAGE,)),
]


def test_a_registered_key_is_itself_even_where_it_is_also_an_alias():
    assert resolve_alias("luma", None, [provider("luma"), provider("other", ("luma",))]) == "luma"


def test_an_alias_is_resolved_by_modality():
    assert resolve_alias("openai", Modality.VIDEO, OPENAI) == "openai-sora"


def test_an_ambiguous_alias_is_an_error_that_lists_the_choices():
    with pytest.raises(PluginConflictError, match=r"ambiguous for image: it stands for openai-dalle, openai-images-2"):
        resolve_alias("openai", Modality.IMAGE, OPENAI)


def test_an_alias_without_the_modality_is_an_error_that_says_what_it_makes():
    with pytest.raises(PluginNotFoundError, match=r"makes no audio. It stands for: openai-dalle \(image\)"):
        resolve_alias("openai", Modality.AUDIO, OPENAI)


def test_a_provider_without_declared_modalities_takes_any():
    assert resolve_alias("acme", Modality.AUDIO, [provider("acme-all", ("acme",))]) == "acme-all"


def test_an_unknown_provider_is_an_error_that_lists_all_and_guesses():
    with pytest.raises(PluginNotFoundError, match=r"No provider is called 'openai-dale'. Did you mean 'openai-dalle'"):
        resolve_alias("openai-dale", None, OPENAI)
    with pytest.raises(PluginNotFoundError, match=r"Did you mean 'openai'\?"):
        resolve_alias("opnai", None, OPENAI)
