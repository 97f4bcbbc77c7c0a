"""The step cache: when it answers, what it never does, and what must not be lost when it fails."""

import json
import os
import threading

import pytest
from sample_pipelines import Painter, kernel_plugins, paint, png, sha256

from genblaze import Asset, ModerationHook, ModerationResult, ProviderErrorCode, Step, StepCache, verify_file
from genblaze.pipeline.cache import step_cache_key


@pytest.fixture
def cache(tmp_path):
    return StepCache(tmp_path / "cache")


def entries(cache):
    return sorted(cache._dir.glob("*.json"))


def test_keys_are_those_of_the_published_package():
    step = Step(provider="mock", model="m", prompt="q")
    assert step_cache_key(step) == "8ad0824de64e487b2952df3c0c08c227d7b8f7612b18820ec4fe5a055909cb1c"
    assert step_cache_key(step, " t1 ") == "f1fe7aba0028191715dd700eb04b8ee60998cf4de86ca5f3661a903860a44265"
    assert step_cache_key(step, "  ") == step_cache_key(step)


def test_a_hit_never_calls_the_provider_and_gives_a_file_of_its_own(new, painter, cache):
    pipeline = new().cache(cache).step(painter, model="m", prompt="a fox", seed=1)
    first, second = pipeline.run(), pipeline.run()
    assert painter.calls == 1
    old, fresh = first.local_path(first.assets[0]), second.local_path(second.assets[0])
    assert old != fresh
    assert sha256(old) == sha256(fresh) == second.assets[0].sha256
    assert second.manifest.canonical_hash == first.manifest.canonical_hash
    for result, path in ((first, old), (second, fresh)):
        found = verify_file(path, plugins=kernel_plugins())
        assert found.ok
        assert found.manifest.run.run_id == result.run.run_id


@pytest.mark.parametrize(
    "change", [{"prompt": "b"}, {"seed": 2}, {"size": "s"}, {"model": "n"}, {"negative_prompt": "x"}]
)
def test_another_question_is_a_miss(new, painter, cache, change):
    asked = {"model": "m", "prompt": "a", "seed": 1}
    new().cache(cache).step(painter, **asked).run()
    new().cache(cache).step(painter, **(asked | change)).run()
    assert painter.calls == 2


def test_other_inputs_and_tenants_are_a_miss(new, painter, cache, tmp_path):
    for text in ("a", "b", "a"):
        given = png(paint(tmp_path / "in.png", text))
        new().cache(cache).step(painter, model="m", external_inputs=[given]).run()
    assert painter.calls == 2
    new(tenant_id="t").cache(cache).step(painter, model="m", external_inputs=[given]).run()
    assert painter.calls == 3


@pytest.mark.parametrize("harm", ["missing", "altered"])
def test_a_file_that_is_gone_or_changed_is_a_miss(new, painter, cache, harm):
    pipeline = new().cache(cache).step(painter, model="m", prompt="a fox")
    pipeline.run()
    for file in painter.folder.glob("*.png"):
        if harm == "missing":
            file.unlink()
        else:
            paint(file, "something else")
    result = pipeline.run()
    assert painter.calls == 2
    assert not result.run.steps[0].cached
    assert result.local_path(result.assets[0]).is_file()


def test_private_prompts_do_not_reach_the_disk(new, folder, cache):
    class Echoing(Painter):
        def painted(self, step):
            step = super().painted(step)
            step.provider_payload = {"revised_prompt": f"better {step.prompt}"}
            step.assets[0].metadata = {"caption": step.prompt}
            step.metadata["asked"] = step.prompt
            return step

    asked = {"prompt": "my secret red fox", "negative_prompt": "my secret snow", "style": "my style"}
    pipeline = new().cache(cache).step(Echoing(folder), model="m", prompt_visibility="private", **asked)
    pipeline.run()
    assert len(entries(cache)) == 1
    assert "secret" not in entries(cache)[0].read_text()
    step = pipeline.run().run.steps[0]
    assert step.cached
    assert (step.prompt, step.params) == ("my secret red fox", {"style": "my style"})
    for file in folder.iterdir():
        assert b"secret" not in file.read_bytes()


def test_a_corrupt_entry_is_counted_and_replaced(new, painter, cache, caplog):
    pipeline = new().cache(cache).step(painter, model="m")
    pipeline.run()
    for content in ("{", "[]", '{"provider": 5}', "\xff"):
        entries(cache)[0].write_text(content, encoding="latin-1")
        pipeline.run()
    assert (cache.corruption_count, painter.calls) == (4, 5)
    assert pipeline.run().run.steps[0].cached


def test_an_entry_without_outputs_is_a_miss(new, painter, cache):
    pipeline = new().cache(cache).step(painter, model="m")
    pipeline.run()
    entries(cache)[0].write_text('{"provider": "painter", "model": "m", "status": "succeeded"}')
    assert (pipeline.run().assets != [], painter.calls) == (True, 2)


def test_a_cache_that_cannot_be_written_does_not_lose_the_result(new, painter, cache):
    cache._dir.rmdir()
    cache._dir.write_text("a file stands here")
    result = new().cache(cache).step(painter, model="m").run()
    assert result.ok


def test_a_cache_that_raises_does_not_lose_the_result(new, painter, tmp_path):
    class Broken(StepCache):
        def put(self, step, result, tenant_id=None):
            raise RuntimeError("disk on fire")

    assert new().cache(Broken(tmp_path / "c")).step(painter, model="m").run().ok


def test_failures_are_not_cached(new, folder, cache):
    painter = Painter(folder, errors=[ValueError("no")])
    pipeline = new().cache(cache).step(painter, model="m")
    pipeline.run(raise_on_failure=False)
    assert pipeline.run().ok
    assert painter.calls == 2


def test_what_the_vendor_chose_comes_back_with_a_hit(new, folder, cache):
    class Choosing(Painter):
        def painted(self, step):
            step.seed, step.model_version = 77, "2024-05"
            return super().painted(step)

    pipeline = new().cache(cache).step(Choosing(folder), model="m")
    first, second = pipeline.run(), pipeline.run()
    assert (second.run.steps[0].seed, second.run.steps[0].model_version) == (77, "2024-05")
    assert second.manifest.canonical_hash == first.manifest.canonical_hash


def test_a_cached_output_is_moderated_too(new, painter, cache):
    class Strict(ModerationHook):
        def check_prompt(self, prompt, params):
            return ModerationResult(True)

        def check_output(self, assets):
            return ModerationResult(False, "no foxes")

    new().cache(cache).step(painter, model="m").run()
    step = new(moderation=Strict()).cache(cache).step(painter, model="m").run(raise_on_failure=False).run.steps[0]
    assert (painter.calls, step.status, step.error_code) == (1, "failed", ProviderErrorCode.CONTENT_POLICY)


def test_a_new_cache_folder_is_its_owners_alone(tmp_path):
    (tmp_path / "shared").mkdir(mode=0o755)
    new, shared = StepCache(tmp_path / "a" / "new"), StepCache(tmp_path / "shared")
    assert [cache._dir.stat().st_mode & 0o777 for cache in (new, shared)] == [0o700, 0o755]


async def test_keeping_an_answer_blocks_no_event_loop(new, painter, tmp_path):
    threads = set()

    class Watched(StepCache):
        def put(self, step, result, tenant_id=None):
            threads.add(threading.current_thread())
            super().put(step, result, tenant_id)

    pipeline = new().cache(Watched(tmp_path / "cache")).step(painter, model="m")
    await pipeline.arun()
    assert (await pipeline.arun()).run.steps[0].cached
    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_clearing_forgets_everything(new, painter, cache):
    pipeline = new().cache(cache).step(painter, model="m")
    pipeline.run()
    cache.clear()
    pipeline.run()
    assert painter.calls == 2


def test_an_entry_is_the_published_json_of_a_step(cache):
    done = Step(provider="p", model="m", status="succeeded", assets=[Asset(url="https://h/a", media_type="image/png")])
    cache.put(Step(provider="p", model="m"), done)
    data = json.loads(entries(cache)[0].read_text())
    assert list(data) == list(Step.__struct_fields__)
    assert data["run_id"] is None
    assert cache.get(Step(provider="p", model="m")) == done


@pytest.mark.skipif(os.name == "nt", reason="file modes")
def test_nothing_but_entries_is_left_in_the_folder(new, painter, cache):
    new().cache(cache).step(painter, model="m").run()
    assert [path.suffix for path in cache._dir.iterdir()] == [".json"]
