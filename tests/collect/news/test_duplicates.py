from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from lode.collect.news.duplicates import Groups, shingles

STORY = ("Apple beats estimates as iPhone sales rise", "Apple reported quarterly revenue above what analysts expected")
COPY = ("Apple beats estimates as iPhone sales rise", "Apple reported quarterly revenue above what analysts had hoped")
OTHER = ("Indonesia lifts its ban on the iPhone 16", "The government said to agree on terms with Apple")


def test_shingles_are_three_words_without_case_or_signs():
    assert shingles("Apple beats", "estimates, again!") == {"apple beats estimates", "beats estimates again"}
    assert shingles("Apple", "") == {"apple"}
    assert shingles("", "") == frozenset()


def test_a_copy_joins_the_earliest():
    # 15 words each: 13 shingles; the two endings differ in 2 and 3 → 11 shared of 11 + 2 + 3 = 16, 0.69
    groups = Groups()
    assert groups.add("a", *STORY) == "a"
    assert groups.add("b", *OTHER) == "b"
    assert groups.add("c", *COPY) == "a"
    assert groups.add("d", *COPY) == "a"
    assert groups.add("a", *OTHER) == "a"  # known already


def test_half_of_all_shingles_is_enough_and_less_is_not():
    groups = Groups()
    groups.add("a", "one two three four five", "")  # 3 shingles
    assert groups.add("b", "one two three four six", "") == "a"  # 2 shared of 4
    assert groups.add("c", "zero two three four seven", "") == "c"  # 1 shared of 5


def test_articles_without_words_are_not_alike():
    groups = Groups()
    assert [groups.add("a", "", ""), groups.add("b", "", "")] == ["a", "b"]


def test_a_known_group_is_kept():
    groups = Groups()
    groups.add("b", *STORY, group="a")
    assert groups.add("c", *COPY) == "a"


texts = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=9).map(" ".join), min_size=1, max_size=12)


@given(texts, st.integers(0, 12))
def test_later_articles_never_change_a_group(titles, cut):
    def run(some: list[str]) -> list[str]:
        groups = Groups()
        return [groups.add(str(n), title, "") for n, title in enumerate(some)]

    whole = run(titles)
    assert whole[:cut] == run(titles[:cut])
    assert all(int(group) <= n for n, group in enumerate(whole))

    resumed = Groups()
    for n, title in enumerate(titles[:cut]):
        resumed.add(str(n), title, "", group=whole[n])
    assert [resumed.add(str(n + cut), title, "") for n, title in enumerate(titles[cut:])] == whole[cut:]


def test_ten_thousand_articles_of_one_template_take_seconds():
    """Every article shares most of its words with all: the earliest is found without going through them."""
    groups = Groups()
    about = "latest stock quote, history, news and other vital information to help you with your trading and investing"
    begun = process_time()
    named = {groups.add(f"a{n}", "Apple Inc (AAPL)", f"{about} {n}") for n in range(10_000)}
    assert named == {"a0"}
    assert process_time() - begun < 10


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=9).map(" ".join), max_size=25))
def test_the_earliest_alike_of_all_is_found(texts):
    groups, groups_by_hand = Groups(), []
    for n, text in enumerate(texts):
        own = shingles(text, "")
        alike = [group for group, other in groups_by_hand if own & other and len(own & other) >= 0.5 * len(own | other)]
        groups_by_hand.append((alike[0] if alike else f"a{n}", own))
        assert groups.add(f"a{n}", text, "") == groups_by_hand[-1][0]
