"""WhatsApp chats: every generation of the fixture is read as planted, and broken ones as far as they go."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.platforms import PLAIN_FILES
from selfsearch.exports.platforms.base import Mention
from selfsearch.exports.platforms.whatsapp import WhatsApp
from selfsearch.types import Exposure

from .exports import Pack
from .exports import whatsapp as fixture
from .exports.reading import columns


def read(pack: Pack) -> dict[str | None, list[SimpleNamespace]]:
    """Everything said about every media file, as the whole program would see it."""
    reader = WhatsApp(pack.as_export())
    provenances: dict[str | None, list[SimpleNamespace]] = {}
    for mention in reader.mentions():
        path = mention.path if mention.path in pack.files else None
        provenances.setdefault(path, []).append(columns(mention.provenance))
    for path in pack.files:
        if path not in provenances and not path.endswith(".txt"):
            provenances[path] = [columns(reader.infer(path))]
    return provenances


def chat(text: str, *media: str, name: str = "_chat.txt", title: str = "chat") -> Pack:
    """A chat of your own with empty media files."""
    pack = Pack(title)
    pack.add(name, text)
    for path in media:
        pack.add(path, b"x")
    return pack


def times(text: str, *media: str) -> list[str | None]:
    """When the attachments of a chat were sent."""
    mentions = WhatsApp(chat(text, *media).as_export()).mentions()
    return [columns(mention.provenance).posted_at for mention in mentions]


@pytest.mark.parametrize("layout", fixture.LAYOUTS)
def test_every_planted_picture_is_read_as_planted(layout: str) -> None:
    pack = fixture.build(layout)
    provenances = read(pack)
    assert set(provenances) == {planted.path for planted in pack.planted}
    for path, items in provenances.items():
        wanted = [planted.says for planted in pack.planted if planted.path == path]
        assert [{key: getattr(item, key) for key in wanted[0]} for item in items] == wanted


def test_a_text_that_is_no_chat_is_not_confirmed() -> None:
    assert not WhatsApp.confirm(chat("Dear diary,\ntoday 12/06/2023, nothing.").as_export())
    assert not WhatsApp.confirm(chat("").as_export())
    assert not WhatsApp.confirm(chat("notes about WhatsApp", name="My WhatsApp notes.txt").as_export())


def test_the_title_comes_from_the_name_of_the_chat() -> None:
    line = "[17.06.23, 12:01:02] Bo: IMG-20230617-WA0001.jpg"
    for title, album in {
        "WhatsApp Chat - Bo Berg (1)": "Bo Berg",
        "WhatsApp-Chat mit Bo": "Bo",
        "Chat de WhatsApp con Bo": "Bo",
        "Discussion WhatsApp avec Bo & Al": "Bo & Al",
        "holiday": None,
    }.items():
        export = chat(line, "IMG-20230617-WA0001.jpg", title=title).as_export()
        assert [mention.provenance.album for mention in WhatsApp(export).mentions()] == [album]


@pytest.mark.parametrize(
    ("head", "at"),
    [
        ("17/06/2023, 12:01 - ", "2023-06-17T12:01:00"),
        ("17.06.23, 12:01 - ", "2023-06-17T12:01:00"),
        ("6/17/23, 12:01 AM - ", "2023-06-17T00:01:00"),
        ("17/6/23, 9:01 p. m. - ", "2023-06-17T21:01:00"),
        ("17/6/23, 9:01\u00a0a.m. - ", "2023-06-17T09:01:00"),
        ("[17-06-2023, 12:01:02] ", "2023-06-17T12:01:02"),
        ("[2023-06-17, 12:01:02] ", "2023-06-17T12:01:02"),
        ("2023/6/17 下午1:01 - ", "2023-06-17T13:01:00"),
        ("2023. 6. 17. 오후 1:01 - ", "2023-06-17T13:01:00"),
        ("[17.6.2023 klo 12.01.02] ", "2023-06-17T12:01:02"),
        ("17/06/2023 à 12:01 - ", "2023-06-17T12:01:00"),
        ("17.06.2023 \u0433., 12:01 - ", "2023-06-17T12:01:00"),
        ("\u200e[17/06/2023, 12:01:02] ", "2023-06-17T12:01:02"),
        ("[12:01:02, 6/17/23] ", "2023-06-17T12:01:02"),  # Vietnamese
        ("[17/6/2566 BE, 12:01:02] ", "2023-06-17T12:01:02"),  # Thai
        ("[6/17/R5, 12:01:02] ", "2023-06-17T12:01:02"),  # Japanese
        ("12:01, 17 Jun 2023 - ", "2023-06-17T12:01:00"),
        ("Jun 17 2023, 12:01 PM - ", "2023-06-17T12:01:00"),
        ("17 Jun 12:01 - ", None),  # without a year
        ("12:01, 17 June 2023 - ", "2023-06-17T12:01:00"),
        ("12:01, 17 marraskuuta 2023 - ", None),  # a month of another language, and not March
        ("17/06/2023, 9:15 in the morning - ", "2023-06-17T09:15:00"),
        ("17/06/2023, 1:15 in the afternoon - ", "2023-06-17T13:15:00"),
        ("17/06/2023, 9:01 xy - ", "2023-06-17"),  # morning or evening in a language we do not know
        ("31/31/2023, 12:01 - ", None),
    ],
)
def test_the_time_is_read_in_the_phones_own_format(head: str, at: str | None) -> None:
    assert times(f"{head}Bo: photo.jpg (file attached)\n", "photo.jpg") == [at]


@pytest.mark.parametrize("head", ["04/08/2015, 9:15:02 PM: ", "04.08.15 21:15:02: ", "4/8/15, 21:15:02: "])
def test_an_old_iphones_chat_has_no_brackets_around_the_time(head: str) -> None:
    media = "2015-08-04-PHOTO-00004762.jpg"
    pack = chat(f"{head}Bo: {media} <\u200eattached>\n", media)
    assert WhatsApp.confirm(pack.as_export())
    (provenance,) = read(pack)[media]
    assert (provenance.posted_at, provenance.author, provenance.caption) == (
        "2015-08-04T21:15:02",
        "Bo",
        None,
    )


def test_the_dates_in_file_names_decide_between_day_and_month() -> None:
    line = "0{}/0{}/2023, 12:01 - Bo: IMG-2023050{}-WA0001.jpg (file attached)"
    assert times(line.format(7, 5, 7), "IMG-20230507-WA0001.jpg") == ["2023-05-07T12:01:00"]
    assert times(line.format(5, 7, 7), "IMG-20230507-WA0001.jpg") == ["2023-05-07T12:01:00"]


def test_a_date_that_would_run_backwards_is_not_the_right_reading() -> None:
    days = ["01/02/2023", "01/03/2023", "02/01/2023"]  # rising only as month/day
    text = "\n".join(f"{day}, 12:01 - Bo: {n}.jpg (file attached)" for n, day in enumerate(days))
    expected = ["2023-01-02T12:01:00", "2023-01-03T12:01:00", "2023-02-01T12:01:00"]
    assert times(text, "0.jpg", "1.jpg", "2.jpg") == expected


def test_a_date_that_can_be_read_two_ways_stays_unknown_and_is_said() -> None:
    export = chat("05/06/2023, 12:01 - Bo: a.jpg (file attached)", "a.jpg").as_export()
    (mention,) = WhatsApp(export).mentions()
    assert mention.provenance.posted is None
    assert export.notes == {
        "_chat.txt": "which number of its dates is the day and which the month cannot be told"
    }


def test_a_file_named_in_a_sentence_is_found_when_nothing_attaches_it() -> None:
    provenances = read(chat("1.2.23, 12:01 - Bo: have a look at our trip.jpg please", "our trip.jpg"))
    assert [(item.author, item.caption) for item in provenances["our trip.jpg"]] == [
        ("Bo", "have a look at our trip.jpg please")
    ]


def test_names_are_compared_without_case_and_unicode_form() -> None:
    export = chat("1.2.23, 12:01 - Bo: cafe\u0301.JPG (file attached)", "caf\u00e9.jpg").as_export()
    assert [mention.path for mention in WhatsApp(export).mentions()] == ["caf\u00e9.jpg"]


def test_a_picture_that_was_left_out_is_told_with_its_name_where_it_has_one() -> None:
    text = "1.2.23, 12:01 - Bo: IMG-20230201-WA0001.jpg (file attached)\n1.2.23, 12:02 - Bo: <Media omitted>"
    export = chat(text).as_export()
    assert [mention.path for mention in WhatsApp(export).mentions()] == ["IMG-20230201-WA0001.jpg", None]


def test_a_folder_that_happens_to_lie_beside_a_chat_is_a_plain_folder() -> None:
    export = chat("1.2.23, 12:01 - Bo: hi", "holiday/me.jpg", "me.jpg").as_export()
    path = "holiday/me.jpg"
    assert WhatsApp(export).infer(path) == PLAIN_FILES(export).infer(path)
    assert WhatsApp(export).infer("me.jpg").platform == "whatsapp"


def test_media_in_a_folder_beside_the_text_are_found() -> None:
    export = chat("1.2.23, 12:01 - Bo: a.jpg (file attached)", "Media/a.jpg").as_export()
    assert [mention.path for mention in WhatsApp(export).mentions()] == ["Media/a.jpg"]


@pytest.mark.parametrize(
    "text",
    [b"", b"\xff\xfe", b"\x00" * 4096, b"no head\n" * 9, b"[17.06.23, 12:01:02]", b"\xff" * 70_000],
    ids=["empty", "mark", "zeros", "prose", "head", "bytes"],
)
def test_a_ruined_text_leaves_its_media_to_be_found(text: bytes) -> None:
    pack = chat("", "IMG-20230617-WA0001.jpg")
    pack.add("_chat.txt", text)
    reader = WhatsApp(pack.as_export())
    assert list(reader.mentions()) == []
    inferred = reader.infer("IMG-20230617-WA0001.jpg")
    assert (inferred.exposure.level, inferred.platform) == (Exposure.UNKNOWN, "whatsapp")


def test_bad_bytes_and_endless_lines_hide_no_other_message() -> None:
    head = b"[17.06.23, 12:01:0%d] Bo: "
    pack = chat("", "a.jpg", "b.jpg")
    pack.add(
        "_chat.txt",
        head % 1 + b"<attached: a.jpg>\n" + b"\xff. " * 300_000 + b"\n" + head % 2 + b"<attached: b.jpg>",
    )
    assert [mention.path for mention in WhatsApp(pack.as_export()).mentions()] == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(("before", "is_chat"), [(19, True), (20, False)])
def test_one_of_the_first_twenty_lines_is_a_messages_head(before: int, is_chat: bool) -> None:
    text = "words\n" * before + "[17.06.23, 12:01:02] Bo: <attached: a.jpg>\n"
    assert len(list(WhatsApp(chat(text, "a.jpg").as_export()).mentions())) == is_chat


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("Bo: <attached: a.jpg>", ["Bo"]),
        ("Bo:\u00a0<attached: a.jpg>", ["Bo"]),
        ("Bo:x <attached: a.jpg>", []),  # a time or an address, which have no blank there
        (f"{'B' * 100}: <attached: a.jpg>", ["B" * 100]),
        (f"{'B' * 101}: <attached: a.jpg>", []),
        (" : <attached: a.jpg>", []),
    ],
)
def test_a_message_has_a_sender_where_a_name_and_a_blank_follow_the_time(
    line: str, authors: list[str]
) -> None:
    mentions = WhatsApp(chat(f"[17.06.23, 12:01:02] {line}\n", "a.jpg").as_export()).mentions()
    assert [mention.provenance.author for mention in mentions] == authors


def test_a_message_is_kept_up_to_what_whatsapp_allows() -> None:
    lines = "".join(f"{'x' * 9}\n" for _ in range(7000))
    text = f"[17.06.23, 12:01:02] Bo: <attached: a.jpg>\n{lines}"
    (mention,) = WhatsApp(chat(text, "a.jpg").as_export()).mentions()
    assert 65_400 < len(mention.provenance.caption or "") <= 65_536


def test_a_text_in_utf_16_is_read() -> None:
    pack = chat("", "a.jpg")
    pack.add("_chat.txt", "[17.06.23, 12:01:02] Bö: <attached: a.jpg>\r\n".encode("utf-16"))
    assert [mention.provenance.author for mention in WhatsApp(pack.as_export()).mentions()] == ["Bö"]


def test_a_long_chat_is_read_in_one_pass() -> None:
    lines = [
        f"[{1 + n // 4000:02}.06.23, {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}] Bo: "
        + (
            "\u200e<attached: 00000001-PHOTO.jpg>"
            if n == 99_999
            else "a line of talk, 3.14 times: see example.org"
        )
        for n in range(100_000)
    ]
    export = chat("\r\n".join(lines), "00000001-PHOTO.jpg").as_export()
    began = time.process_time()
    mentions: list[Mention] = list(WhatsApp(export).mentions())
    assert len(mentions) == 1
    assert time.process_time() - began < 20  # about one second; an accidental square would take minutes


def test_the_chat_is_read_once_however_many_files_no_message_names() -> None:
    export: Export = chat("[17.06.23, 12:01:02] Bo: hi", "IMG-20230617-WA0001.jpg").as_export()
    reader = WhatsApp(export)
    first = reader.infer("IMG-20230617-WA0001.jpg")
    export.members = {}  # reading again would find nothing
    assert reader.infer("IMG-20230617-WA0001.jpg") == first


def who_saw(*lines: str, title: str = "chat") -> tuple[str | None, Exposure]:
    """Audience and exposure of a picture in a chat with these lines, "Name: text" or a system's text."""
    text = "\n".join(f"17/06/2023, 12:01 - {line}" for line in (*lines, "Bo: a.jpg (file attached)"))
    (mention,) = WhatsApp(chat(text, "a.jpg", title=title).as_export()).mentions()
    return columns(mention.provenance).audience, mention.provenance.exposure.level


PAIR, GROUP, MAYBE = ("one-to-one", Exposure.PRIVATE), ("group", Exposure.NETWORK), (None, Exposure.UNKNOWN)


@pytest.mark.parametrize(
    ("lines", "title", "answer"),
    [
        ((), "chat", MAYBE),
        (("Ana: hi",), "chat", MAYBE),
        (("Ana: hi",), "WhatsApp Chat with Bo Berg", MAYBE),
        (("Ana: hi",), "WhatsApp Chat with Bo", PAIR),
        (("Ana: hi",), "WhatsApp Chat with Ana", PAIR),
        (("Ana: hi",), "WhatsApp Chat with Bo and Ana", MAYBE),
        (("Ana: hi",), "WhatsApp Chat with Bo \N{PARTY POPPER}", MAYBE),  # a party for Bo
        (("Ana: hi",), "WhatsApp Chat with +49 170 1", MAYBE),
        (("+49 170 1234567: hi",), "WhatsApp Chat with +491701234567", PAIR),
        (("A/B: hi",), "WhatsApp Chat with A_B", PAIR),  # as a file can be called
        (("Ana: hi",), "WhatsApp Chat med Bo", MAYBE),  # a name of which nobody told how it is made
        (("~Ana: hi",), "WhatsApp Chat with Lake House", MAYBE),
        ((), "WhatsApp Chat with Lake House", MAYBE),
        ((), "WhatsApp Chat with Bo", PAIR),
        (("Ana: hi", "Cy: hi"), "WhatsApp Chat with Bo", GROUP),
        (("Ana created group “Lake”",), "WhatsApp Chat with Bo", GROUP),
        (("Ana hat die Gruppe „See“ erstellt",), "chat", GROUP),
        (("Ana luotiin ryhmään",), "chat", GROUP),
        (("Ana создала группу",), "chat", GROUP),
        (("Ana left",), "chat", GROUP),
        (("Ana hat dich hinzugefügt",), "chat", GROUP),
        (("Ana agregó a Cy",), "chat", GROUP),
        (("Ana a quitté",), "chat", GROUP),
        (("Ana heeft Cy toegevoegd",), "chat", GROUP),
        (("Cy foi removido",), "chat", GROUP),
        (("Ana sizi ekledi",), "chat", GROUP),
        (("You created a broadcast list with 3 recipients",), "chat", GROUP),
        (('Ana changed the subject from "Lake" to "Lake: 2023"',), "chat", GROUP),
        (("Messages to this group are now secured with end-to-end encryption.",), "chat", GROUP),
        (("Messages to this chat and calls are now secured with end-to-end encryption.",), "chat", PAIR),
        (("You blocked this contact. Tap to unblock.",), "chat", PAIR),
        (("Messages and calls are end-to-end encrypted.",), "chat", MAYBE),  # the same in groups
        (("This chat is with a business account.",), "chat", MAYBE),  # who knows how many read there
        (("Missed group video call",), "WhatsApp Chat with Bo", PAIR),  # also where two chat
        (("Ana grouped her pictures",), "chat", MAYBE),  # a longer word says nothing
        (("Ana: my group is here",), "chat", MAYBE),  # somebody's own words
        (("Ana: you blocked this contact",), "chat", MAYBE),
        (("Ana: hi", "Bo: this chat is end-to-end encrypted"), "chat", MAYBE),  # and no title of the chat
        (("Ana: end-to-end encrypted. You blocked this contact.",), "chat", MAYBE),
    ],
)
def test_who_could_see_a_picture_follows_from_who_wrote_and_what_the_chat_calls_itself(
    lines: tuple[str, ...], title: str, answer: tuple[str | None, Exposure]
) -> None:
    assert who_saw(*lines, title=title) == answer


def test_a_folders_name_is_that_of_no_chat_when_several_stand_in_it() -> None:
    line = "17/06/2023, 12:01 - Bo: {}.jpg (file attached)"
    for texts, level in (((1,), Exposure.PRIVATE), ((1, 2), Exposure.UNKNOWN)):
        pack = chat("", "1.jpg", "2.jpg", title="WhatsApp Chat with Bo")
        for number in texts:
            pack.add(f"_chat{number}.txt", line.format(number))
        mentions = list(WhatsApp(pack.as_export()).mentions())
        assert {mention.provenance.exposure.level for mention in mentions} == {level}


def test_without_the_marks_of_an_iphone_a_group_may_seem_to_have_written() -> None:
    lines = ["Lake: Bo added you", "Bo: <attached: a.jpg>"]
    for mark, level in (("", Exposure.UNKNOWN), ("\u200e", Exposure.NETWORK)):
        text = "\n".join(f"[17.06.23, 12:01:02] {line.replace(': ', ': ' + mark)}" for line in lines)
        export = chat(text, "a.jpg", title="WhatsApp Chat - Lake").as_export()
        (mention,) = WhatsApp(export).mentions()
        assert mention.provenance.exposure.level is level


def test_the_line_about_encryption_is_nobodys_also_without_its_mark() -> None:
    lines = ["Bo: Messages and calls are end-to-end encrypted.", "Ana: \u200e<attached: a.jpg>"]
    text = "\n".join(f"[17.06.23, 12:01:02] {line}" for line in lines)
    (mention,) = WhatsApp(chat(text, "a.jpg").as_export()).mentions()
    assert mention.provenance.exposure.reason.startswith("one person wrote in this WhatsApp chat")


def test_who_writes_about_encryption_on_an_iphone_gives_the_chat_no_name() -> None:
    lines = ["Ana: hi", "Bo: we are end-to-end encrypted here", "Bo: \u200e<attached: a.jpg>"]
    text = "\n".join(f"[17.06.23, 12:01:02] {line}" for line in lines)
    (mention,) = WhatsApp(chat(text, "a.jpg").as_export()).mentions()
    assert (mention.provenance.album, mention.provenance.exposure.level) == (None, Exposure.UNKNOWN)


def test_what_is_said_of_a_picture_rests_on_the_chats_text() -> None:
    text = "17/06/2023, 12:01 - Bo: a.jpg (file attached)"
    (mention,) = WhatsApp(chat(text, "a.jpg", title="WhatsApp Chat with Bo").as_export()).mentions()
    assert mention.provenance.records == ("_chat.txt",)
    assert mention.provenance.exposure.evidence == ("_chat.txt",)


@pytest.mark.parametrize(
    ("path", "posted", "source"),
    [
        ("IMG-20230617-WA0001.jpg", "2023-06-17", "file name"),
        ("00000012-PHOTO-2023-06-17-12-01-02.jpg", "2023-06-17T12:01:02", "file name"),
        ("2015-08-04-PHOTO-00004762.jpg", "2015-08-04", "file name"),
        ("IMG-20230617-WA0001 (1).jpg", "2023-06-17", "file name"),
        ("IMG-20231317-WA0001.jpg", None, None),
        ("IMG-20230617-WA1.jpg", None, None),
        ("holiday.jpg", None, None),
    ],
)
def test_a_file_that_no_message_names_is_of_the_chat_when_whatsapp_named_it(
    path: str, posted: str | None, source: str | None
) -> None:
    item = columns(WhatsApp(chat("1.2.23, 12:01 - Bo: hi", path).as_export()).infer(path))
    assert (item.posted_at, item.posted_at_source, item.platform) == (posted, source, "whatsapp")
    is_own = path.startswith(("IMG-202", "000", "2015")) and not path.endswith("WA1.jpg")
    assert (item.context, item.exposure) == (
        "message" if is_own else "file",
        Exposure.UNKNOWN,
    )


def test_a_file_beside_two_chats_is_of_neither() -> None:
    pack = chat("1.2.23, 12:01 - Bo: hi", "IMG-20230617-WA0001.jpg", name="WhatsApp Chat with Bo.txt")
    pack.add("WhatsApp Chat with Cy.txt", "1.2.23, 12:01 - Cy: hi")
    item = WhatsApp(pack.as_export()).infer("IMG-20230617-WA0001.jpg")
    assert (item.context, item.exposure.level) == ("file", Exposure.UNKNOWN)


@pytest.mark.parametrize(
    ("clock", "at"),
    [
        ("12:01 am", "00:01:00"),
        ("12:01 pm", "12:01:00"),
        ("11:59 pm", "23:59:00"),
        ("13:01 pm", "13:01:00"),
        ("13:01 xy", "13:01:00"),  # whatever the word means, it is afternoon
        ("23:59", "23:59:00"),
        ("24:00", None),
        ("12:60", None),
        ("12:01 h", "12:01:00"),
        ("12h01", "12:01:00"),
    ],
)
def test_a_clock_is_read_or_only_the_day_is_told(clock: str, at: str | None) -> None:
    (time_of,) = times(f"17/06/2023, {clock} - Bo: a.jpg (file attached)", "a.jpg")
    assert time_of == (f"2023-06-17T{at}" if at else "2023-06-17")


@pytest.mark.parametrize(
    ("day", "at"),
    [
        ("31/12/2008", None),  # before WhatsApp
        ("31/12/09", "2009-12-31"),
        ("31/12/99", "2099-12-31"),
        ("31/12/2100", "2100-12-31"),
        ("31/12/2101", None),
        ("31/12/100", None),
        ("5.6.2023", "2023-06-05"),  # nobody writes month.day.year
        ("5-6-2023", "2023-06-05"),
        ("2023/5/6", "2023-05-06"),
        ("5/6/2023", None),
    ],
)
def test_a_day_is_one_at_which_whatsapp_existed_in_an_order_that_is_in_use(day: str, at: str | None) -> None:
    found = times(f"{day}, 12:01 - Bo: a.jpg (file attached)", "a.jpg")
    assert found == [f"{at}T12:01:00" if at else None]


@pytest.mark.parametrize(
    ("text", "path", "caption"),
    [
        ("a.jpg (file attached)", "a.jpg", None),
        ("a.jpg (file attached)\nlook", "a.jpg", "look"),
        ("see <attached: a.jpg>", "a.jpg", "see"),
        ("Report.pdf • 2 pages <attached: a.jpg>", "a.jpg", None),
        ("<Media omitted>", None, None),
        ("<Media omitted>\nlook", None, "look"),
        ("image omitted", None, None),
        ("obrázek vynechán", None, None),
        ("画像は含まれていません", None, None),
        ("<Без медиафайлов>", None, None),
        ("IMG-20230617-WA0009.jpg (file attached)\nlook", "IMG-20230617-WA0009.jpg", "look"),
        (
            "<attached: 00000012-PHOTO-2023-06-17-12-01-02.jpg>",
            "00000012-PHOTO-2023-06-17-12-01-02.jpg",
            None,
        ),
    ],
)
def test_what_a_message_brings_and_the_words_around_it(
    text: str, path: str | None, caption: str | None
) -> None:
    export = chat(f"17/06/2023, 12:01 - Bo: {text}", "a.jpg").as_export()
    assert [(m.path, m.provenance.caption) for m in WhatsApp(export).mentions()] == [(path, caption)]


@pytest.mark.parametrize(
    "text",
    [
        "AUD-20230617-WA0009.opus (file attached)",
        "I saw IMG-20230617-WA0009.jpg today",
        "hello",
        "omitted",
        "",
    ],
)
def test_a_message_that_brings_no_picture_is_not_listed(text: str) -> None:
    export = chat(f"17/06/2023, 12:01 - Bo: {text}", "a.jpg").as_export()
    assert list(WhatsApp(export).mentions()) == []


def test_of_two_files_of_one_name_the_one_beside_the_text_is_meant() -> None:
    text = "17/06/2023, 12:01 - Bo: a.jpg (file attached)"
    export = chat(text, "x/a.jpg", "a.jpg").as_export()
    assert [mention.path for mention in WhatsApp(export).mentions()] == ["a.jpg"]
    assert list(WhatsApp(chat(text, "x/a.jpg", "y/a.jpg").as_export()).mentions()) == []


def test_only_the_texts_beside_the_media_that_are_called_as_chats_are_read() -> None:
    line = "17/06/2023, 12:01 - %s: a.jpg (file attached)"
    pack = chat(line % "Bo", "a.jpg")
    pack.add("old/_chat.txt", line % "Cy")
    pack.add("notes.txt", line % "Al")
    assert [mention.provenance.author for mention in WhatsApp(pack.as_export()).mentions()] == ["Bo"]


def test_a_line_of_the_system_brings_no_picture() -> None:
    export = chat("17/06/2023, 12:01 - a.jpg was left out", "a.jpg").as_export()
    assert list(WhatsApp(export).mentions()) == []


def test_an_iphones_chat_bears_the_name_that_its_first_line_is_said_by() -> None:
    head = "[17/06/2023, 12:01:0%d] "
    lines = [
        f"{head % 1}Lake House: \u200eMessages and calls are end-to-end encrypted.",
        f"{head % 2}Bo: \u200eBo changed the settings.",
        f"{head % 3}Bo: \u200e<attached: a.jpg>",
    ]
    (mention,) = WhatsApp(chat("\n".join(lines), "a.jpg").as_export()).mentions()
    assert mention.provenance.album == "Lake House"


@pytest.mark.parametrize("path", ["/x/WhatsApp Chat with Bo.zip", "C:\\x\\WhatsApp Chat with Bo.zip"])
def test_the_title_may_stand_in_the_name_of_the_archive(path: str) -> None:
    export = chat("17/06/2023, 12:01 - Bo: a.jpg (file attached)", "a.jpg").as_export()
    export.members["a.jpg"].container.path = path
    assert [mention.provenance.album for mention in WhatsApp(export).mentions()] == ["Bo"]
