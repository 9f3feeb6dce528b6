"""Facebook's albums by their localised names, and by the folders that carry those names squeezed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ..path_index import fold
from .parsing import as_text

_PROFILE = (
    "Profile pictures|Profilbilder|Photos de profil|Fotos del perfil|Fotos de perfil|Fotos do perfil|"
    "Foto del profilo|Immagini del profilo|Profielfoto's|Zdjęcia profilowe|Фото профиля|Фотографии профиля|"
    "プロフィール写真|프로필 사진|头像|頭像|头像相册|大頭貼照|Profilbilleder|Profiilikuvat|Profilové fotky|"
    "Profil resimleri|Profil Fotoğrafları|Foto profil|Ảnh đại diện|صور الملف الشخصي"  # noqa: RUF001
)
_COVER = (
    "Cover photos|Titelbilder|Photos de couverture|Fotos de portada|Fotos da capa|Fotos de capa|"
    "Immagini di copertina|Omslagfoto's|Zdjęcia w tle|Обложки|Фото обложки|カバー写真|커버 사진|封面照片|"
    "封面相片|Omslagsbilder|Forsidebilder|Coverbilleder|Kansikuvat|Úvodní fotky|Foto sampul|Ảnh bìa|"
    "Kapak Fotoğrafları|صور الغلاف"  # noqa: RUF001
)
_FOLDER = re.compile(r"(?:media|photos_and_videos)/(?P<album>[^/]+)_\d+/[^/]+$")
_CONTEXTS = {
    "messages": "message",
    "stories": "story",
    "groups": "group",
    "reels": "reel",
    "comments": "comment",
}


@lru_cache(maxsize=1024)
def squeezed(text: str) -> str:
    """An album's name as Facebook writes it in a folder's: only letters and digits."""
    return "".join(sign for sign in fold(text) if sign.isalnum())


_BY_NAME = {squeezed(one): "profile_photo" for one in _PROFILE.split("|")} | {
    squeezed(one): "cover_photo" for one in _COVER.split("|")
}


def album_context(called: str | None) -> str:
    """profile_photo, cover_photo, or album for any other."""
    return _BY_NAME.get(squeezed(called or ""), "album")


def album_of(media: dict[str, Any]) -> str | None:
    """The album that a media record's title names: only when the folder carries the same name."""
    called, match = as_text(media.get("title")), _FOLDER.search(str(media.get("uri")))
    return called if called and match and squeezed(called) == squeezed(match["album"]) else None


def from_folder(path: str) -> tuple[str, str | None]:
    """(context, album) as far as the path of a file says."""
    folded = fold(path)
    for part in folded.split("/")[:-1]:
        if part in _CONTEXTS:
            return _CONTEXTS[part], None
    match = _FOLDER.search(path)
    album = match["album"] if match else None
    if album and album_context(album) != "album":
        return album_context(album), album
    if "/posts/" in f"/{folded}":
        return "post", album
    return ("album" if album else "other"), album
