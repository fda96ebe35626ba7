import NIOCore
import Testing

@testable import GRPCWebAsyncHTTPClient

@Suite("HTTP/2 reset scanner")
struct HTTP2ResetScannerTests {
  private static func frame(
    _ type: UInt8,
    flags: UInt8 = 0,
    stream: UInt8,
    _ payload: [UInt8]
  ) -> [UInt8] {
    [0, 0, UInt8(payload.count), type, flags, 0, 0, 0, stream] + payload
  }

  private static let settings = Self.frame(4, stream: 0, [])
  private static let headers = Self.frame(1, flags: 4, stream: 1, [1, 2, 3])
  private static let data = Self.frame(0, stream: 1, [3, 0, 0, 0, 0, 3])
  private static let end = Self.frame(0, flags: 1, stream: 1, [])
  private static let reset = Self.frame(3, stream: 1, [0, 0, 0, 0])

  private static func filter(_ bytes: [UInt8], every size: Int) -> [UInt8] {
    var scanner = HTTP2ResetScanner()
    return stride(from: 0, to: bytes.count, by: size).flatMap { start -> [UInt8] in
      let chunk = bytes[start ..< min(start + size, bytes.count)]
      return Array(scanner.filter(ByteBuffer(bytes: chunk)).readableBytesView)
    }
  }

  @Test("The reset of a stream that has ended is left out, once, whatever the chunks")
  func afterTheEnd() {
    let head = Self.settings + Self.headers + Self.data + Self.end
    let tail = Self.settings + Self.frame(1, flags: 5, stream: 3, [9])
    for size in 1 ... 80 {
      #expect(Self.filter(head + Self.reset + tail, every: size) == head + tail)
      #expect(Self.filter(head + tail + Self.reset, every: size) == head + tail)
      let twice = Self.filter(head + Self.reset + Self.reset + tail, every: size)
      #expect(twice == head + Self.reset + tail)
    }
  }

  @Test("Any other frame is passed on")
  func others() {
    let otherCode = Self.frame(3, stream: 1, [0, 0, 0, 8])
    let otherStream = Self.frame(3, stream: 3, [0, 0, 0, 0])
    let headersEnd = Self.frame(1, flags: 5, stream: 5, [1])
    for bytes in [
      Self.headers + Self.reset, Self.headers + Self.end + otherCode,
      Self.headers + Self.end + otherStream, Self.settings + Self.settings + Self.data,
      Self.frame(3, stream: 1, [0, 0, 0, 0, 0]), headersEnd + otherCode,
    ] {
      for size in 1 ... 80 {
        #expect(Self.filter(bytes, every: size) == bytes)
      }
    }
  }

  @Test("What is remembered of streams is bounded")
  func bound() {
    var scanner = HTTP2ResetScanner()
    for stream in 0 ..< 10_000 as Range<UInt32> {
      var frame = ByteBuffer(bytes: [0, 0, 0, 0, 1])
      frame.writeInteger(stream)
      _ = scanner.filter(frame)
    }
    #expect(scanner.rememberedStreams <= 256)
  }
}
