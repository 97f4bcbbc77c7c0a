"""Configuration: four layers, merged key by key; every mistake names its file and key."""

import pytest

from genblaze.config import Config, load_config
from genblaze.errors import ConfigError


@pytest.fixture
def places(tmp_path):
    """A project with a folder in it, and a home of its own."""
    folder = tmp_path / "project" / "deep" / "deeper"
    folder.mkdir(parents=True)
    (tmp_path / "home").mkdir()
    return tmp_path


def load(places, **environ):
    return load_config(places / "project" / "deep" / "deeper", {"HOME": str(places / "home"), **environ})


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_without_any_file_the_defaults_hold(places):
    assert load(places) == Config()
    assert load(places).output_dir == "output"


def test_each_layer_wins_over_the_ones_below_it(places):
    write(places / "project/pyproject.toml", '[tool.genblaze]\noutput_dir = "pyproject"')
    assert load(places).output_dir == "pyproject"
    write(places / "home/.config/genblaze/genblaze.toml", 'output_dir = "user"')
    assert load(places).output_dir == "user"
    write(places / "project/genblaze.toml", 'output_dir = "project"')
    assert load(places).output_dir == "project"
    assert load(places, GENBLAZE_OUTPUT_DIR="environment").output_dir == "environment"


def test_layers_merge_key_by_key(places):
    write(
        places / "project/pyproject.toml",
        '[tool.genblaze.select.embed]\n"image/png" = "a"\n"image/gif" = "a"',
    )
    write(places / "project/genblaze.toml", '[select.embed]\n"image/png" = "b"\n[select.store]\ns3 = "mine"')
    select = load(places, GENBLAZE_SELECT_EMBED="image/gif=c, video/mp4=c").select
    assert select.embed == {"image/png": "b", "image/gif": "c", "video/mp4": "c"}
    assert select.store == {"s3": "mine"}


def test_the_nearest_file_upwards_is_read_and_no_other(places):
    write(places / "genblaze.toml", 'tracers = ["far"]\noutput_dir = "far"')
    write(places / "project/genblaze.toml", 'output_dir = "near"')
    assert load(places).output_dir == "near"
    assert load(places).tracers == ()


def test_a_pyproject_without_our_table_does_not_hide_one_above_it(places):
    write(places / "project/pyproject.toml", '[tool.genblaze]\noutput_dir = "outer"')
    write(places / "project/deep/pyproject.toml", '[project]\nname = "uses-genblaze-as-a-tool"')
    assert load(places).output_dir == "outer"


def test_the_user_folder_follows_xdg_config_home(places):
    write(places / "xdg/genblaze/genblaze.toml", 'output_dir = "xdg"')
    assert load(places, XDG_CONFIG_HOME=str(places / "xdg")).output_dir == "xdg"


def test_the_environment_sets_lists_and_switches(places):
    config = load(places, GENBLAZE_DISABLE_PLUGINS="a, b,", GENBLAZE_STRICT_PLUGINS="yes", GENBLAZE_TRACERS="trace-log")
    assert config.plugins.disable == ("a", "b")
    assert config.plugins.strict is True
    assert config.tracers == ("trace-log",)


@pytest.mark.parametrize("table", ["embed", "store", "generate", "fetch", "evaluate"])
def test_every_table_of_selections_can_be_set_by_a_variable(places, table):
    config = load(places, **{f"GENBLAZE_SELECT_{table.upper()}": "key=plugin"})
    assert getattr(config.select, table) == {"key": "plugin"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('ouput_dir = "x"', r"genblaze\.toml: unknown setting ouput_dir\. Did you mean output_dir\?"),
        ("[plugins]\ndisabled = []", r"unknown setting plugins\.disabled\. Did you mean plugins\.disable\?"),
        ("[select.zzz]\na = 'b'", r"unknown setting select\.zzz\. Known here: embed, store"),
        ("[plugins]\nstrict = 'no'", r"genblaze\.toml: setting plugins\.strict: Expected `bool`, got `str`"),
        ("[select.embed]\n'image/png' = 1", r"setting select\.embed.*Expected `str`, got `int`"),
        ("plugins = 3", r"setting plugins: Expected `object`, got `int`"),
        ("output_dir = ", r"genblaze\.toml is not valid TOML"),
    ],
)
def test_a_mistake_in_a_file_names_file_and_key(places, text, complaint):
    write(places / "project/genblaze.toml", text)
    with pytest.raises(ConfigError, match=complaint):
        load(places)


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        (
            "GENBLAZE_SELECT_EMBED",
            "image/png",
            "GENBLAZE_SELECT_EMBED: 'image/png' is not of the form key=value",
        ),
        ("GENBLAZE_STRICT_PLUGINS", "maybe", "GENBLAZE_STRICT_PLUGINS is 'maybe'"),
    ],
)
def test_a_mistake_in_a_variable_names_the_variable(places, variable, value, complaint):
    with pytest.raises(ConfigError, match=complaint):
        load(places, **{variable: value})


def test_a_table_of_ours_that_is_no_table_is_an_error(places):
    write(places / "project/pyproject.toml", "[tool]\ngenblaze = 3")
    with pytest.raises(ConfigError, match=r"tool\.genblaze is no table"):
        load(places)
