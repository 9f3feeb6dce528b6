"""Facebook's download as web pages: of 2020, 2022 and 2024, and with other names of classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack, facebook_records, meta_pages
from .facebook_records import PROFILE
from .meta_pages import Markup, block, element, film, page, picture, shown_time, table, words

MP4 = b"\x00\x00\x00\x18ftypisom" + b"\0" * 500
WHEN, TAKEN = "2023-06-17T12:01:00", "2023-06-10T18:30:00"
MARKUPS = {
    "2020-html": meta_pages.OLD,
    "2022-html": replace(meta_pages.MIDDLE, seconds=True),
    "2024-html": meta_pages.FACEBOOK,
    "2024-html-portuguese": meta_pages.NEXT_BUILD,
}
BASES = {"2020-html": "", "2022-html": "your_activity_across_facebook/"}


def pages(layout: str) -> Pack:
    """Ana Silva's download; the person planted is the astronaut."""
    markup = MARKUPS[layout]
    base = BASES.get(layout, "your_facebook_activity/")
    pack = Pack("facebook-ana.silva-2024-05-01-AbCd1234" if layout != "2020-html" else "facebook-ana.silva")
    folder = "" if layout == "2020-html" else "personal_information/"
    about = table(markup, Name="Ana Silva", Profile=PROFILE, Birthday="Jan 1, 1990")
    shown = page(markup, "Profile information", [block(markup, None, about, None)])
    pack.add(f"{folder}profile_information/profile_information.html", shown)
    media = "photos_and_videos" if layout == "2020-html" else f"{base}posts/media"
    _posts(pack, layout, markup, base, media)
    _albums(pack, layout, markup, base, media)
    _messages(pack, markup, base)
    return pack


def columns_of(context: str, **more: Any) -> dict[str, Any]:
    """What every item of the timeline must be read with."""
    return facebook_records.columns_of(context, **({"posted_at": WHEN} | more))


def _pin(*content: str) -> str:
    return element('div class="_2pin"', *content)


def _posts(pack: Pack, layout: str, markup: Markup, base: str, media: str) -> None:
    folder = f"{media}/Mobileuploads_1122334455"
    first, second, clip, wall = (f"{folder}/11800000{n}_n.{'mp4' if n == 3 else 'jpg'}" for n in range(1, 5))
    gone = f"{folder}/118999999_1_n.jpg"
    camera = table(markup, Camera_make="Google", Taken=shown_time(markup, TAKEN))
    grid = "".join(
        element('div class="_a7ng"', below)
        for below in (
            picture(first, words("Mobile uploads"), words("the port"), camera),
            picture(second, words("Mobile uploads")),
        )
    )
    changed = f"Updated {shown_time(markup, WHEN)}"
    several = element(
        "div",
        _pin(f"<div><div>{grid}</div></div>"),
        _pin(words("Café in Paris 🎉\nsecond line")),
        _pin(words("Place: Zürich (47.37, 8.54)"), words("Address: Bahnhofstrasse 1, Zürich")),
        _pin(words("You tagged Bo Bérg and Cy")),
        _pin(words(changed)),
    )
    link = "https://example.org/x"
    single = element(
        "div",
        _pin(film(clip, words("Mobile uploads"))),
        _pin(words("a film")),
        _pin(f'<div><a target="_blank" href="{link}">{link}</a></div>'),
    )
    elsewhere = "Ana Silva wrote on Bo Bérg's timeline."
    shown = [
        block(markup, "Ana Silva added 2 new photos.", several, WHEN),
        block(markup, "Ana Silva added a new video.", single, WHEN),
        block(markup, elsewhere, _pin(picture(wall)), WHEN),
        block(markup, None, _pin(picture(gone)), WHEN),
        block(markup, "Ana Silva updated her status.", _pin(words("only words")), WHEN),
    ]
    name = "your_posts_1" if layout == "2020-html" else "your_posts__check_ins__photos_and_videos_1"
    pack.add(f"{base}posts/{name}.html", page(markup, "Your posts", shown, "Ana Silva"))
    columns = columns_of("post", album="Mobile uploads", place="Zürich", location=(47.37, 8.54))
    columns |= {"people": ("Bo Bérg", "Cy")}
    text = "Café in Paris 🎉\nsecond line"
    pack.plant(
        first,
        photos.photo("astronaut", 1),
        "astronaut",
        **columns | {"caption": f"{text}\nthe port", "taken_at": TAKEN},
    )
    pack.plant(second, photos.photo("a", 1), "a", **columns | {"caption": text, "taken_at": None})
    pack.plant(clip, MP4, None, **columns_of("post", album="Mobile uploads", caption="a film", place=None))
    others = columns_of("timeline", url=None, url_kind=None, caption=None)
    pack.plant(wall, photos.photo("astronaut", 2), "astronaut", **others)


def _albums(pack: Pack, layout: str, markup: Markup, base: str, media: str) -> None:
    folder = "photos_and_videos/album" if layout == "2020-html" else f"{base}posts/album"
    face, beach = f"{media}/Profilepictures_99/1_2_n.jpg", f"{media}/Férias_77/3_4_n.jpg"
    albums = (("Profile pictures", face, "me"), ("Férias", beach, ""))
    for number, (name, uri, caption) in enumerate(albums):
        shown = [block(markup, None, picture(uri, words(caption)), WHEN)]
        pack.add(f"{folder}/{number}.html", page(markup, name, shown))
    columns = columns_of("profile_photo", album="Profile pictures", caption="me", exposure=Exposure.PUBLIC)
    pack.plant(face, photos.photo("astronaut", 3), "astronaut", **columns)
    pack.plant(beach, photos.photo("b", 0), "b", **columns_of("album", album="Férias", caption=None))
    loose = f"{media}/202306/loose.jpg"
    where = (
        "photos_and_videos/your_photos" if layout == "2020-html" else f"{base}posts/your_uncategorized_photos"
    )
    pack.add(f"{where}.html", page(markup, "Your photos", [block(markup, None, picture(loose), WHEN)]))
    pack.plant(loose, photos.photo("d", 0), "d", **columns_of("other", caption=None))
    if layout != "2020-html":
        binned, told = f"{media}/202306/binned_1.jpg", f"{media}/202306/story_1.jpg"
        pack.add(
            f"{base}posts/trash.html", page(markup, "Trash", [block(markup, None, picture(binned), WHEN)])
        )
        pack.add(
            f"{base}stories/archived_stories.html",
            page(
                markup, "Stories", [block(markup, "A photo was added to her archive.", picture(told), WHEN)]
            ),
        )
        pack.plant(binned, photos.photo("f", 0), "f", **columns_of("deleted", url=None, url_kind=None))
        pack.plant(told, photos.photo("astronaut", 7), "astronaut", **columns_of("story", caption=None))


def _messages(pack: Pack, markup: Markup, base: str) -> None:
    folder, group = (f"{base}messages/inbox/{name}" for name in ("boberg_1234567890", "trip_77"))
    theirs, ours, many = f"{folder}/photos/118_n.jpg", f"{folder}/photos/119_n.jpg", f"{group}/photos/7_n.jpg"
    reactions = '<ul class="_a6-q"><li><span>❤Ana Silva</span></li></ul>'
    said = f"<div><div></div><div>schön</div><div>{picture(theirs)}</div><div>{reactions}</div></div>"
    blocks = [
        block(markup, "Participants: Bo Bérg and Ana Silva", "", None),
        block(markup, "Bo Bérg", said, WHEN),
        block(markup, "Ana Silva", picture(ours), WHEN),
    ]
    pack.add(f"{folder}/message_1.html", page(markup, "Bo Bérg", blocks))
    blocks = [
        block(markup, "Participants: Bo Bérg, Cy and Ana Silva", "", None),
        block(markup, "Cy", picture(many), WHEN),
    ]
    pack.add(f"{group}/message_1.html", page(markup, "Trip", blocks))
    columns = columns_of("message", url=None, url_kind=None, exposure=Exposure.PRIVATE, album="Bo Bérg")
    columns |= {"audience_source": "chat_type", "caption": None}
    other = {"author": "Bo Bérg", "author_is_owner": False, "caption": "schön"}
    pack.plant(theirs, photos.photo("astronaut", 4), "astronaut", **columns | other)
    pack.plant(ours, photos.photo("e", 1), "e", **columns)
    third = {"author": "Cy", "author_is_owner": False, "album": "Trip", "exposure": Exposure.NETWORK}
    pack.plant(many, photos.photo("astronaut", 5), "astronaut", **columns | third)
