import Testing

@testable import GRPCWeb

@Suite("HTTP date")
struct HTTPDateTests {
  @Test(
    "RFC 9110, section 5.6.7: a date is an IMF-fixdate",
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
      (59, "Thu, 01 Jan 1970 00:00:59 GMT"),
      (86_399, "Thu, 01 Jan 1970 23:59:59 GMT"),
      (86_400, "Fri, 02 Jan 1970 00:00:00 GMT"),
      // The example of RFC 9110.
      (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
      // The days around the leap day of 2000, a year divisible by 400.
      (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
      (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
      (978_307_199, "Sun, 31 Dec 2000 23:59:59 GMT"),
      (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
      (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
      // The year 2100 isn't a leap year.
      (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
      (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
      (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] as [(Int64, String)]
  )
  @available(GRPCWeb 1.0, *)
  func known(seconds: Int64, text: String) {
    #expect(HTTPDate.encode(secondsSince1970: seconds) == text)
  }

  @Test("A time that the format has no date for becomes the nearest that it has")
  @available(GRPCWeb 1.0, *)
  func outside() {
    for seconds in [-1, Int64.min] {
      #expect(HTTPDate.encode(secondsSince1970: seconds) == "Thu, 01 Jan 1970 00:00:00 GMT")
    }
    for seconds in [253_402_300_800, Int64.max] {
      #expect(HTTPDate.encode(secondsSince1970: seconds) == "Fri, 31 Dec 9999 23:59:59 GMT")
    }
  }

  @Test("Every day of eight thousand years is the one after the day before")
  @available(GRPCWeb 1.0, *)
  func everyDay() {
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    var (number, year, month, day) = (0, 1970, 0, 1)
    while year < 10_000 {
      let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let lengths = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      let text =
        "\(weekdays[number % 7]), \(day < 10 ? "0" : "")\(day) \(months[month]) \(year) 00:00:00 GMT"
      let encoded = HTTPDate.encode(secondsSince1970: Int64(number) * 86_400)
      if encoded != text {
        Issue.record("\(encoded) instead of \(text)")
        return
      }
      number += 1
      day += 1
      if day > lengths[month] {
        (day, month) = (1, month + 1)
      }
      if month == 12 {
        (month, year) = (0, year + 1)
      }
    }
  }
}
