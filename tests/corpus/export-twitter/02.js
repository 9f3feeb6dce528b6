window.YTD.community_tweet.part0 = [
  {
    "tweet": {
      "id": "1226462117360567082",
      "id_str": "1226462117360567082",
      "created_at": "Sun Feb 09 11:05:30 +0000 2020",
      "full_text": "community",
      "favorite_count": "3",
      "retweeted": false,
      "entities": {
        "hashtags": [],
        "user_mentions": [],
        "urls": [],
        "media": [
          {
            "id_str": "1226462117360567082",
            "type": "photo",
            "url": "https://t.co/AbCdEf",
            "indices": [
              "25",
              "40"
            ],
            "expanded_url": "https://twitter.com/ana_example/status/1226462117360567082/photo/1",
            "media_url": "http://pbs.twimg.com/media/K.jpg",
            "media_url_https": "https://pbs.twimg.com/media/K.jpg"
          }
        ]
      },
      "extended_entities": {
        "media": [
          {
            "id_str": "1226462117360567082",
            "type": "photo",
            "url": "https://t.co/AbCdEf",
            "indices": [
              "25",
              "40"
            ],
            "expanded_url": "https://twitter.com/ana_example/status/1226462117360567082/photo/1",
            "media_url": "http://pbs.twimg.com/media/K.jpg",
            "media_url_https": "https://pbs.twimg.com/media/K.jpg"
          }
        ]
      }
    }
  }
]