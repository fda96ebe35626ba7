import Testing

@testable import GRPCWeb

@Suite("Timeout")
struct TimeoutTests {
  @Test(
    "Requirement 7: digits and a unit",
    arguments: [
      ("1H", Duration.seconds(3600)),
      ("2M", .seconds(120)),
      ("3S", .seconds(3)),
      ("4m", .milliseconds(4)),
      ("5u", .microseconds(5)),
      ("6n", .nanoseconds(6)),
      ("0S", .zero),
      ("00000000n", .zero),
      ("00000007S", .seconds(7)),
      ("99999999n", .nanoseconds(99_999_999)),
      ("99999999u", .microseconds(99_999_999)),
      ("99999999m", .milliseconds(99_999_999)),
      ("99999999S", .seconds(99_999_999)),
      ("99999999M", .seconds(99_999_999 * 60)),
      ("99999999H", .seconds(99_999_999 * 3600)),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func valid(value: String, timeout: Duration) {
    #expect(Timeout.decode(value) == timeout)
  }

  @Test(
    "Requirement 7: anything else is no timeout",
    arguments: [
      "", "S", "1", "12345678", "1s", "1h", "1N", "1U", "1x", "1 S",
      " 1S", "1S ", "-1S", "+1S", "1.5S", "0x1S", "1e3S", "1,000S", "SS", "1SS", "1Sm", "S1",
      "\u{661}S", "\u{ff11}S", "1\u{17f}", "1\u{b5}", "1S, 2S", "1\u{0}S",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func invalid(value: String) {
    #expect(Timeout.decode(value) == nil)
  }

  @Test(
    "Requirement 7: more than eight digits count, as clients in browsers write them",
    arguments: [
      ("100080000m", Duration.seconds(100_080)),
      ("000000001S", .seconds(1)),
      ("123456789S", .seconds(123_456_789)),
      ("00000000000000000000000000000000000000000000000000007n", .nanoseconds(7)),
      ("9223372036854775807n", .nanoseconds(Int64.max)),
      ("100000000000000u", .seconds(100_000_000)),
      ("00000000000n", .zero),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func manyDigits(value: String, timeout: Duration) {
    #expect(Timeout.decode(value) == timeout)
  }

  @Test(
    "Requirement 7: a number too large to count is the largest time there is",
    arguments: [
      "100000000H", "9223372036854775807H", "9223372036854775807M", "9223372036854775807S",
      "9223372036854775807m", "9223372036854775807u", "9223372036854775808n",
      "99999999999999999999999999n",
      "99999999999999999999m", "\(String(repeating: "9", count: 10_000))H",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func tooLarge(value: String) {
    #expect(Timeout.decode(value) == Timeout.maximum)
    #expect(Timeout.maximum == .seconds(99_999_999 * 3600))
  }

  @Test("Requirement 7: digits without end make nothing else a timeout")
  @available(GRPCWeb 1.0, *)
  func manyDigitsMalformed() {
    let digits = String(repeating: "9", count: 100)
    for value in [digits, "\(digits)x", "\(digits) S", "-\(digits)S", "\(digits).0S"] {
      #expect(Timeout.decode(value) == nil)
    }
  }

  @Test(
    "What gRPC Swift can't read in metadata is rewritten: it takes seven digits",
    arguments: [
      ("5S", "5S"), ("9999999m", "9999999m"), ("0000005S", "0000005S"),
      ("12345678m", "12346S"), ("100080000m", "100080S"), ("10000000n", "10000u"),
      ("000000005n", "5n"), ("00000000n", "0n"), ("99999999S", "1666667M"),
      ("99999999M", "1666667H"), ("99999999H", "9999999H"),
      ("9223372036854775807n", "2562048H"), ("99999999999999999999999999n", "9999999H"),
      ("nonsense!", "nonsense!"), ("1S, 2S, 3S", "1S, 2S, 3S"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func readableByGRPCSwift(value: String, rewritten: String) {
    #expect(Timeout.readableByGRPCSwift(value) == rewritten)
  }
}
