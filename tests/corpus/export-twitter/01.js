window.YTD.account.part0 = [
  {
    "account": {
      "username": "ana_example",
      "accountId": "9",
      "accountDisplayName": "Ana",
      "createdAt": "2015-01-01"
    }
  }
]