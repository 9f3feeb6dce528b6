window.YTD.direct_messages_group.part0 = [
  {
    "dmConversation": {
      "conversationId": "1226000000000000000",
      "messages": [
        {
          "joinConversation": {
            "initiatingUserId": "77",
            "createdAt": "2020-02-10T08:00:00.000Z"
          }
        },
        {
          "messageCreate": {
            "id": "1226777777777777778",
            "senderId": "9",
            "recipientId": "9",
            "text": "you &lt;3",
            "mediaUrls": [
              "https://ton.twitter.com/dm/1226777777777777778/34/File.jpg"
            ],
            "urls": [],
            "createdAt": "2020-02-10T08:00:01.500Z"
          }
        }
      ]
    }
  }
]