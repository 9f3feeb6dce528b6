window.YTD.profile.part0 = [
  {
    "profile": {
      "description": {
        "bio": "",
        "website": "",
        "location": ""
      },
      "avatarMediaUrl": "https://pbs.twimg.com/profile_images/1/face.jpg",
      "headerMediaUrl": "https://pbs.twimg.com/profile_banners/9/160"
    }
  }
]