	window.YTD.protected_history.part0 = [
  {
    "protectedHistory": {
      "protectedAt": "2021-06-01T00:00:00.000Z",
      "action": "Unprotect"
    }
  },
  {
    "protectedHistory": {
      "protectedAt": "2021-03-01T00:00:00.000Z",
      "action": "Protect"
    }
  }
]