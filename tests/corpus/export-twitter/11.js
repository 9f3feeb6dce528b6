window.YTD.tweets.part0 = [
  {
    "tweet": {
      "id": "1226462117360567049",
      "id_str": "1226462117360567049",
      "created_at": "Sun Feb 09 11:05:30 +0000 2020",
      "full_text": "Hello Lisbon &amp; friends https://t.co/AbCdEf https://t.co/Site",
      "favorite_count": "3",
      "retweeted": false,
      "entities": {
        "urls": [
          {
            "url": "https://t.co/Site",
            "expanded_url": "https://example.org/a?b=1"
          }
        ],
        "user_mentions": [
          {
            "screen_name": "bo",
            "name": "Bo"
          }
        ]
      },
      "extended_entities": {
        "media": [
          {
            "id_str": "1226462117360567049",
            "type": "photo",
            "url": "https://t.co/AbCdEf",
            "indices": [
              "25",
              "40"
            ],
            "expanded_url": "https://twitter.com/ana_example/status/1226462117360567049/photo/1",
            "media_url": "http://pbs.twimg.com/media/D1aBcDeXyZ1.jpg",
            "media_url_https": "https://pbs.twimg.com/media/D1aBcDeXyZ1.jpg"
          }
        ]
      },
      "geo": {
        "type": "Point",
        "coordinates": [
          "38.71",
          "-9.14"
        ]
      },
      "coordinates": {
        "type": "Point",
        "coordinates": [
          "-9.14",
          "38.71"
        ]
      }
    }
  },
  {
    "tweet": {
      "id": "1226462117360567050",
      "id_str": "1226462117360567050",
      "created_at": "Sun Feb 09 11:05:30 +0000 2020",
      "full_text": "four",
      "favorite_count": "3",
      "retweeted": false,
      "entities": {
        "hashtags": [],
        "user_mentions": [],
        "urls": [],
        "media": [
          {
            "id_str": "1226462117360567050",
            "type": "photo",
            "url": "https://t.co/AbCdEf",
            "indices": [
              "25",
              "40"
            ],
            "expanded_url": "https://twitter.com/ana_example/status/1226462117360567050/photo/1",
            "media_url": "http://pbs.twimg.com/media/P0.jpg",
            "media_url_https": "https://pbs.twimg.com/media/P0.jpg"
          }
        ]
      },
      "extended_entities": {
        "media": [
          {
            "id_str": "1226462117360567050",
            "type": "photo",
            "url": "https://t.co/AbCdEf",
            "indices": [
              "25",
              "40"
            ],
            "expanded_url": "https://twitter.com/ana_example/status/1226462117360567050/photo/1",
            "media_url": "http://pbs.twimg.com/media/P0.jpg",
            "media_url_https": "https://pbs.twimg.com/media/P0.jpg"
          },
          {
            "id_str": "1226462117360567050",
            "type": "photo",
            "url": "https://t.co/AbCdEf",
            "indices": [
              "25",
              "40"
            ],
            "expanded_url": "https://twitter.com/ana_example/status/1226462117360567050/photo/1",
            "media_url": "http://pbs.twimg.com/media/P1.jpg",
            "media_url_https": "https://pbs.twimg.com/media/P1.jpg"
          },
          {
            "id_str": "1226462117360567050",
            "type": "photo",
            "url": "https://t.co/AbCdEf",
            "indices": [
              "25",
              "40"
            ],
            "expanded_url": "https://twitter.com/ana_example/status/1226462117360567050/photo/1",
            "media_url": "http://pbs.twimg.com/media/P2.jpg",
            "media_url_https": "https://pbs.twimg.com/media/P2.jpg"
          },
          {
            "id_str": "1226462117360567050",
            "type": "photo",
            "url": "https://t.co/AbCdEf",
            "indices": [
              "25",
              "40"
            ],
            "expanded_url": "https://twitter.com/ana_example/status/1226462117360567050/photo/1",
            "media_url": "http://pbs.twimg.com/media/P3.jpg",
            "media_url_https": "https://pbs.twimg.com/media/P3.jpg"
          }
        ]
      }
    }
  },
  {
    "tweet": {
      "id": "1226462117360567051",
      "id_str": "1226462117360567051",
      "created_at": "Sun Feb 09 11:05:30 +0000 2020",
      "full_text": "no media",
      "favorite_count": "3",
      "retweeted": false,
      "entities": {
        "hashtags": [],
        "user_mentions": [],
        "urls": [],
        "media": []
      },
      "extended_entities": {
        "media": []
      }
    }
  }
]