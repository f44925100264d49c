from __future__ import annotations

from leadscore.panelparts import Raw, image, inert, note, plain_table, svg, table, warning_note

HOSTILE = '<script>alert(1)</script>"\x1b[31m\u202e$x$'


def test_hostile_text_is_inert_wherever_it_is_put():
    for made in (
        inert(HOSTILE),
        table([HOSTILE], [[HOSTILE]], caption=HOSTILE),
        note(HOSTILE),
        warning_note(HOSTILE),
        image(b"", HOSTILE),
    ):
        assert "<script" not in made
        assert not {"\x1b", "\u202e", "$"} & set(made)


def test_our_own_html_stays():
    assert "<b>x</b>" in table(["a"], [[Raw("<b>x</b>")]])


def test_numbers_stand_right_and_words_left():
    made = table(["a", "b"], [["1,234", "word"]])
    assert made.index("text-align:right") < made.index("1,234") < made.index("word")


def test_a_table_as_text_is_aligned():
    assert plain_table(["a", "b"], [["long", 1]]) == "a     b\nlong  1"


def test_a_drawing_is_an_image_in_which_nothing_runs():
    assert image(svg(1, 1, []), "dot").startswith('<img alt="dot"')
