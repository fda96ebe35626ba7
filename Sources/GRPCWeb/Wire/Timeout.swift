/// The value of a `grpc-timeout` header.
///
/// See "Timeout" in gRPC's PROTOCOL-HTTP2 document.
@available(GRPCWeb 1.0, *)
enum Timeout {
  /// The largest timeout: 99999999 hours, the largest value that the specification can express.
  static let maximum = Duration.seconds(99_999_999 * 3600)

  /// Decodes a timeout: digits, then one of H, M, S, m, u and n.
  ///
  /// The specification allows at most eight digits. More are accepted, since gRPC-Web clients in
  /// browsers write every deadline in milliseconds: one of 28 hours has nine. A timeout longer than
  /// ``maximum`` becomes ``maximum``.
  ///
  /// - Returns: The time that the call may take, or `nil` when the value has another form.
  static func decode(_ value: String) -> Duration? {
    let digits = value.utf8.dropLast()
    guard !digits.isEmpty, let unit = value.utf8.last else { return nil }

    var amount: Int64 = 0
    var isCountable = true
    for digit in digits {
      guard (UInt8(ascii: "0") ... UInt8(ascii: "9")).contains(digit) else { return nil }
      let (tenfold, isTooLarge) = amount.multipliedReportingOverflow(by: 10)
      let (sum, isSumTooLarge) = tenfold.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
      isCountable = isCountable && !isTooLarge && !isSumTooLarge
      amount = sum
    }

    guard let timeout = Self.duration(of: isCountable ? amount : 0, unit: unit) else { return nil }
    return isCountable ? min(timeout, Self.maximum) : Self.maximum
  }

  private static func duration(of amount: Int64, unit: UInt8) -> Duration? {
    switch unit {
    case UInt8(ascii: "H"):
      return .seconds(min(amount, 99_999_999) * 3600)
    case UInt8(ascii: "M"):
      return .seconds(min(amount, 99_999_999 * 60) * 60)
    case UInt8(ascii: "S"):
      return .seconds(amount)
    case UInt8(ascii: "m"):
      return .milliseconds(amount)
    case UInt8(ascii: "u"):
      return .microseconds(amount)
    case UInt8(ascii: "n"):
      return .nanoseconds(amount)
    default:
      return nil
    }
  }

  /// Rewrites a timeout for metadata, where gRPC Swift reads at most seven digits.
  ///
  /// A longer value is rounded up to the next unit in which it has at most seven. The deadline of
  /// the call itself stays exact.
  ///
  /// - Returns: The value unchanged if it is short enough, or if it isn't a timeout.
  static func readableByGRPCSwift(_ value: String) -> String {
    guard value.utf8.count > 8, let timeout = Self.decode(value) else { return value }

    let (seconds, attoseconds) = timeout.components
    let largest: Int64 = 9_999_999
    for (unit, perSecond) in Self.unitsOfSeconds where seconds <= largest / perSecond {
      let attosecondsPerUnit = 1_000_000_000_000_000_000 / perSecond
      let rest = (attoseconds + attosecondsPerUnit - 1) / attosecondsPerUnit
      let amount = seconds * perSecond + rest
      if amount <= largest {
        return "\(amount)\(unit)"
      }
    }
    let wholeSeconds = seconds + (attoseconds > 0 ? 1 : 0)
    let minutes = (wholeSeconds + 59) / 60
    return minutes <= largest ? "\(minutes)M" : "\(min((minutes + 59) / 60, largest))H"
  }

  private static let unitsOfSeconds: [(unit: String, perSecond: Int64)] = [
    ("n", 1_000_000_000), ("u", 1_000_000), ("m", 1000), ("S", 1),
  ]
}
