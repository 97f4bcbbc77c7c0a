"""What a user of ours relies on."""

from click.testing import CliRunner

from genblaze import Asset, GenblazeError, Pipeline, SyncProvider
from genblaze_acme_prompts.command import command


class Note(SyncProvider):
    """Writes the prompt down."""

    name = "note"

    def generate(self, step, config=None):
        step.assets.append(Asset.from_text(step.prompt))
        return step


def test_a_file_is_followed_by_the_prompt_that_made_it(tmp_path):
    result = Pipeline("test", output_dir=tmp_path).step(Note(), model="pen", prompt="a red fox").run()
    path = result.local_path(result.assets[0])
    done = CliRunner().invoke(command, [str(path)])
    assert done.output == f"{path}: note/pen: a red fox\n"


def test_a_file_without_a_manifest_is_an_error_of_genblaze(tmp_path):
    (tmp_path / "plain.txt").write_text("nothing", "utf-8")
    done = CliRunner().invoke(command, [str(tmp_path / "plain.txt")])
    assert isinstance(done.exception, GenblazeError)
