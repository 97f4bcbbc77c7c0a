"""`genblaze models` and `genblaze doctor`: what is known offline, what vendors say, and nothing that shows a key."""

import json
from datetime import date

import pytest
from click.testing import CliRunner

from genblaze.capabilities import Capability
from genblaze.catalogue import KnownModel
from genblaze.cli.doctor import command as doctor
from genblaze.cli.main import run
from genblaze.cli.models import command as models
from genblaze.config import Config
from genblaze.errors import ProviderError
from genblaze.hookspecs import hookimpl
from genblaze.models.enums import Modality, ProviderErrorCode
from genblaze.plugins import PluginManager, set_default_plugins
from genblaze.providers.discovery import DiscoveryResult

KEY = "canary-key-41c7e0"
KNOWN = (
    KnownModel(name="acme-2", modality=Modality.IMAGE, price="0.04 USD per picture", checked=date(2026, 11, 22)),
    KnownModel(name="acme-1", modality=Modality.IMAGE, shutdown=date(2020, 1, 1), replacement="acme-2"),
    KnownModel(name="acme-3", modality=Modality.IMAGE, shutdown=date(9999, 1, 1)),
)


class Vendor:
    """A plugin whose vendor answers with `answer`, or has no list."""

    answer = DiscoveryResult.ok({"acme-2", "acme-9"})

    @hookimpl
    def provides(self):
        environment, made = ("ACME_KEY",), (Modality.IMAGE,)
        yield Capability(
            hook="generate", key="acme-image", aliases=("acme",), modalities=made, environment=environment, models=KNOWN
        )

    @hookimpl
    def generate(self, request, context):
        return self

    @property
    def provider(self):
        return self

    def discover_models(self, *, max_age_seconds):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """The plugin, the only one that there is; its key is not set."""
    monkeypatch.delenv("ACME_KEY", raising=False)
    plugins = PluginManager(Config(output_dir=str(tmp_path / "output")), autoload=False)
    vendor = Vendor()
    plugins.register(vendor, "acme")
    previous = set_default_plugins(plugins)
    yield vendor
    set_default_plugins(previous)


def printed(command, *arguments, code=0):
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert done.exception is None, done.exception
    assert done.return_value == code, done.output
    return done.output


# --- models ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["acme", "acme-image"])
def test_models_are_listed_with_their_days_and_prices_without_asking_anybody(acme, name):
    acme.answer = ProviderError("nobody may be asked")
    lines = printed(models, name).splitlines()
    assert lines[0] == "acme-image"
    assert [" ".join(line.split()) for line in lines[1:4]] == [
        "acme-2 image live 0.04 USD per picture 2026-11-22",
        "acme-1 image gone since 2020-01-01; use acme-2 price unknown",
        "acme-3 image until 9999-01-01 price unknown",
    ]


def test_live_adds_what_the_vendor_lists_and_marks_what_it_does_not(acme, monkeypatch):
    monkeypatch.setenv("ACME_KEY", KEY)
    found = json.loads(printed(models, "acme", "--live", "--json"))["models"]
    states = {model["model"]: model["state"] for model in found}
    assert states["acme-2"] == "live"
    assert states["acme-3"] == "until 9999-01-01; not in the vendor's list"
    assert states["acme-9"] == "in the vendor's list"


def test_the_day_that_the_vendor_itself_names_counts_most(acme, monkeypatch):
    monkeypatch.setenv("ACME_KEY", KEY)
    acme.shutdowns = {"acme-2": date(2021, 1, 1), "acme-9": date(9998, 1, 1)}
    found = json.loads(printed(models, "acme", "--live", "--json"))["models"]
    states = {model["model"]: model["state"] for model in found}
    assert states["acme-2"] == "gone since 2021-01-01"
    assert states["acme-9"] == "until 9998-01-01"


def test_live_asks_nobody_without_a_key(acme):
    assert "acme-9" not in printed(models, "--live")


@pytest.mark.parametrize("answer", [DiscoveryResult.failed("HTTP 401"), ProviderError("HTTP 401")])
def test_a_vendor_that_does_not_answer_is_told_and_the_exit_code_says_so(acme, monkeypatch, answer):
    monkeypatch.setenv("ACME_KEY", KEY)
    acme.answer = answer
    output = printed(models, "--live", code=1)
    assert "acme-image: HTTP 401" in output
    assert "acme-2" in output


def test_a_name_that_nobody_has_lists_the_names(acme, capsys):
    assert run(["models", "initech"]) == 1
    assert "No provider is called initech. There are: acme, acme-image" in capsys.readouterr().err


# --- doctor ----------------------------------------------------------------------------------------------------------


def findings(*arguments, code=0):
    return {each["about"]: each for each in json.loads(printed(doctor, "--json", *arguments, code=code))["findings"]}


def test_all_is_well_and_a_missing_key_is_only_a_note(acme):
    found = findings()
    assert found["key of acme-image"]["state"] == "note"
    assert found["key of acme-image"]["advice"] == "Set ACME_KEY to use it"
    assert found["outputs"]["state"] == found["clock"]["state"] == found["journal"]["state"] == "ok"
    assert "vendor of acme-image" not in found


def test_a_key_that_is_there_is_not_shown(acme, monkeypatch):
    monkeypatch.setenv("ACME_KEY", KEY)
    output = printed(doctor, "--online")
    assert "key of acme-image: ACME_KEY is set" in output
    assert "vendor of acme-image: answers, and lists 2 models" in output
    assert KEY not in output


def test_a_vendor_that_refuses_the_key_is_bad_only_online(acme, monkeypatch):
    monkeypatch.setenv("ACME_KEY", KEY)
    acme.answer = ProviderError("HTTP 401", error_code=ProviderErrorCode.AUTH_FAILURE)
    findings()
    assert findings("--online", code=1)["vendor of acme-image"]["state"] == "bad"


def test_a_folder_that_cannot_be_written_is_bad(acme, tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    found = findings(code=1)["outputs"]
    assert "cannot be written: Permission denied" in found["found"]
    assert "output_dir" in found["advice"]
    assert not (tmp_path / "output").exists()


def test_a_damaged_journal_is_bad(acme, tmp_path):
    path = tmp_path / "output" / ".genblaze" / "journal.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database at all, not even a small one" * 100)
    assert findings(code=1)["journal"]["state"] == "bad"


def test_runs_that_nobody_finished_are_a_note(acme, tmp_path, monkeypatch):
    from genblaze.journal import Journal

    path = tmp_path / "output" / ".genblaze" / "journal.db"
    path.parent.mkdir(parents=True)
    Journal(path).check()
    monkeypatch.setattr(Journal, "unfinished", lambda _: [type("Record", (), {"run_id": "0123456789"})])
    found = findings()["journal"]
    assert (found["found"], found["advice"]) == ("1 unfinished: 01234567", "genblaze resume")


def test_a_plugin_that_failed_and_a_clock_that_is_wrong_are_bad(acme, monkeypatch):
    from genblaze.plugins import default_plugins

    record = default_plugins().records()[0]
    failed = type(record)(
        name="broken", distribution="genblaze-broken", version="0.3.1", status="failed", error="no sdk"
    )
    monkeypatch.setattr(PluginManager, "records", lambda _: [record, failed])
    monkeypatch.setattr("genblaze.cli.doctor.datetime", type("Past", (), {"now": lambda _: _past()}))
    output = printed(doctor, code=1)
    assert "BAD   plugin broken: no sdk" in output
    assert "genblaze-broken 0.3.1" in output
    assert "BAD   clock: 2001-01-01 00:00 UTC" in output


def _past():
    from datetime import UTC, datetime

    return datetime(2001, 1, 1, tzinfo=UTC)


def test_the_store_of_the_settings_is_tried_online(acme, tmp_path):
    url = (tmp_path / "store").as_uri()
    plugins = PluginManager(Config(output_dir=str(tmp_path / "output"), store=url))
    previous = set_default_plugins(plugins)
    try:
        found = {each["about"]: each["state"] for each in json.loads(printed(doctor, "--json", "--online"))["findings"]}
    finally:
        set_default_plugins(previous)
    assert found[f"store {url}"] == "ok"
    assert not list((tmp_path / "store").rglob("genblaze-doctor*"))
