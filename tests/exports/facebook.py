"""Facebook downloads: every layout since 2018, a page's, and the separate one of encrypted chats."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack, facebook_pages, facebook_sections
from .facebook_records import (
    MP4,
    NO_AUDIENCE,
    POSTED,
    TAKEN,
    UPLOADED,
    about_profile,
    columns_of,
    garbled,
    message,
    picture,
    post,
    rule,
)

LAYOUTS = (
    "2020", "2022", "2023", "2024", "page", "2018", "2021", "elsewhere", "german", *facebook_pages.MARKUPS,
    "encrypted",
)  # fmt: skip
TIMELINES = LAYOUTS[:5]  # with everything that a timeline has
OTHERS = {
    "2018": facebook_sections.oldest,
    "2021": facebook_sections.of_2021,
    "elsewhere": facebook_sections.elsewhere,
    "german": facebook_sections.german,
}
_BASES = {
    "2020": "",
    "2022": "",
    "2023": "your_activity_across_facebook/",
    "2024": "your_facebook_activity/",
    "page": "this_profile's_activity_across_facebook/",
}


def build(layout: str) -> Pack:
    """Ana Silva's download; the person planted is the astronaut."""
    if layout in facebook_pages.MARKUPS:
        return facebook_pages.pages(layout)
    if layout in OTHERS:
        return OTHERS[layout]()
    pack = Pack("facebook-ana.silva-2024-05-01-AbCd1234")
    if layout == "encrypted":
        pack.name = "messages"
        _encrypted(pack)
        return pack
    base = _BASES[layout]
    folder = "" if layout in ("2020", "2022") else "personal_information/"
    about_profile(pack, f"{folder}profile_information/", "profile" if layout == "2020" else "profile_v2")
    _posts(pack, layout, base)
    _albums(pack, layout, base)
    _messages(pack, base)
    if layout in ("2023", "2024"):
        _labelled(pack, base)
        _kinds(pack, base)
    return pack


def _media_folder(layout: str, base: str) -> str:
    return "photos_and_videos" if layout == "2020" else f"{base}posts/media"


def _posts(pack: Pack, layout: str, base: str) -> None:
    folder = f"{_media_folder(layout, base)}/Mobileuploads_1122334455"
    first, second = f"{folder}/118000001_3344_n.jpg", f"{folder}/118000002_3345_n.jpg"
    film, bare = f"{folder}/118000003_3346_n.mp4", f"{folder}/118000004_3347_n"
    records = _timeline(layout, (first, second, film, bare, f"{folder}/118999999_1_n.jpg"))
    name = {"2020": "your_posts_1", "2022": "your_posts_1", "page": "profile_posts_1"}.get(
        layout, "your_posts__check_ins__photos_and_videos_1"
    )
    pack.add(f"{base}posts/{name}.json", garbled(records))
    columns = columns_of(
        "post", exposure_reason=NO_AUDIENCE, album="Mobile uploads", caption="Café in Paris 🎉"
    )
    columns |= {"people": ("Bo Bérg",), "place": "Zürich", "posted_at": "2020-09-13T12:26:40+00:00"}
    columns |= {"posted_at_source": "timestamp"}
    camera = {"taken_at": "2020-09-13T09:40:00+00:00", "taken_at_source": "taken_timestamp"}
    camera |= {"location": (48.85, 2.35), "location_source": "exif_data"}
    pack.plant(first, photos.photo("astronaut", 1), "astronaut", **columns | camera)
    place = {"taken_at": None, "location": (47.37, 8.54), "location_source": "place"}
    pack.plant(second, photos.photo("a", 1), "a", **columns | place)
    columns = columns_of("post", caption=None, posted_at="2020-09-13T12:27:40+00:00")
    columns |= {"taken_at": "2017-07-14T02:40:00+00:00", "taken_at_source": "backdated_timestamp"}
    pack.plant(film, MP4, None, **columns)
    columns = columns_of("post", taken_at="1969-12-31T00:00:00+00:00")
    pack.plant(bare, photos.photo("astronaut", 2), "astronaut", **columns)


def _timeline(layout: str, uris: tuple[str, ...]) -> list[Any]:
    """Photos with a place, a backdated film, a photo without ending beside one that is gone, and words."""
    first, second, film, bare, gone = uris
    exif = [{"upload_ip": "203.0.113.7"}, {"taken_timestamp": TAKEN, "latitude": 48.85, "longitude": 2.35}]
    odd = [{"taken_timestamp": -62169958800}, {"latitude": 0, "longitude": 0}]
    before_1970 = [{"taken_timestamp": -86400}]
    where = {"place": {"name": "Zürich", "coordinate": {"latitude": 47.37, "longitude": 8.54}, "address": ""}}
    film_record = picture(film, media_metadata={"video_metadata": {"exif_data": [{"upload_timestamp": 5}]}})
    records = [
        post(
            picture(first, exif=exif, title="Mobile uploads", description="Café in Paris 🎉"),
            picture(second, exif=odd, title="Mobile uploads"),
            text="Café in Paris 🎉",
            beside=(where, {"external_context": {"url": "https://example.org/x"}}),
            tags=[{"name": "Bo Bérg"}],
        ),
        post(film_record, timestamp=POSTED + 60, data=[{"backdated_timestamp": 1500000000}]),
        post(picture(bare, exif=before_1970), picture(gone), timestamp=POSTED + 120),
        post(text="only words", timestamp=POSTED + 180),
    ]
    if layout == "2020":  # the oldest form has no exif_data around it
        records[2]["attachments"][0]["data"][0]["media"]["media_metadata"] = {
            "photo_metadata": before_1970[0]
        }
    return records


def _albums(pack: Pack, layout: str, base: str) -> None:
    media = _media_folder(layout, base)
    folder = "photos_and_videos/album" if layout == "2020" else f"{base}posts/album"
    face, beach = f"{media}/Profilepictures_99/1_2_n.jpg", f"{media}/Férias_77/3_4_n.jpg"
    again = f"{media}/Mobileuploads_1122334455/118000001_3344_n.jpg"
    wide = f"{media}/Coverphotos_98/5_6_n.jpg"
    albums = (
        ("Profile pictures", [picture(face, title="Profile pictures", description="me")], face),
        ("Férias", [picture(beach, title="Férias"), picture(again, title="Mobile uploads")], beach),
        ("Cover photos", [], wide),
    )
    for number, (called, pictures, cover) in enumerate(albums):
        album = {"name": called, "photos": pictures, "cover_photo": picture(cover), "description": ""}
        pack.add(f"{folder}/{number}.json", garbled(album | {"last_modified_timestamp": UPLOADED}))
    when = {"posted_at": "2020-09-13T12:26:41+00:00", "posted_at_source": "creation_timestamp"}
    shown = {
        "exposure": Exposure.PUBLIC,
        "exposure_reason": rule("a profile picture is public while it is in use"),
    }
    columns = columns_of("profile_photo", album="Profile pictures", caption="me") | when | shown
    pack.plant(face, photos.photo("astronaut", 3), "astronaut", **columns)
    pack.plant(beach, photos.photo("b", 0), "b", **columns_of("album", album="Férias", caption=None) | when)
    pack.plant(again, pack.files[again], "astronaut", **columns_of("album", album="Férias") | when)
    columns = columns_of("cover_photo", album="Cover photos", exposure=Exposure.PUBLIC)
    pack.plant(
        wide,
        photos.photo("c", 0),
        "c",
        **columns,
        exposure_reason=rule("a cover photo is public while it is in use"),
    )
    loose, film = f"{media}/202009/loose.jpg", f"{media}/202009/film.mp4"
    if layout == "2020":
        pack.add("photos_and_videos/your_photos.json", {"photos": [picture(loose)]})
        pack.add("photos_and_videos/your_videos.json", {"videos": [picture(film, title="Çay")]})
    else:
        prefix = "" if layout == "page" else "your_"
        pack.add(f"{base}posts/{prefix}uncategorized_photos.json", {"other_photos_v2": [picture(loose)]})
        pack.add(f"{base}posts/{prefix}videos.json", garbled({"videos_v2": [picture(film, title="Çay")]}))
    pack.plant(loose, photos.photo("d", 0), "d", **columns_of("other", caption=None) | when)
    pack.plant(film, MP4, None, **columns_of("other") | when)


def _messages(pack: Pack, base: str) -> None:
    folder = f"{base}messages/inbox/boberg_1234567890"
    theirs, ours = f"{folder}/photos/118_n_567.jpg", f"{folder}/photos/119_n_568.jpg"
    video, sticker = f"{folder}/videos/9_n.mp4", f"{base}messages/stickers_used/7_n.png"
    thread = {"participants": [{"name": "Bo Bérg"}, {"name": "Ana Silva"}], "title": "Bo Bérg"}
    thread |= {"is_still_participant": True, "thread_path": "inbox/boberg_1234567890", "magic_words": []}
    small = {"uri": theirs, "creation_timestamp": POSTED}
    newer = [
        message("Bo Bérg", photos=[small], videos=[], content="schön"),
        message("Ana Silva", photos=[{"uri": ours}], sticker={"uri": sticker}),
        message("Bo Bérg", share={"link": "https://example.org"}, content="look"),
        message("Ana Silva", gifs=[{"uri": "https://giphy.com/x.gif"}]),
    ]
    pack.add(f"{folder}/message_1.json", garbled(thread | {"messages": newer}))
    older = [message("Ana Silva", videos=[{"uri": video, "creation_timestamp": POSTED}], timestamp_ms=None)]
    pack.add(f"{folder}/message_2.json", garbled(thread | {"messages": older}))
    columns = columns_of("message", url=None, url_kind=None, exposure=Exposure.PRIVATE, album="Bo Bérg")
    columns |= {"posted_at": "2020-09-13T12:26:40+00:00", "posted_at_source": "timestamp_ms"}
    columns |= {"audience_source": "chat_type", "caption": None}
    columns |= {"exposure_reason": "a message between two people: only they could see it"}
    other = columns | {"author": "Bo Bérg", "author_is_owner": False, "caption": "schön"}
    pack.plant(theirs, photos.photo("astronaut", 4), "astronaut", **other)
    pack.plant(ours, photos.photo("e", 1), "e", **columns)
    pack.plant(video, MP4, None, **columns | {"posted_at_source": "creation_timestamp"})
    pack.add(sticker, photos.encoded(photos.picture("f", 0, 48), "PNG"))


def _labelled(pack: Pack, base: str) -> None:
    """The archive, the trash and check-ins: records with labels, ids and addresses."""
    archive_photo, trash_photo, check_in_photo = (
        f"{base}posts/media/202009/{name}.jpg" for name in ("kept_1", "binned_1", "here_1")
    )
    address = "https://www.facebook.com/ana.silva/posts/1015800000000001"
    where = [{"label": "Coordinates", "value": "(38.71 , -9.14)"}, {"label": "Name", "value": "Café A"}]
    check_in = {
        "timestamp": POSTED + 300,
        "media": [picture(check_in_photo)],
        "label_values": [{"label": "URL", "href": address}, {"label": "Place tags", "dict": where}],
        "fbid": "1015800000000003",
    }
    archived = {"timestamp": POSTED + 200, "media": [picture(archive_photo)], "fbid": "1015800000000001"}
    archived["label_values"] = [{"label": "URL", "value": address}, {"label": "Text", "value": "früher"}]
    trashed = {"timestamp": POSTED + 400, "media": [picture(trash_photo)], "label_values": [], "fbid": "77"}
    pack.add(f"{base}posts/archive.json", garbled([archived]))
    pack.add(f"{base}posts/trash.json", garbled([trashed]))
    pack.add(f"{base}posts/check-ins.json", garbled(check_in))
    columns = columns_of(
        "archived", url=address, url_kind="exact", post_id="1015800000000001", caption="früher"
    )
    columns |= facebook_sections.put_away("archive")
    pack.plant(archive_photo, photos.photo("astronaut", 5), "astronaut", **columns)
    address_of_bin = "https://www.facebook.com/ana.silva/posts/77"
    columns = columns_of("deleted", url=address_of_bin, url_kind="constructed", post_id="77")
    pack.plant(trash_photo, photos.photo("f", 0), "f", **columns | facebook_sections.put_away("trash"))
    columns = columns_of("post", url=address, url_kind="exact", post_id="1015800000000003", place="Café A")
    columns |= {"location": (38.71, -9.14), "location_source": "label_values"}
    pack.plant(check_in_photo, photos.photo("astronaut", 6), "astronaut", **columns)


def _kinds(pack: Pack, base: str) -> None:
    """Stories, reels, groups and comments; and a file that no record names."""
    names = ("story_1", "reel_1", "group_1", "reply_1")
    story, reel, group, reply = (f"{base}posts/media/202009/{name}.jpg" for name in names)
    notice = "A photo from Ana Silva's story was added to her archive."
    pack.add(
        f"{base}stories/archived_stories.json", {"archived_stories_v2": [post(picture(story), title=notice)]}
    )
    pack.add(f"{base}reels/your_reels.json", {"lasso_videos_v2": [post(picture(reel))]})
    pack.add(
        f"{base}groups/group_posts_and_comments.json",
        garbled({"group_posts_v2": [post(picture(group), text="hallo", title="Ana Silva posted in Köche.")]}),
    )
    written = {"timestamp": POSTED, "comment": "nett!", "author": "Ana Silva", "group": "Köche"}
    comment = post(picture(reply), data=[{"comment": written}])
    pack.add(f"{base}groups/your_comments_in_groups.json", garbled({"group_comments_v2": [comment]}))
    pack.plant(story, photos.photo("astronaut", 7), "astronaut", **columns_of("story", caption=None))
    pack.plant(reel, photos.photo("a", 2), "a", **columns_of("reel"))
    inside = {"url": None, "url_kind": None, "album": "Köche"}
    pack.plant(group, photos.photo("b", 2), "b", **columns_of("group", caption="hallo") | inside)
    columns = columns_of("comment", caption="nett!") | inside
    pack.plant(reply, photos.photo("c", 2), "c", **columns)


def _encrypted(pack: Pack) -> None:
    texts = [
        {"senderName": "Bo Berg", "text": "schön", "timestamp": POSTED * 1000, "type": "media"}
        | {"media": [{"uri": "./media/a1b2.jpeg"}], "isUnsent": False, "reactions": []},
        {"senderName": "Ana Silva", "text": "", "timestamp": POSTED * 1000 + 60000, "type": "media"}
        | {"media": [{"uri": "./media/c3d4.jpeg"}], "isUnsent": False},
        {"senderName": "Ana Silva", "text": "words", "timestamp": POSTED * 1000, "type": "text", "media": []},
    ]
    thread = {"participants": ["Ana Silva", "Bo Berg"], "threadName": "Bo Berg_12", "messages": texts}
    pack.add("Bo Berg_12.json", thread)
    columns: dict[str, Any] = {"platform": "facebook", "context": "message", "exposure": Exposure.PRIVATE}
    columns |= {"account": None, "album": "Bo Berg_12", "posted_at_source": "timestamp"}
    bo = {"author": "Bo Berg", "author_is_owner": False, "posted_at": "2020-09-13T12:26:40+00:00"}
    ana = {"author": "Ana Silva", "author_is_owner": True, "posted_at": "2020-09-13T12:27:40+00:00"}
    pack.plant(
        "media/a1b2.jpeg", photos.photo("astronaut", 8), "astronaut", **columns | bo | {"caption": "schön"}
    )
    pack.plant("media/c3d4.jpeg", photos.photo("astronaut", 9), "astronaut", **columns | ana)
