"""`Spinner` of the published shape: one line on a terminal, nothing anywhere else."""

import io

from sample_pipelines import Painter, pipeline_in

from genblaze import ProgressEvent, Spinner


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_steps_are_shown_in_place_and_leave_a_line_when_they_end():
    out = Terminal()
    with Spinner(out) as spinner:
        spinner.step_starting("painter", "m", "a fox\x1b[2J", step_index=0, total=2)
        spinner(ProgressEvent("s", "painter", "m", "processing", 0.5, 3.0))
        spinner.step_done(True)
        spinner.step_starting("painter", "m", step_index=1, total=2)
        spinner.step_done(False)
    shown = [line.strip() for line in out.getvalue().replace("\r", "\n").splitlines() if line.strip()]
    assert shown[0][2:] == "1/2 painter/m a fox [2J"
    assert shown[1][2:] == "painter/m processing 50% 3 s"
    assert [line.split("  ")[:2] for line in (shown[2], shown[4])] == [
        ["done", "1/2 painter/m"],
        ["failed", "2/2 painter/m"],
    ]
    assert "\x1b" not in out.getvalue()


def test_what_is_no_terminal_gets_nothing():
    out = io.StringIO()
    with Spinner(out) as spinner:
        spinner.step_starting("painter", "m")
        spinner.step_done(True)
    assert out.getvalue() == ""


def test_it_is_a_callback_of_runs(tmp_path):
    out = Terminal()
    spinner = Spinner(out)
    pipeline_in(tmp_path).step(Painter(tmp_path), model="m", prompt="p").run(on_progress=spinner)
    spinner.stop()
    assert "painter/m submitted" in out.getvalue()
    assert out.getvalue().endswith("\r")
