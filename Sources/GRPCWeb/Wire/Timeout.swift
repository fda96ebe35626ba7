/// The value of a `grpc-timeout` header.
///
/// See "Timeout" in gRPC's PROTOCOL-HTTP2 document.
@available(GRPCWeb 1.0, *)
enum Timeout {
  /// Decodes a timeout: one to eight digits, then one of H, M, S, m, u and n.
  ///
  /// - Returns: The time that the call may take, or `nil` when the value is anything else.
  static func decode(_ value: String) -> Duration? {
    let digits = value.utf8.dropLast()
    guard (1 ... 8).contains(digits.count), let unit = value.utf8.last else { return nil }

    var amount: Int64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0") ... UInt8(ascii: "9")).contains(digit) else { return nil }
      amount = amount * 10 + Int64(digit - UInt8(ascii: "0"))
    }

    switch unit {
    case UInt8(ascii: "H"):
      return .seconds(amount * 3600)
    case UInt8(ascii: "M"):
      return .seconds(amount * 60)
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
}
