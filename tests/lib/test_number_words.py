"""Numbers in Vietnamese words, as a fee receipt writes them."""

import pytest

from bpmc_portal.lib.vietnamese import money_words, number_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "không"), (1, "một"), (5, "năm"), (10, "mười"), (11, "mười một"), (14, "mười bốn"), (15, "mười lăm"), (20, "hai mươi"),
        (21, "hai mươi mốt"), (24, "hai mươi tư"), (25, "hai mươi lăm"), (31, "ba mươi mốt"), (55, "năm mươi lăm"),
        (100, "một trăm"), (101, "một trăm linh một"), (104, "một trăm linh bốn"), (105, "một trăm linh năm"), (110, "một trăm mười"),
        (111, "một trăm mười một"), (115, "một trăm mười lăm"), (999, "chín trăm chín mươi chín"), (1_000, "một nghìn"),
        (1_005, "một nghìn không trăm linh năm"), (1_050, "một nghìn không trăm năm mươi"), (10_015, "mười nghìn không trăm mười lăm"),
        (100_000, "một trăm nghìn"), (1_000_000, "một triệu"), (1_000_001, "một triệu không trăm linh một"),
        (5_450_000, "năm triệu bốn trăm năm mươi nghìn"), (1_000_000_000, "một tỷ"), (1_001_000_000, "một tỷ không trăm linh một triệu"),
        (21_000_000_005, "hai mươi mốt tỷ không trăm linh năm"), (10**18, "một tỷ tỷ"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_read_it(value: int, words: str) -> None:
    assert number_words(value) == words


def test_every_number_up_to_ten_thousand_has_words_of_its_own() -> None:
    assert len({number_words(value) for value in range(10_000)}) == 10_000


def test_an_amount_begins_with_a_capital_and_ends_with_the_currency() -> None:
    assert money_words(5_450_000) == "Năm triệu bốn trăm năm mươi nghìn đồng"


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        number_words(-1)
