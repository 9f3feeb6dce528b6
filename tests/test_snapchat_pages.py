"""Snapchat's chats as pages: joined with media, of two only where a page shows it, lacks are said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from selfsearch.exports.discovery import discover
from selfsearch.exports.platforms.snapchat import Snapchat
from selfsearch.types import Exposure

from . import photos
from .exports import Pack, snapchat
from .exports.snapchat_pages import account, box, page

AT = "2022-08-14 09:30:00 UTC"
RECORD = "html/chat_history/subpage_bo.html"
SENT = box("bo", "MEDIA", AT, "", "<span>b~Qw7</span>")


def read(text: str, key: str = "bo", **files: str) -> tuple[Any, Snapchat]:
    pack = Pack("mydata~1767614400000")
    pack.add(f"html/chat_history/subpage_{key}.html", text)
    for path, data in files.items():
        pack.add(path, data)
    reader = Snapchat(pack.as_export())
    return [mention.provenance for mention in reader.mentions()], reader


def test_a_third_writer_makes_a_group_and_a_title_does_not() -> None:
    third = page("bo", SENT, box("cy", "TEXT", AT, "x"), box("ana", "TEXT", AT, "y"))
    assert [each.exposure.level for each in read(third)[0]] == [Exposure.NETWORK]
    assert [each.exposure.level for each in read(page("Bo Berg", SENT))[0]] == [Exposure.PRIVATE]
    assert [each.exposure.level for each in read(page("Bo Berg", SENT), "dee")[0]] == [Exposure.UNKNOWN]


def test_json_wins_where_both_are_there(tmp_path: Path) -> None:
    pack = snapchat.build("json")
    pack.add(RECORD, page("bo", box("mallory", "MEDIA", AT, "other words", "<span>b~Qw7Er8Ty9</span>")))
    pack.add("html/account.html", account("mallory", "M"))
    reader = Snapchat(pack.as_export())
    assert reader.account.name == "ana.alba"
    assert "mallory" not in {mention.provenance.author for mention in reader.mentions()}
    assert RECORD not in reader.export.records


def test_what_pages_lack_is_said_once() -> None:
    pack = snapchat.build("html-chats")
    pack.add("html/chat_history/subpage_zoe.html", page("zoe", box("cy", "MEDIA", AT)))
    export = pack.as_export()
    list(Snapchat(export).mentions())
    notes = [(path, note) for path, note in export.notes.items() if "JSON" in note]
    assert notes == [
        (
            RECORD,
            "does not say which files its messages sent; Snapchat's download as JSON names some of them: "
            "ask for it, and index it instead",
        )
    ]


def test_a_page_of_another_structure_says_nothing() -> None:
    for text in ("", "<h4>bo</h4><h6>x</h6>", "<div class=rightpanel>", page("bo", "<h4>bo</h4>b~Qw7")):
        assert read(text)[0] == []


def test_a_link_leads_to_media_of_chats_only() -> None:
    links = "".join(
        f'<a href="{to}">x</a>' for to in ("../../../x.jpg", "../account.html", "%00", "?", "//x")
    )
    assert read(page("bo", box("bo", "MEDIA", AT, "", links)))[0] == []


def test_pages_alone_are_recognised_also_under_another_name(tmp_path: Path) -> None:
    folder = snapchat.build("html-chats")
    folder.name, folder.wrapper = "old phone", "things/"
    folder.write(tmp_path, "")
    (source,) = discover(tmp_path).sources
    assert source.platform == "snapchat"


def test_a_picture_of_a_chat_is_found_with_its_sender(run: Any, tmp_path: Path) -> None:
    archive = snapchat.build("html-chats").write(tmp_path)
    run("index", archive, "--consent", "own")
    selfie = tmp_path / "selfie.jpg"
    selfie.write_bytes(photos.photo("astronaut", 0, side=400))
    answer = run("query", selfie, "--self", "--json").json
    rows = [row for appearance in answer["appearances"] for row in appearance["sightings"]]
    said = {row["path"].rpartition("_")[2]: (row["exposure"], row["author"], row["album"]) for row in rows}
    assert said["b~Qw7Er8Ty9.jpg"] == ("private", "bo", "bo")
    assert said["b~Aa1.jpg"] == ("private", "ana.alba", "bo")
    assert said["b~bCc3.jpg"] == ("network", "cy", "Lake House")
