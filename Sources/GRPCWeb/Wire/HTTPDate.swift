/// The value of a `date` header: HTTP's preferred format of a date (RFC 9110, section 5.6.7).
///
/// The caller supplies the time, and may keep the text for a second.
@available(GRPCWeb 1.0, *)
package enum HTTPDate {
  private static let weekdays: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

  private static let months: [StaticString] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The last second of the year 9999: years have four digits in this format.
  private static let last: Int64 = 253_402_300_799

  private static let secondsPerDay: Int64 = 86_400

  /// Encodes a time, for example as `Sun, 06 Nov 1994 08:49:37 GMT`.
  ///
  /// - Parameter seconds: The time in seconds since the start of 1970 in UTC, without leap seconds.
  ///   A time before 1970 is treated as its start, a time after the year 9999 as the last second of
  ///   that year.
  /// - Returns: 29 bytes of ASCII.
  package static func encode(secondsSince1970 seconds: Int64) -> String {
    let seconds = min(max(seconds, 0), Self.last)
    let day = Int(seconds / Self.secondsPerDay)
    let second = Int(seconds % Self.secondsPerDay)
    let date = Self.date(ofDay: day)

    return String(unsafeUninitializedCapacity: 29) { bytes in
      var writer = Writer(bytes: bytes)
      // The first of January 1970 was a Thursday.
      writer.write(Self.weekdays[(day + 4) % 7])
      writer.write(", ")
      writer.write(date.day, digits: 2)
      writer.write(" ")
      writer.write(Self.months[date.month - 1])
      writer.write(" ")
      writer.write(date.year, digits: 4)
      writer.write(" ")
      writer.write(second / 3600, digits: 2)
      writer.write(":")
      writer.write(second / 60 % 60, digits: 2)
      writer.write(":")
      writer.write(second % 60, digits: 2)
      writer.write(" GMT")
      return writer.count
    }
  }

  /// The date of a day in the Gregorian calendar.
  ///
  /// The calculation counts in years that begin in March, so that a leap day is the last day of its
  /// year, and in eras of 400 years, which all have the same number of days.
  ///
  /// - Parameter day: The number of the day; 0 is the first of January 1970.
  private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
    // The number of days since the first of March of the year 0.
    let day = day + 719_468
    let (era, dayOfEra) = day.quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfMonth)
  }

  /// Writes ASCII into memory that is large enough for it.
  private struct Writer {
    let bytes: UnsafeMutableBufferPointer<UInt8>
    var count = 0

    mutating func write(_ text: StaticString) {
      text.withUTF8Buffer { text in
        for byte in text {
          self.bytes[self.count] = byte
          self.count += 1
        }
      }
    }

    mutating func write(_ number: Int, digits: Int) {
      var rest = number
      for index in (self.count ..< self.count + digits).reversed() {
        self.bytes[index] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
      self.count += digits
    }
  }
}
