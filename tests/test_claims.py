"""Entry points are found where installers leave them, as `importlib.metadata` finds them."""

import importlib.metadata
import json
import sys
from zipfile import ZipFile

import pytest

from genblaze.plugins.claims import NATIVE_GROUP, PUBLISHED_GROUP, Claim, find_claims

METADATA = "Metadata-Version: 2.1\nName: Acme.Plugin\nVersion: 1.0\nSummary: x\n\nName: of the readme\n"


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A `sys.path` with nothing on it but two folders, of which the second is missing."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "missing")])
    return tmp_path


def install(folder, points, name="acme_plugin-1.0.dist-info", metadata=METADATA, metadata_name="METADATA"):
    info = folder / name
    info.mkdir(parents=True)
    (info / metadata_name).write_bytes(metadata.encode("latin-1"))
    (info / "entry_points.txt").write_text(points)
    return info


def test_all_that_the_standard_library_finds_here_is_found():
    expected = {
        (point.name, point.value, group, point.dist.name, point.dist.version)
        for group in (NATIVE_GROUP, PUBLISHED_GROUP)
        for point in importlib.metadata.entry_points(group=group)
    }
    assert {claim[:5] for claim in find_claims()} == expected
    assert {claim.distribution for claim in find_claims()} >= {"genblaze"}


def test_only_the_groups_asked_for_are_read_from_a_file_with_spaces_comments_and_other_groups(path):
    others = "[console_scripts]\nacme = acme:main\n\n[genblaze.more]\nx = y\n"
    install(path, f"{others}[genblaze]\n# acme-old = acme.old\n acme-new=acme.new\n")
    assert find_claims() == [Claim("acme-new", "acme.new", "genblaze", "Acme.Plugin", "1.0")]
    assert [claim.name for claim in find_claims("genblaze.more")] == ["x"]


def test_the_hooks_that_a_distribution_lists_are_known_of_each_of_its_plugins(path):
    hooks = "[genblaze.hooks]\nstore = acme\nfetch = acme\n"
    install(path, f"{hooks}[genblaze]\nacme = acme\n[genblaze.providers]\nold = acme:Old\n")
    assert [claim.hooks for claim in find_claims()] == [{"store", "fetch"}, {"generate"}]
    install(path, "[genblaze]\nother = other\n", name="other-1.dist-info")
    assert find_claims()[-1].hooks is None


def test_a_distribution_installed_twice_counts_where_it_comes_first(path, monkeypatch):
    install(path / "one", "[genblaze]\nacme = acme.one\n")
    install(path / "two", "[genblaze]\nacme = acme.two\n", name="Acme.Plugin-2.0.dist-info")
    monkeypatch.setattr(sys, "path", [str(path / "one"), str(path / "two")])
    assert [claim.value for claim in find_claims()] == ["acme.one"]


def test_a_project_that_is_developed_in_its_folder_is_found(path):
    install(path, "[genblaze]\nacme = acme\n", name="acme_plugin.egg-info", metadata_name="PKG-INFO")
    assert [(claim.name, claim.version) for claim in find_claims()] == [("acme", "1.0")]


def test_a_distribution_in_an_archive_is_found(path, monkeypatch):
    archive = path / "app.pyz"
    with ZipFile(archive, "w") as file:
        file.writestr("acme_plugin-1.0.dist-info/METADATA", METADATA)
        file.writestr("acme_plugin-1.0.dist-info/entry_points.txt", "[genblaze]\nacme = acme\n")
    monkeypatch.setattr(sys, "path", [str(archive)])
    assert find_claims() == [Claim("acme", "acme", "genblaze", "Acme.Plugin", "1.0")]


@pytest.mark.parametrize("metadata", ["", "\xff\xfe", "Name without a value\n"])
def test_damaged_metadata_hides_no_plugin(path, metadata):
    install(path, "[genblaze]\nacme = acme\n", metadata=metadata)
    assert [(claim.name, claim.distribution, claim.version) for claim in find_claims()] == [
        ("acme", "acme-plugin", "?")
    ]


@pytest.mark.parametrize("value", ["json:JSONDecoder.decode", "json : JSONDecoder.decode [extra]"])
def test_what_a_claim_names_is_imported(value):
    assert Claim("x", value, "genblaze", "acme", "1").load() is json.JSONDecoder.decode
    assert Claim("x", "json", "genblaze", "acme", "1").load() is json


def test_what_is_not_there_is_an_error_when_it_is_loaded():
    with pytest.raises(AttributeError, match="nothing"):
        Claim("x", "json:nothing", "genblaze", "acme", "1").load()
