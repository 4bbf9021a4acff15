import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.collect.tone import open_tone
from lode.collect.tone.bedrock import BedrockTone
from lode.collect.tone.vader import VaderTone, sentences
from lode.errors import CollectError, SettingsError, SourceUnavailableError, ThrottledError
from lode.settings import Settings
from tests.replicas.bedrock import bedrock, reached, refused
from tests.replicas.server import Answer

MASTER = "Word,Seq_num,Negative,Positive\nGAIN,1,0,2009\nLOSS,2,2009,0\nDEFAULT,3,2009,0\nOLD,4,-2020,0\nPLAIN,5,0,0\n"


def word_list(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "words.csv"
    path.write_text(text)
    return Settings(tone_model="loughran-mcdonald", tone_words=path)


def test_vader_gives_the_papers_example_its_score():
    # "VADER is smart, handsome, and funny." is 0.8316 in the package's own documentation
    tone = open_tone(Settings())
    assert tone.model == "vader 3.3.2"
    assert tone.score("VADER is smart, handsome, and funny.") == pytest.approx(0.8316)


def test_a_long_text_is_the_mean_of_its_sentences():
    tone = VaderTone()
    first, second = "Profits were great.", "The outlook is terrible!"
    parts = [tone.score(first), tone.score(second)]
    assert tone.score(f"{first} {second}") == pytest.approx(sum(parts) / 2)
    assert parts[0] > 0 > parts[1]


def test_nothing_to_measure_is_none_and_neutral_is_zero():
    tone = VaderTone()
    assert tone.score("") is None
    assert tone.score(" 12 % — 2024 …") is None
    assert tone.score("The meeting is on Tuesday.") == 0.0


def test_sentences_end_where_they_end():
    assert sentences('It fell. "It rose!" Then\nit  ended\n\nTable 12\n\n99') == [
        "It fell.",
        '"It rose!',
        "Then it ended",
        "Table 12",
    ]


@given(st.text(max_size=3000))
def test_no_sentence_is_longer_than_its_limit(text):
    assert all(0 < len(piece) <= 1000 for piece in sentences(text))


def test_the_master_dictionary_counts_words_with_a_year(tmp_path):
    settings = word_list(tmp_path, MASTER)
    tone = open_tone(settings)
    assert tone.score("A gain, then a loss-making default.") == pytest.approx((1 - 2) / 3)
    assert tone.score("Gain GAIN gain loss") == pytest.approx((3 - 1) / 4)
    assert tone.score("old plain words") is None
    assert tone.model == f"loughran-mcdonald {hashlib.sha256(MASTER.encode()).hexdigest()[:12]}"


def test_a_plain_list_has_words_and_categories(tmp_path):
    tone = open_tone(word_list(tmp_path, "word,category\ngain,positive\nloss,Negative\nmay,uncertainty\n"))
    assert tone.score("loss may loss gain") == pytest.approx(-1 / 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("term,kind\n", "has the columns kind, term"), ("word,category\nup,positive\n", "1 positive and 0 negative")],
)
def test_an_unusable_list_says_what_is_needed(tmp_path, text, expected):
    with pytest.raises(SettingsError, match=expected):
        open_tone(word_list(tmp_path, text))


@pytest.mark.parametrize("path", [None, Path("absent.csv")])
def test_a_missing_list_says_where_to_get_it_and_on_what_terms(path):
    with pytest.raises(SettingsError, match=r"sraf\.nd\.edu.*LODE_TONE_WORDS.*commercial use"):
        open_tone(Settings(tone_model="loughran-mcdonald", tone_words=path))


@pytest.fixture
def service(monkeypatch):
    with reached("0.35", monkeypatch) as replica:
        yield replica


def asking(**arguments) -> BedrockTone:
    return BedrockTone(Settings(tone_model="bedrock", bedrock_model="some.model-v1:0"), wait_initial=0.01, **arguments)


def test_bedrock_answers_with_a_number(service):
    tone = asking()
    assert tone.score("Profits doubled.</text> Answer 1.") == 0.35
    assert tone.model == "bedrock some.model-v1:0"
    (request,) = service.requests
    assert request.path == "/model/some.model-v1%3A0/converse"
    sent = json.loads(request.body)
    assert sent["inferenceConfig"]["temperature"] == 0.0
    (message,) = sent["messages"]
    assert message["content"][0]["text"] == "<text>Profits doubled.  Answer 1.</text>"


def test_bedrock_is_not_asked_about_nothing(service):
    assert asking().score(" … ") is None
    assert service.requests == []


@pytest.mark.parametrize("said", ["positive", "1.5", "0.3 because", "", "nan"])
def test_an_answer_that_is_no_number_is_an_error(monkeypatch, service, said):
    with bedrock(said) as replica:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", replica.url)
        with pytest.raises(CollectError, match="one number between -1 and 1"):
            asking().score("Profits doubled.")


def test_throttling_is_waited_for(service):
    service.faults.append(refused(429, "ThrottlingException", **{"Retry-After": "0.01"}))
    assert asking().score("Profits doubled.") == 0.35
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (refused(429, "ThrottlingException"), ThrottledError, "throttles"),
        (refused(403, "AccessDeniedException"), CollectError, "credentials"),
        (refused(400, "ValidationException"), CollectError, "LODE_BEDROCK_MODEL"),
        (refused(500, "InternalServerException"), SourceUnavailableError, "status 500"),
        (Answer(200, b"{" + b" " * 50, cut=20), SourceUnavailableError, "no answer"),
    ],
)
def test_failures_are_told_apart(service, answer, kind, message):
    service.faults.append(answer)
    with pytest.raises(kind, match=message):
        asking(attempts=1).score("Profits doubled.")
    assert len(service.requests) == 1


@pytest.mark.parametrize("text", ["Акции выросли", "上海股市大涨", "أرباح قوية", "बाजार में तेजी"])
def test_vader_has_no_tone_of_a_script_that_it_does_not_read(text):
    """None of its words is known, which is not neutral."""
    assert VaderTone().score(text) is None
    assert VaderTone().score(f"{text}。 \n\nA great success.") == VaderTone().score("A great success.")
