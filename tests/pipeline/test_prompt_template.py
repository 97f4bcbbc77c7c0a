"""Prompt templates: what is a field, what is literal, and how values get in."""

import contextlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genblaze import GenblazeError, PromptTemplate, TemplateError
from genblaze.pipeline.prompt_template import fields_of, substitute

names = st.text(string.ascii_letters + "_", min_size=1, max_size=8)
plain = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=20)


def render(template, **values):
    return PromptTemplate(template=template).render(**values)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a {animal}", "a fox"),
        ("{animal}{animal}", "foxfox"),
        ("{animal!r}", "'fox'"),
        ("{animal:>5}", "  fox"),
        ("{n:04d}", "0007"),
        ("{n:.2f}", "7.00"),
        ("{animal!s:^7}", "  fox  "),
        ("{{animal}}", "{animal}"),
        ('{"k": 1}', '{"k": 1}'),
        ("{0} {} { z } {1a}", "{0} {} { z } {1a}"),
        ('{name: "cat"}', '{name: "cat"}'),
        ('{"prompt": "{animal}"}', '{"prompt": "fox"}'),
        ("a { b } {", "a { b } {"),
        ("}", "}"),
        ("", ""),
    ],
)
def test_fields_are_filled_and_other_braces_stay(template, text):
    assert render(template, animal="fox", n=7) == text


@pytest.mark.parametrize("template", ["{a.b}", "{a[0]}", "{a.__class__}", "{a[x]!r}"])
def test_reaching_into_values_is_refused(template):
    with pytest.raises(TemplateError, match="only plain names"):
        render(template, a="x")


@given(plain, names, names, plain, plain)
def test_fields_can_have_values_beforehand(literal, first, second, one, other):
    template = PromptTemplate(f"{literal}{{{first}}} {{{{x}}}} {{{second}!r}}")
    values = {first: one, second: other}
    begun = template.partial(**{first: values[first]}, nobody="asks")
    assert begun.variables == {first, second} - {first}
    assert begun.render(**values) == template.render(**values)


def test_a_value_given_beforehand_brings_in_no_field():
    begun = PromptTemplate("a {animal} in {style}").partial(animal="{style}")
    assert begun.render(style="oil") == "a {style} in oil"


def test_missing_values_are_named_and_spare_ones_ignored():
    with pytest.raises(TemplateError, match=r"no value for b, c \(given: a, z\)"):
        render("{a}{b}{c}", a=1, z=2)
    assert render("{a}", a=1, z=2) == "1"


def test_a_value_that_cannot_be_formatted_is_an_error_of_ours():
    with pytest.raises(GenblazeError, match=r"\{n:04d\} cannot format a str"):
        render("{n:04d}", n="x")
    assert issubclass(TemplateError, ValueError)


def test_a_template_can_be_given_by_position_and_knows_its_variables():
    assert PromptTemplate("a {b} {c:>3} {{d}}").variables == {"b", "c"}


def test_values_are_not_rendered_again():
    assert render("{a}", a="{b}", b="never") == "{b}"


@given(plain)
def test_text_without_braces_is_literal(text):
    assert render(text) == text
    assert fields_of(text) == set()


@given(plain, names, plain, plain)
def test_a_value_lands_exactly_where_its_field_stood(before, name, value, after):
    assert render(f"{before}{{{name}}}{after}", **{name: value}) == before + value + after


@given(st.text(max_size=40))
def test_doubled_braces_give_any_text_back(text):
    assert render(text.replace("{", "{{").replace("}", "}}")) == text


@given(st.text("{}abc.!:[]0 ", max_size=60))
def test_nothing_but_our_own_error_comes_out(text):
    with contextlib.suppress(TemplateError):
        render(text, a="1", b="2", c="3", abc="4")


def test_a_long_template_is_parsed_in_no_time():
    import time

    started = time.monotonic()
    for bad in ("{" * 50_000, "{a" * 20_000, "{a!r:" * 10_000, "{a." * 20_000, "{" + "a" * 50_000):
        fields_of(bad)
    assert time.monotonic() - started < 20


def test_a_lone_field_keeps_the_type_of_its_value():
    filled = substitute({"n": "{n}", "t": "{n} px", "l": ["{n}", 5, None]}, {"n": 3})
    assert filled == {"n": 3, "t": "3 px", "l": [3, 5, None]}


def test_text_without_a_named_field_is_not_touched():
    assert substitute("{{a}} {b}", {"c": 1}) == "{{a}} {b}"
