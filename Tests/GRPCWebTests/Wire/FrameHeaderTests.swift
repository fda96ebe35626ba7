import Testing

@testable import GRPCWeb

@Suite("Frame header")
struct FrameHeaderTests {
  @Test(
    "Requirement 4: bit 0 is compressed, bit 7 is trailers, the others are unknown",
    arguments: UInt8.min ... UInt8.max
  )
  @available(GRPCWeb 1.0, *)
  func flags(flags: UInt8) {
    let header = FrameHeader(flags: flags, length: 0)
    #expect(header.isCompressed == (flags % 2 == 1))
    #expect(header.isTrailers == (flags >= 128))
    #expect(header.hasUnknownFlags == ![0, 1, 128, 129].contains(flags))
  }
}
