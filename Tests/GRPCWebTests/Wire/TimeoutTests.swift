import Testing

@testable import GRPCWeb

@Suite("Timeout")
struct TimeoutTests {
  @Test(
    "Requirement 7: one to eight digits and a unit",
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
      "", "S", "1", "12345678", "123456789S", "000000001S", "1s", "1h", "1N", "1U", "1x", "1 S",
      " 1S", "1S ", "-1S", "+1S", "1.5S", "0x1S", "1e3S", "1,000S", "SS", "1SS", "1Sm", "S1",
      "\u{661}S", "\u{ff11}S", "1\u{17f}", "1\u{b5}", "1S, 2S", "1\u{0}S",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func invalid(value: String) {
    #expect(Timeout.decode(value) == nil)
  }
}
