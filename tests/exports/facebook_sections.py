"""More of Facebook's downloads: what stands in other sections, in the oldest ones, and in other languages."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack
from .facebook_records import (
    MP4,
    POSTED,
    about_profile,
    columns_of,
    garbled,
    message,
    picture,
    post,
    rule,
)

WHEN = {"posted_at": "2020-09-13T12:26:40+00:00", "posted_at_source": "timestamp"}
NO_LINK: dict[str, Any] = {"url": None, "url_kind": None}
OF_A_GROUP = "everybody could see it if the group is public, its members if it is private (not exported)"
ON_ANOTHERS_TIMELINE = "on somebody else's timeline, who decides who can see it; that is not exported"
LISTED = {"exposure": Exposure.PUBLIC, "exposure_reason": rule("everybody can see a listing on Marketplace")}
IN_CONVERSATION = "a message; the export does not say whether of two people or of a group"
NO_EVENT = "Facebook does not export who could see an event"


def plant(pack: Pack, path: str, person: str, number: int, **says: Any) -> dict[str, Any]:
    """A photograph with what must be said of it; returns its media record."""
    pack.plant(path, photos.photo(person, number), person, **says)
    return picture(path)


def labels(*entries: tuple[str, Any], **more: Any) -> dict[str, Any]:
    """A record of labels and values."""
    values = [{"label": label} | value for label, value in entries]
    return {"timestamp": POSTED, "media": [], "label_values": values, "fbid": "1015800000000099"} | more


def oldest() -> Pack:
    """A download of 2018: one file of posts, envelopes without "_v2", folders of albums with letters."""
    pack = Pack("facebook-ana.silva-2018-11-01")
    about_profile(pack, "profile_information/", "profile")
    loose = "photos_and_videos/MobileUploads_LvJWqglAvA"
    face = "photos_and_videos/ProfilePictures_awR520Z08w/28819_n_1251667781858.jpg"
    mine = plant(pack, f"{loose}/1_n.jpg", "astronaut", 10, **columns_of("post", caption="sea") | WHEN)
    theirs = columns_of("post", author=None, author_is_owner=False) | WHEN
    theirs["exposure_reason"] = "Facebook does not export who could see what others post on a profile"
    gift = plant(pack, f"{loose}/2_n.jpg", "astronaut", 11, **theirs)
    in_group = columns_of("group", exposure_reason=f"posted in a Facebook group: {OF_A_GROUP}") | NO_LINK
    shared = plant(pack, f"{loose}/3_n.jpg", "a", 3, **in_group | {"album": "Köche"})
    reply = plant(pack, f"{loose}/4_n.jpg", "b", 3, **in_group | {"context": "comment", "album": "Köche"})
    listing = columns_of("listing", caption="Bike\nhardly used", place="Lisboa") | NO_LINK | LISTED
    sold = plant(pack, "marketplace/photos/5_n.jpg", "astronaut", 12, **listing)
    shown = {"exposure": Exposure.PUBLIC} | {
        "exposure_reason": rule("a profile picture is public while it is in use")
    }
    update = {"author": None, "author_is_owner": None} | NO_LINK
    new_face = plant(pack, face, "astronaut", 13, **columns_of("profile_photo") | shown | update)
    pack.add("posts/your_posts.json", garbled({"status_updates": [post(mine, text="sea")]}))
    wall = {"activity_log_data": [post(gift, title="Bo Bérg wrote on Ana Silva's timeline.")]}
    pack.add("posts/other_people's_posts_to_your_timeline.json", garbled({"wall_posts_sent_to_you": wall}))
    written = {"timestamp": POSTED, "comment": "nett!", "author": "Ana Silva", "group": "Köche"}
    pack.add("comments/comments.json", garbled({"comments": [post(reply, data=[{"comment": written}])]}))
    log = {"activity_log_data": [post(shared, title="Ana Silva posted in Köche.")]}
    pack.add("groups/your_posts_and_comments_in_groups.json", garbled({"group_posts": log}))
    item = {"title": "Bike", "description": "hardly used", "price": "€15", "created_timestamp": POSTED}
    item |= {"location": {"name": "Lisboa"}, "photos": [sold]}
    pack.add("marketplace/items_sold.json", {"items_selling": [item]})
    updates = [post(new_face, title="Ana Silva updated her profile picture.")]
    pack.add("profile_information/profile_update_history.json", {"profile_updates": updates})
    return pack


def of_2021() -> Pack:
    """A download of 2021: notes, life events, short videos, the archive and the trash in envelopes."""
    pack = Pack("facebook-anasilva")
    about_profile(pack, "profile_information/")
    media = "posts/media/your_posts"
    film = f"{media}/1_n.mp4"
    pack.plant(film, MP4, None, **columns_of("post", caption=None) | WHEN)
    inside = plant(
        pack, f"{media}/2_n.jpg", "astronaut", 14, **columns_of("post", caption="A long day") | WHEN
    )
    born = plant(
        pack, f"{media}/3_n.jpg", "astronaut", 15, **columns_of("post", caption="Moved house") | WHEN
    )
    essay = columns_of("post", caption="Memories\nLeave one", people=("Bo Bérg",)) | WHEN
    essay |= {"exposure_reason": "Facebook does not export who could see a note"}
    essay |= {"posted_at_source": "created_timestamp"}
    written = plant(pack, f"{media}/4_n.jpg", "a", 4, **essay)
    short = plant(pack, "posts/media/videos/5_n.jpg", "b", 4, **columns_of("reel", caption="dance") | WHEN)
    kept = plant(
        pack, f"{media}/6_n.jpg", "astronaut", 16, **columns_of("archived") | NO_LINK | put_away("archive")
    )
    binned = plant(pack, f"{media}/7_n.jpg", "c", 4, **columns_of("deleted") | NO_LINK | put_away("trash"))
    thumbnail = {"uri": "https://interncache-eag.fbcdn.net/v/t15.0-10/1_b.jpg?oe=618DF1C4"}
    records = [
        post(picture(film, thumbnail=thumbnail), title="Ana Silva added a new video."),
        {
            "timestamp": POSTED,
            "attachments": [{"data": [{"note": {"title": "A long day", "media": [inside]}}]}],
        },
        {
            "timestamp": POSTED,
            "attachments": [{"data": [{"life_event": {"title": "Moved house", "photos": [born]}}]}],
        },
    ]
    pack.add("posts/your_posts_1.json", garbled(records))
    note = {"title": "Memories", "text": "Leave one", "media": [written], "tags": [{"name": "Bo Bérg"}]}
    note |= {"created_timestamp": POSTED, "updated_timestamp": POSTED + 9}
    pack.add("other_activity/notes.json", garbled({"notes_v2": [note]}))
    pack.add("short_videos/your_reels.json", {"lasso_videos_v2": [post(short, text="dance")]})
    pack.add("posts/archive.json", {"archive_v2": [post(kept)]})
    pack.add("posts/trash.json", {"trash_v2": [post(binned)]})
    pack.add("stories/archived_stories.json", "[object Object]")
    return pack


def put_away(where: str) -> dict[str, Any]:
    """What must be said of a post in the archive or in the trash."""
    until = {"archive": "it was archived", "trash": "it was deleted"}[where]
    reason = f"in the {where}, where only its owner sees it now; Facebook does not export who could see it"
    return {"exposure": Exposure.UNKNOWN, "exposure_reason": f"{reason} until {until}"}


def elsewhere() -> Pack:
    """What stands among the owner's posts and was made elsewhere, and other people's places on Facebook."""
    pack = Pack("facebook-ana.silva-2024-05-01-Elsewhere")
    about_profile(pack, "personal_information/profile_information/")
    base = "your_facebook_activity/"
    _made_elsewhere(pack, base)
    _groups(pack, base)
    _conversations(pack, base)
    _events_and_memories(pack, base)
    _sold_and_dated(pack, base)
    return pack


def _made_elsewhere(pack: Pack, base: str) -> None:
    media = f"{base}posts/media/Mobileuploads_1122334455"
    gone = {"context": "timeline", "album": None} | NO_LINK
    reason = "on the timeline of Bo Bérg, who decides who can see it; that is not exported"
    first = plant(
        pack, f"{media}/1.jpg", "astronaut", 17, **columns_of("") | WHEN | gone | {"exposure_reason": reason}
    )
    in_group = {"context": "group", "album": "The Borderland"} | NO_LINK
    in_group["exposure_reason"] = f"shared to the Facebook group The Borderland: {OF_A_GROUP}"
    second = plant(pack, f"{media}/2.jpg", "a", 5, **columns_of("") | WHEN | in_group)
    reason = "shared to the Facebook event Open Day; who could see that is not exported"
    at_event = {"context": "event", "exposure_reason": reason} | NO_LINK
    third = plant(pack, f"{media}/3.jpg", "b", 5, **columns_of("") | WHEN | at_event)
    own = plant(pack, f"{media}/4.jpg", "c", 5, **columns_of("post", caption="hi") | WHEN)
    known = {"context": "group", "album": "Köche & Köchinnen"} | NO_LINK
    known["exposure_reason"] = (
        f"Facebook's own sentence about it names the Facebook group Köche & Köchinnen: {OF_A_GROUP}"
    )
    fourth = plant(pack, f"{media}/5.jpg", "d", 5, **columns_of("") | WHEN | known)
    titles = (
        (first, "Ana Silva added a new photo to Bo Bérg's timeline."),
        (second, "Ana Silva shared a photo to the group: The Borderland."),
        (third, "Ana Silva added a photo to the event: Open Day."),
        (own, "Ana Silva wrote on Ana Silva's timeline."),
        (fourth, "Ana Silva hat Köche & Köchinnen ein Foto hinzugefügt."),
    )
    records = [post(media, title=title, text="hi" if media is own else "") for media, title in titles]
    pack.add(f"{base}posts/your_posts__check_ins__photos_and_videos_1.json", garbled(records))
    said = gone | {
        "exposure_reason": ON_ANOTHERS_TIMELINE,
        "caption": "Happy birthday",
        "post_id": "1015800000000099",
    }
    wall = plant(pack, f"{media}/6.jpg", "astronaut", 18, **columns_of("") | WHEN | said)
    target = ("Target", {"value": "Bo Bérg", "href": "https://www.facebook.com/bo"})
    record = labels(("Message", {"value": "Happy birthday"}), target, ("Media", {"media": [wall]}))
    pack.add(f"{base}posts/posts_on_other_pages_and_profiles.json", garbled([record]))


def _groups(pack: Pack, base: str) -> None:
    joined = {"timestamp": POSTED, "data": [{"name": "Köche & Köchinnen"}], "title": "You became a member."}
    record = {"groups_joined_v2": [joined]}
    pack.add(f"{base}groups/your_group_membership_activity.json", garbled(record))
    chat = f"{base}groups/your_group_messages"
    reason = (
        "in a chat of a Facebook group: who could join it and read what was written before is not exported"
    )
    says = columns_of("message", author="Bo Bérg", author_is_owner=False, album="Köche & Köchinnen") | NO_LINK
    says |= {
        "posted_at": "2020-09-13T12:26:40+00:00",
        "exposure_reason": reason,
        "audience_source": "chat_type",
    }
    sent = plant(pack, f"{base}messages/photos/63380.jpg", "e", 5, **says)
    thread = {"thread_name": "Köche & Köchinnen", "messages": [message("Bo Bérg", photos=[sent])]}
    pack.add(f"{chat}/6338047269546821.json", garbled(thread))


def _conversations(pack: Pack, base: str) -> None:
    """Of two people, of a group, of a group of which two are left, and a picture that no record names."""
    between, group = Exposure.PRIVATE, Exposure.NETWORK
    cases = (
        (
            "bo_1",
            "Bo Bérg",
            ["Bo Bérg"],
            between,
            "a message between two people: only they could see it",
        ),
        (
            "us_2",
            "Us",
            ["Bo Bérg", "Cy"],
            group,
            "a message to a group: its members could see it",
        ),
        ("left_3", "Friends", ["Bo Bérg"], Exposure.UNKNOWN, IN_CONVERSATION),
    )
    for folder, title, others, level, reason in cases:
        box = f"{base}messages/inbox/{folder}"
        says = columns_of("message", author="Bo Bérg", author_is_owner=False, album=title) | NO_LINK
        says |= {"audience_source": "chat_type", "exposure": level, "exposure_reason": reason}
        sent = plant(pack, f"{box}/photos/1.jpg", "f", 10 + len(folder), **says)
        people = [{"name": name} for name in (*others, "Ana Silva")]
        thread = {"participants": people, "title": title, "messages": [message("Bo Bérg", photos=[sent])]}
        pack.add(f"{box}/message_1.json", garbled(thread))
    says = columns_of("message", author=None, author_is_owner=None, exposure_reason=IN_CONVERSATION) | NO_LINK
    plant(pack, f"{base}messages/inbox/bo_1/photos/2.jpg", "a", 8, **says)


def _events_and_memories(pack: Pack, base: str) -> None:
    media = f"{base}posts/media/202009"
    hosted = {
        "context": "event",
        "exposure_reason": NO_EVENT,
        "caption": "Open Day\nCome!",
        "place": "Lisboa",
    } | NO_LINK
    created = WHEN | {"posted_at_source": "create_timestamp"}
    own = plant(pack, f"{media}/11.jpg", "f", 5, **columns_of("") | created | hosted)
    event = {
        "name": "Open Day",
        "description": "Come!",
        "create_timestamp": POSTED,
        "start_timestamp": POSTED + 9,
    }
    pack.add(
        f"{base}events/your_events.json",
        {"your_events_v2": [event | {"place": {"name": "Lisboa"}, "cover": own}]},
    )
    public = {
        "exposure": Exposure.PUBLIC,
        "exposure_reason": "its record says 'Public'",
        "audience": "Public",
    }
    public |= {"context": "event", "audience_source": "per_item", "post_id": "1015800000000099"} | NO_LINK
    open_to_all = plant(pack, f"{media}/12.jpg", "a", 6, **columns_of("") | WHEN | public)
    reason = "its record says 'Invited guests', a word that is not known"
    closed = public | {"exposure": Exposure.UNKNOWN, "exposure_reason": reason, "audience": "Invited guests"}
    invited = plant(pack, f"{media}/13.jpg", "b", 6, **columns_of("") | WHEN | closed)
    records = [
        labels(("Privacy", {"value": "Public"}), media=[open_to_all], title="Open Day"),
        labels(("Privacy", {"value": "Invited guests"}), media=[invited], title="Dinner"),
    ]
    pack.add(f"{base}events/events_you_hosted.json", records)
    shown_again = {
        "context": "memory",
        "author": None,
        "author_is_owner": None,
        "post_id": "1015800000000099",
    } | NO_LINK
    shown_again["exposure_reason"] = "Facebook does not export who could see what it shows again in Memories"
    for name, number in (("birthday_media", 14), ("media_used_for_memories", 15)):
        old = plant(pack, f"{media}/{number}.jpg", "c", number, **columns_of("") | WHEN | shown_again)
        pack.add(f"{base}posts/{name}.json", [labels(("Media", {"media": [old]}))])


def _sold_and_dated(pack: Pack, base: str) -> None:
    media = f"{base}facebook_marketplace/media"
    listing = (
        columns_of("listing", caption="Bike\nhardly used", location=(38.71, -9.14)) | NO_LINK | LISTED | WHEN
    )
    sold = plant(
        pack, f"{media}/1.jpg", "astronaut", 19, **listing | {"posted_at_source": "created_timestamp"}
    )
    item = {"title": "Bike", "description": "hardly used", "seller": "Ana Silva", "created_timestamp": POSTED}
    item |= {"location": {"coordinate": {"latitude": 38.71, "longitude": -9.14}}, "photos": [sold]}
    pack.add(f"{base}facebook_marketplace/items_sold.json", {"items_selling_v2": [item]})
    nobodys = {"author": None, "author_is_owner": None, "post_id": "1015800000000099"} | NO_LINK
    viewed = plant(pack, f"{media}/2.jpg", "d", 6, **columns_of("listing") | WHEN | LISTED | nobodys)
    talked = plant(pack, f"{media}/3.jpg", "e", 6, **columns_of("message") | WHEN | nobodys)
    history = f"{base}facebook_marketplace/your_marketplace_listing_history.json"
    pack.add(history, [labels(media=[viewed])])
    pack.add(f"{base}facebook_marketplace/conversations_you_had_as_a_seller.json", [labels(media=[talked])])
    loose = columns_of("listing", author=None, author_is_owner=None) | NO_LINK | LISTED
    plant(pack, f"{media}/4.jpg", "f", 6, **loose)
    folder, reason = (
        f"{base}dating/",
        "in Facebook Dating, which shows a profile to other people who use Dating",
    )
    dated = {
        "context": "dating",
        "exposure": Exposure.NETWORK,
        "exposure_reason": reason,
        "audience_source": "file",
    }
    record = f"{folder}your_dating_profile.json"
    says = columns_of("") | dated | NO_LINK | {"exposure_evidence": (record,)}
    face = plant(pack, f"{folder}media/1.jpg", "astronaut", 20, **says)
    pack.add(record, {"photos": [face]})
    says |= {"author": None, "author_is_owner": None, "exposure_evidence": (folder,)}
    plant(pack, f"{folder}media/2.jpg", "astronaut", 21, **says)


def german() -> Pack:
    """A download of an account in German: album names, sentences and labels are in its language."""
    pack = Pack("facebook-ana.silva-2025-02-01-Deutsch01")
    about_profile(pack, "personal_information/profile_information/")
    base = "your_facebook_activity/"
    media = f"{base}posts/media"
    shown = {"exposure": Exposure.PUBLIC, "album": "Profilbilder"}
    shown["exposure_reason"] = rule("a profile picture is public while it is in use")
    face = plant(
        pack, f"{media}/Profilbilder_99/1.jpg", "astronaut", 22, **columns_of("profile_photo") | shown
    )
    pack.add(f"{base}posts/album/0.json", {"name": "Profilbilder", "photos": [face], "cover_photo": face})
    wide = shown | {
        "album": "Titelbilder",
        "exposure_reason": rule("a cover photo is public while it is in use"),
    }
    cover = plant(pack, f"{media}/Titelbilder/2.jpg", "a", 1, **columns_of("cover_photo") | wide)
    in_group = {"context": "group", "album": "Köche"} | NO_LINK
    in_group["exposure_reason"] = f"shared to the Facebook group Köche: {OF_A_GROUP}"
    shared = plant(pack, f"{media}/202502/3.jpg", "b", 7, **columns_of("") | WHEN | in_group)
    there = {"context": "timeline"} | NO_LINK
    there["exposure_reason"] = "on the timeline of Bo Bérg, who decides who can see it; that is not exported"
    wall = plant(pack, f"{media}/202502/4.jpg", "c", 7, **columns_of("") | WHEN | there)
    records = [
        post(cover | {"title": "Titelbilder"}, title="Ana Silva hat ihr Titelbild aktualisiert."),
        post(shared, title="Ana Silva hat ein Foto in der Gruppe „Köche“ geteilt."),
        post(wall, title="Ana Silva hat ein Foto in Bo Bérgs Chronik gepostet."),
    ]
    pack.add(f"{base}posts/your_posts__check_ins__photos_and_videos_1.json", garbled(records))
    address = "https://www.facebook.com/ana.silva/posts/5"
    kept = columns_of("archived", url=address, url_kind="exact", post_id="5") | WHEN | put_away("archive")
    archived = plant(pack, f"{media}/202502/5.jpg", "astronaut", 23, **kept)
    pack.add(
        f"{base}posts/archive.json", [labels(("Adresse", {"href": address}), media=[archived], fbid="5")]
    )
    return pack
