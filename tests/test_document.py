from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.document import Block, Items, Problems, Text, load_document
from fastdup_checks.draft import quoted


def load(text: str) -> tuple[object, list[str]]:
    problems = Problems("x.yml")
    node = load_document(text.encode(), problems)
    return node, [str(p) for p in problems.found]


def test_keeps_the_line_of_every_value():
    node, problems = load("a: 1\nb:\n  - x\n  - y\n")
    assert not problems
    assert isinstance(node, Block)
    assert node.lines == {"a": 1, "b": 2}
    assert isinstance(node.entries["b"], Items)
    assert [item.line for item in node.entries["b"].items] == [3, 4]


def test_refuses_a_key_that_appears_twice_and_names_both_lines():
    _, problems = load("a: 1\nb: 2\na: 3\n")
    assert problems == ["x.yml:3: key 'a' appears twice (first on line 1)"]


@pytest.mark.parametrize("text", ["no", "off", "yes", "010", "1:30", "2020-01-01"])
def test_words_that_yaml_would_turn_into_something_else_stay_words(text):
    node, _ = load(f"key: {text}")
    assert isinstance(node, Block)
    assert Problems("x").text(node.entries["key"], "key") == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1%", 0.01),
        ("0.1 %", 0.001),
        ("1e-3", 0.001),
        ("010", 10.0),
        (".5", 0.5),
        ("1_000", 1000.0),
        ("-2", -2.0),
        ("2.5%", 0.025),
    ],
)
def test_reads_numbers_as_people_write_them(text, value):
    assert Problems("x").number(Text(text, 1, plain=True), "n") == value


@pytest.mark.parametrize(
    "text", ["one", "1%%", "%", "nan", "inf", "1 2", "0x10", "", "1e400", "1e-99999999999999999999", "9" * 400]
)
def test_refuses_what_is_no_number(text):
    problems = Problems("x.yml")
    assert problems.number(Text(text, 4, plain=True), "bound") is None
    assert problems.found[0].line == 4
    assert "bound must be a number" in str(problems.found[0])


@given(st.integers(0, 10_000))
def test_a_percentage_is_the_float_nearest_to_its_share(hundredths):
    text = f"{hundredths / 100:.2f}%"
    assert Problems("x").number(Text(text, 1, plain=True), "n") == hundredths / 10_000


def test_an_alias_to_itself_ends():
    _, problems = load("a: &x [*x]")
    assert "alias" in problems[0]


@pytest.mark.parametrize("text", ["!!python/object/apply:x [y]", "!env HOME", "!!binary aGk=", "!!set {b}"])
def test_tags_are_refused(text):
    _, problems = load(f"a: {text}")
    assert "not allowed" in problems[0]


def test_merge_keys_are_refused_in_their_own_words():
    _, problems = load("a: &a {b: 1}\nc: {<<: *a}\n")
    assert problems == ["x.yml:2: merge keys (<<) are not read; write the keys out, or extend a suite"]


def test_an_alias_stands_for_what_its_anchor_holds_however_often():
    doubled = "".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]\n" for n in range(1, 40))
    node, problems = load(f"k0: &k0 {{b: 1}}\n{doubled}")
    assert not problems
    assert isinstance(node, Block)
    assert isinstance(node.entries["k1"], Items)
    assert node.entries["k1"].items[8] == node.entries["k0"]


def test_a_second_document_is_refused():
    _, problems = load("a: 1\n---\nb: 2\n")
    assert problems == ["x.yml:2: a second document begins here; one is wanted"]


def test_a_tab_that_indents_is_told():
    _, problems = load("a:\n\tb: 1\n")
    assert len(problems) == 1
    assert problems[0].startswith("x.yml:2: not valid YAML: ")
    assert problems[0].endswith("; indent with blanks, not with tabs")


def test_half_of_a_surrogate_pair_is_refused():
    _, problems = load('a: "\\ud800"')
    assert len(problems) == 1


def test_a_long_value_is_told_in_short():
    problems = Problems("x.yml")
    problems.number(Text("9" * 5000, 1, plain=True), "bound")
    assert len(str(problems.found[0])) < 200


def test_a_file_of_very_many_entries_is_read_whole():
    node, problems = load("".join(f"- {{a: {n}, b: [{n}, {n}]}}\n" for n in range(21_000)))
    assert not problems
    assert isinstance(node, Items)
    assert len(node.items) == 21_000


@pytest.mark.parametrize("text", ["a: [1, 2", "a:\n\t- b", "a: 'x", "{"])
def test_bad_yaml_is_one_problem_with_a_line(text):
    node, problems = load(text)
    assert node is None
    assert len(problems) == 1
    assert problems[0].startswith("x.yml:")


def test_text_that_is_not_utf8_names_its_line():
    problems = Problems("x.yml")
    assert load_document(b"a: 1\nb: \xff\n", problems) is None
    assert str(problems.found[0]) == "x.yml:2: not UTF-8 text"


@given(st.binary(max_size=60))
def test_any_bytes_give_a_tree_or_a_problem(data):
    problems = Problems("x.yml")
    node = load_document(data, problems)
    assert node is not None or problems.found


@pytest.mark.parametrize("opening", ["[", "{a: "])
@pytest.mark.parametrize("times", [60, 100_000])
def test_what_is_nested_too_deeply_is_a_problem(opening, times):
    problems = Problems("x.yml")
    closing = "]" if opening == "[" else "}"
    assert load_document((opening * times + closing * times).encode(), problems) is None
    assert [p.message for p in problems.found] == ["the text is nested too deeply"]


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.sampled_from(["null", "NULL", "no", "1e3", "-a"])
)
def test_a_name_that_is_quoted_where_it_must_be_is_read_back(name):
    problems = Problems("x.yml")
    block = load_document(f"root: {quoted(name)}\n".encode(), problems)
    assert problems.text(block.entries["root"], "root") == name
    assert not problems.found
