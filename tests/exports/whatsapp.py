"""WhatsApp "Export chat": one text and the media that it names, in the phone's language and date format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..photos import nobody, photo
from . import Pack, Planted

MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64)
MARK, NARROW = "\u200e", "\u202f"

GROUP = {
    "audience": "group",
    "audience_source": "chat_type",
    "exposure": "network",
    "exposure_reason": "a WhatsApp group, as the chat itself says: its members could see it",
}
MANY = GROUP | {
    "exposure_reason": "a WhatsApp group, since three people or more wrote: its members could see it"
}
PAIR = {
    "audience": "one-to-one",
    "audience_source": "chat_type",
    "exposure": "private",
    "exposure_reason": "a WhatsApp chat called after one of its writers, as chats of two people are: only "
    "they could see it",
}
SAYS_PAIR = PAIR | {
    "exposure_reason": "a WhatsApp chat of two people, as the chat itself says: only they could see it"
}
TWO = {
    "audience": None,
    "audience_source": None,
    "exposure": "unknown",
    "exposure_reason": "two people wrote in this WhatsApp chat; a group in which only two wrote looks the "
    "same",
}
UNNAMED = TWO | {"exposure_reason": "no message in the export names this file"}


def build(layout: str) -> Pack:
    """One chat as the named phone would export it."""
    return _BUILD[layout]()


def _says(
    chat: dict[str, Any], album: str | None, author: str | None, at: str | None, **more: Any
) -> dict[str, Any]:
    provenance = {
        "platform": "whatsapp",
        "context": "message",
        "album": album,
        "author": author,
        "posted_at": at,
    }
    return (
        {"posted_at_source": "chat text" if at else None, "author_is_owner": None} | chat | provenance | more
    )


def _ios() -> Pack:
    """English, dots, CRLF between messages, captions before the token, a document, pictures left out."""
    pack = Pack("WhatsApp Chat - Bo Berg")
    album = "Bo Berg"
    first = "00000002-PHOTO-2023-06-17-12-01-02.jpg"
    second = "00000004-PHOTO-2023-06-18-09-15-40.jpg"
    clip = "00000005-VIDEO-2023-06-18-09-16-00.mp4"
    paper = "00000006-Plan (v2).pdf"
    old = "2023-06-19-PHOTO-00000007.jpg"
    gone = "00000009-PHOTO-2023-06-20-10-00-00.jpg"
    alone = "00000011-PHOTO-2023-07-02-18-30-00.jpg"
    lines = [
        f"[17.06.23, 12:00:00] Bo Berg: {MARK}Messages and calls are end-to-end encrypted.",
        f"{MARK}[17.06.23, 12:01:02] Bo Berg: {MARK}<attached: {first}>",
        "[17.06.23, 12:02:10] Ana Alba: what a day!\nIt was\n\n12.06.23 the best",
        f"{MARK}[18.06.23, 09:15:40] Ana Alba: us at the lake\nagain {MARK}<attached: {second}>",
        f"{MARK}[18.06.23, 09:16:00] Ana Alba: {MARK}<attached: {clip}>",
        f"{MARK}[18.06.23, 09:17:00] Bo Berg: Plan (v2).pdf • {MARK}2 pages {MARK}<attached: {paper}>",
        f"[19.06.23, 08:00:00] Bo Berg: {old} <attached>",
        f"[19.06.23, 08:01:00] Bo Berg: did you see {first} (the first)?",
        f"{MARK}[20.06.23, 10:00:00] Bo Berg: {MARK}<attached: {gone}>",
        f"{MARK}[20.06.23, 10:01:00] Ana Alba: {MARK}image omitted",
        f"{MARK}[20.06.23, 10:02:00] Ana Alba: {MARK}audio omitted",
    ]
    pack.add("_chat.txt", "\r\n".join(lines) + "\r\n")
    pack.plant(
        first, photo("astronaut", 1), "astronaut", **_says(PAIR, album, "Bo Berg", "2023-06-17T12:01:02")
    )
    caption = "us at the lake\nagain"
    pack.plant(
        second,
        photo("astronaut", 2),
        "astronaut",
        **_says(PAIR, album, "Ana Alba", "2023-06-18T09:15:40", caption=caption),
    )
    pack.plant(clip, MP4, None, **_says(PAIR, album, "Ana Alba", "2023-06-18T09:16:00"))
    pack.plant(paper, b"%PDF-1.4", None, **_says(PAIR, album, "Bo Berg", "2023-06-18T09:17:00", caption=None))
    pack.plant(old, photo("a", 1), "a", **_says(PAIR, album, "Bo Berg", "2023-06-19T08:00:00", caption=None))
    for author, at in (("Bo Berg", "2023-06-20T10:00:00"), ("Ana Alba", "2023-06-20T10:01:00")):
        pack.planted.append(Planted(None, None, _says(PAIR, album, author, at)))
    unnamed = _says(UNNAMED, album, None, "2023-07-02T18:30:00", posted_at_source="file name")
    pack.plant(alone, photo("astronaut", 3), "astronaut", **unnamed)
    return pack


def _ios_us() -> Pack:
    """English (US), 12-hour clock with a narrow space, a byte order mark, a group of two writers."""
    pack = Pack("WhatsApp Chat - Lake House")
    first, second = "00000002-PHOTO-2023-06-07-00-01-02.jpg", "00000003-PHOTO-2023-06-08-15-04-05.jpg"
    lines = [
        f"\ufeff{MARK}[6/7/23, 12:00:00{NARROW}AM] Lake House: {MARK}Bo created this group",
        f"{MARK}[6/7/23, 12:01:02{NARROW}AM] Bo: {MARK}<attached: {first}>",
        f"{MARK}[6/8/23, 3:04:05{NARROW}PM] ~{NARROW}Ana: {MARK}<attached: {second}>",
    ]
    pack.add("_chat.txt", "\r\n".join(lines))
    album = "Lake House"
    pack.plant(first, photo("b", 1), "b", **_says(GROUP, album, "Bo", "2023-06-07T00:01:02"))
    pack.plant(second, photo("b", 2), "b", **_says(GROUP, album, f"~{NARROW}Ana", "2023-06-08T15:04:05"))
    return pack


def _ios_german() -> Pack:
    """German tokens in a group of three; one wrapper folder around everything."""
    pack = Pack("WhatsApp Chat - Familie")
    names = [f"0000000{n}-PHOTO-2022-12-0{n}-20-00-0{n}.jpg" for n in (2, 3, 4)]
    authors = ("Bo", "Çağla", "\u202a+49\u00a0170\u00a01234567\u202c")
    lines = [
        f"{MARK}[0{n}.12.22, 20:00:0{n}] {author}: {MARK}<angehängt: {name}>"
        for n, author, name in zip((2, 3, 4), authors, names, strict=True)
    ]
    pack.add("_chat.txt", "\r\n".join([*lines, f"[05.12.22, 07:00:00] Bo: {MARK}Bild weggelassen"]))
    for n, author, name in zip((2, 3, 4), authors, names, strict=True):
        provenance = _says(MANY, "Familie", author.strip("\u202a\u202c"), f"2022-12-0{n}T20:00:0{n}")
        pack.plant(name, photo("c", n), "c", **provenance)
    pack.planted.append(Planted(None, None, _says(MANY, "Familie", "Bo", "2022-12-05T07:00:00")))
    return pack


def _android() -> Pack:
    """English (UK), captions in the lines below, a picture as a document, files that no message names."""
    pack = Pack("WhatsApp Chat with Bo Berg")
    first, second, third = "IMG-20230305-WA0001.jpg", "IMG-20230306-WA0002.jpg", "Our trip 1.5.JPG"
    clip, alone = "VID-20230306-WA0003.mp4", "IMG-20230401-WA0009.jpg"
    lines = [
        "05/03/2023, 11:59 - Messages and calls are end-to-end encrypted. Tap to learn more.",
        f"05/03/2023, 12:01 - Bo Berg: {MARK}{first} (file attached)",
        "05/03/2023, 12:02 - Ana: nice: very nice",
        f"06/03/2023, 08:30 - Ana: {MARK}{second} (file attached)\nmy new hat\n\nlike it?",
        f"06/03/2023, 08:31 - Ana: {third} (file attached)",
        f"06/03/2023, 08:32 - Bo Berg: {clip} (file attached)",
        "06/03/2023, 08:33 - Ana: <Media omitted>",
        "06/03/2023, 08:34 - Ana: https://maps.google.com/?q=38.7,-9.1",
        "06/03/2023, 08:35 - Ana: This message was deleted",
        "06/03/2023, 08:36 - Bo Berg: PTT-20230306-WA0004.opus (file attached)",
        f"07/03/2023, 08:36 - Bo Berg: {third} is the best",
    ]
    pack.add("WhatsApp Chat with Bo Berg.txt", "\n".join(lines))
    album = "Bo Berg"
    pack.plant(
        first, photo("astronaut", 4), "astronaut", **_says(PAIR, album, "Bo Berg", "2023-03-05T12:01:00")
    )
    hat = _says(PAIR, album, "Ana", "2023-03-06T08:30:00", caption="my new hat\n\nlike it?")
    pack.plant(second, photo("astronaut", 5), "astronaut", **hat)
    pack.plant(third, photo("astronaut", 6), "astronaut", **_says(PAIR, album, "Ana", "2023-03-06T08:31:00"))
    pack.plant(clip, MP4, None, **_says(PAIR, album, "Bo Berg", "2023-03-06T08:32:00"))
    pack.planted.append(Planted(None, None, _says(PAIR, album, "Ana", "2023-03-06T08:33:00")))
    unnamed = _says(UNNAMED, album, None, "2023-04-01", posted_at_source="file name")
    pack.plant(alone, photo("astronaut", 7), "astronaut", **unnamed)
    strange = {
        "platform": "whatsapp",
        "context": "file",
        "album": None,
        "exposure": "unknown",
        "posted_at": None,
    }
    pack.plant("scan.png", photo("d", 1, kind="PNG"), "d", **strange)
    return pack


def _android_us() -> Pack:
    """English (US): month first, 12-hour clock, a group made by a system line, two writers."""
    pack = Pack("WhatsApp Chat with Beach trip")
    names = ["IMG-20230617-WA0001.jpg", "IMG-20230702-WA0002.jpg"]
    lines = [
        f'6/17/23, 11:59{NARROW}AM - Bo created group "Beach trip"',
        f"6/17/23, 12:01{NARROW}PM - Bo: {names[0]} (file attached)",
        f"7/2/23, 1:05{NARROW}PM - Ana: {names[1]} (file attached)",
        f"7/2/23, 1:06{NARROW}PM - Ana left",
    ]
    pack.add("WhatsApp Chat with Beach trip.txt", "\n".join(lines) + "\n")
    album = "Beach trip"
    pack.plant(names[0], photo("e", 1), "e", **_says(GROUP, album, "Bo", "2023-06-17T12:01:00"))
    pack.plant(names[1], photo("e", 2), "e", **_says(GROUP, album, "Ana", "2023-07-02T13:05:00"))
    return pack


def _android_german() -> Pack:
    """German names, tokens and dots."""
    pack = Pack("WhatsApp-Chat mit Bo")
    names = ["IMG-20230102-WA0001.jpg", "IMG-20230203-WA0002.jpg"]
    lines = [
        "02.01.23, 11:59 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.",
        f"02.01.23, 12:01 - Bo: {MARK}{names[0]} (Datei angehängt)",
        f"03.02.23, 13:05 - Ana: {MARK}{names[1]} (Datei angehängt)\nGrüße aus Köln",
        "03.02.23, 13:06 - Ana: <Medien ausgeschlossen>",
    ]
    pack.add("WhatsApp-Chat mit Bo.txt", "\n".join(lines))
    pack.plant(names[0], photo("f", 1), "f", **_says(PAIR, "Bo", "Bo", "2023-01-02T12:01:00"))
    hello = _says(PAIR, "Bo", "Ana", "2023-02-03T13:05:00", caption="Grüße aus Köln")
    pack.plant(names[1], photo("f", 2), "f", **hello)
    pack.planted.append(Planted(None, None, _says(PAIR, "Bo", "Ana", "2023-02-03T13:06:00")))
    return pack


def _android_arabic() -> Pack:
    """Arabic digits, direction marks inside the date, morning and evening as single letters."""
    pack = Pack("محادثة واتساب مع Bo")
    name, mark = "IMG-20230617-WA0001.jpg", "\u200f"
    lines = [
        f"{mark}17{mark}/6{mark}/2023، 12:01{NARROW}م - Bo: {MARK}{name} (الملف مرفق)",
        f"{mark}18{mark}/6{mark}/2023، 9:05 ص - Ana: شكرا",
    ]
    digits = {ord(str(n)): 0x0660 + n for n in range(10)}
    heads = [line.partition(" - ") for line in lines]
    pack.add(
        f"{pack.name}.txt", "\n".join(head.translate(digits) + dash + rest for head, dash, rest in heads)
    )
    pack.plant(name, photo("a", 2), "a", **_says(PAIR, "Bo", "Bo", "2023-06-17T12:01:00"))
    return pack


def _pictures(pack: Pack, text: str, lines: list[str], **planted: dict[str, Any]) -> Pack:
    """A chat's text, and the pictures that its messages name."""
    pack.add(text, "\n".join(lines) + "\n")
    for number, (person, says) in enumerate(planted.items()):
        name = next(word for line in lines for word in line.split() if word.startswith(f"IMG-{says['name']}"))
        wanted = {key: value for key, value in says.items() if key != "name"}
        pack.plant(name, photo(person, 11 + number), person, **wanted)
    return pack


def _android_long() -> Pack:
    """The end of a long group chat: the line about its creation is cut off, and two wrote in what is left."""
    pack = Pack("WhatsApp Chat with Lake House")
    lines = [
        "17/06/2023, 12:01 - Bo Berg: IMG-20230617-WA0001.jpg (file attached)",
        "18/06/2023, 09:30 - Ana: lovely",
        "18/06/2023, 09:31 - Ana: IMG-20230618-WA0002.jpg (file attached)",
    ]
    album = pack.name.removeprefix("WhatsApp Chat with ")
    first = _says(TWO, album, "Bo Berg", "2023-06-17T12:01:00", name="20230617")
    second = _says(TWO, album, "Ana", "2023-06-18T09:31:00", name="20230618")
    return _pictures(pack, f"{pack.name}.txt", lines, a=first, b=second)


def _android_russian() -> Pack:
    """Two people, in Russian: the name of the text gives the title, two words after the brand."""
    pack = Pack("Чат WhatsApp \u0441 контактом Bo Berg")
    lines = [
        "17.06.2023, 11:59 - Сообщения и звонки защищены сквозным шифрованием. Подробнее.",
        "17.06.2023, 12:01 - Bo Berg: IMG-20230617-WA0001.jpg (файл добавлен)",
        "18.06.2023, 09:30 - Ana: <Без медиафайлов>",
    ]
    pack.planted.append(Planted(None, None, _says(PAIR, "Bo Berg", "Ana", "2023-06-18T09:30:00")))
    says = _says(PAIR, "Bo Berg", "Bo Berg", "2023-06-17T12:01:00", name="20230617")
    return _pictures(pack, f"{pack.name}.txt", lines, c=says)


def _android_italian() -> Pack:
    """A group in Italian in which two wrote: nobody says "group", but somebody left."""
    pack = Pack("Chat WhatsApp con Il lago")
    lines = [
        "17/06/23, 11:58 - Bo ha aggiunto Cy",
        "17/06/23, 12:01 - Bo: IMG-20230617-WA0001.jpg (file allegato)",
        "18/06/23, 09:30 - Ana: che bello",
    ]
    says = _says(GROUP, "Il lago", "Bo", "2023-06-17T12:01:00", name="20230617")
    return _pictures(pack, f"{pack.name}.txt", lines, d=says)


def _android_2013() -> Pack:
    """Before 2015: the time stands before the date, and the month is a word."""
    pack = Pack("WhatsApp Chat with The lake")
    lines = [
        "19:05, 20 Sep 2013 - Bo joined",
        "19:07, 20 Sep 2013 - Bo: IMG-20130920-WA0001.jpg (file attached)",
        "19:08, 20 Sep 2013 - Ana: nice",
    ]
    says = _says(GROUP, "The lake", "Bo", "2013-09-20T19:07:00", name="20130920")
    return _pictures(pack, f"{pack.name}.txt", lines, e=says)


def _android_2016() -> Pack:
    """2016 to 2019: the line about encryption is another one in groups. No title: the archive was renamed."""
    pack = Pack("export")
    lines = [
        "12/24/18, 11:59 AM - Messages to this chat and calls are now secured with end-to-end encryption. "
        "Tap for more info.",
        "12/24/18, 12:01 PM - Bo: IMG-20181224-WA0001.jpg (file attached)",
        "12/25/18, 12:02 PM - Ana: thanks",
    ]
    says = _says(SAYS_PAIR, None, "Bo", "2018-12-24T12:01:00", name="20181224")
    return _pictures(pack, "WhatsApp Chat.txt", lines, f=says)


def _ios_vietnamese() -> Pack:
    """The time before the date; the line about encryption is said by the chat, which bears Bo's name."""
    pack = Pack("export")
    lines = [
        f"[14:56:01, 3/18/22] Bo Berg: {MARK}Tin nhắn và cuộc gọi được mã hóa đầu cuối.",
        f"{MARK}[21:41:35, 3/27/22] Bo Berg: {MARK}<đính kèm: IMG-20220327-WA0001.jpg >",
        f"{MARK}[21:41:55, 3/27/22] Ana: {MARK}đã bỏ qua hình ảnh",
    ]
    pack.planted.append(Planted(None, None, _says(PAIR, "Bo Berg", "Ana", "2022-03-27T21:41:55")))
    says = _says(PAIR, "Bo Berg", "Bo Berg", "2022-03-27T21:41:35", name="20220327")
    return _pictures(pack, "_chat.txt", lines, a=says)


def _ios_thai() -> Pack:
    """The years of the Thai calendar, a picture that was left out, and a group of three writers."""
    pack = Pack("export")
    lines = [
        f"{MARK}[17/6/2566 BE, 12:01:02] Bo: {MARK}<แนบ: IMG-20230617-WA0001.jpg >",
        "[17/6/2566 BE, 12:02:10] Ana: สวย",
        f"{MARK}[18/6/2566 BE, 09:30:00] Cy: {MARK}ไม่มีรูปภาพ",
    ]
    pack.planted.append(Planted(None, None, _says(MANY, None, "Cy", "2023-06-18T09:30:00")))
    says = _says(MANY, None, "Bo", "2023-06-17T12:01:02", name="20230617")
    return _pictures(pack, "_chat.txt", lines, c=says)


def _ios_cut() -> Pack:
    """A renamed archive, and a text whose first marked line is somebody's own: it is no title."""
    pack = Pack("export")
    lines = [
        f"{MARK}[17.06.23, 12:00:00] Bo Berg: {MARK}This message was deleted.",
        f"{MARK}[17.06.23, 12:01:02] Bo Berg: {MARK}<attached: IMG-20230617-WA0001.jpg >",
        "[17.06.23, 12:02:10] Ana: nice",
    ]
    says = _says(TWO, None, "Bo Berg", "2023-06-17T12:01:02", name="20230617")
    return _pictures(pack, "_chat.txt", lines, b=says)


def _nobody() -> Pack:
    """A chat without any media, and one stray landscape."""
    pack = Pack("chat")
    pack.add("_chat.txt", "[2023-06-17, 12:01:02] Bo: hello\r\n")
    pack.plant("view.jpg", nobody(), None, platform="whatsapp", context="file", exposure="unknown")
    return pack


_BUILD: dict[str, Callable[[], Pack]] = {
    "ios": _ios,
    "ios-us": _ios_us,
    "ios-german": _ios_german,
    "android": _android,
    "android-us": _android_us,
    "android-german": _android_german,
    "android-arabic": _android_arabic,
    "android-long": _android_long,
    "android-russian": _android_russian,
    "android-italian": _android_italian,
    "android-2013": _android_2013,
    "android-2016": _android_2016,
    "ios-vietnamese": _ios_vietnamese,
    "ios-thai": _ios_thai,
    "ios-cut": _ios_cut,
    "text-only": _nobody,
}
LAYOUTS = tuple(_BUILD)
