import FlyingFox
import Foundation
import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWebFlyingFox

@Suite(.timeLimit(.minutes(1)))
struct RequestBodyTests {
  @Test("A body is read part by part, to its end")
  @available(GRPCWeb 1.0, *)
  func parts() async throws {
    let data = Data((0 ..< 100_000).map { UInt8(truncatingIfNeeded: $0) })
    let body = RequestBody(HTTPBodySequence(data: data))
    var read = ByteBuffer()
    for try await part in body {
      read.writeImmutableBuffer(part)
    }
    #expect(Data(read.readableBytesView) == data)
    #expect(body.isAtEnd)
  }

  @Test("A cancelled task doesn't take what it didn't read for the end")
  @available(GRPCWeb 1.0, *)
  func cancellation() async throws {
    let body = RequestBody(HTTPBodySequence(data: Data(repeating: 1, count: 10_000)))
    let gate = Gate()
    let reading = Task {
      await gate.passIgnoringCancellation()
      var iterator = body.makeAsyncIterator()
      return try await iterator.next()
    }
    reading.cancel()
    gate.open()
    await #expect(throws: CancellationError.self) {
      try await reading.value
    }

    // And what it left can still be read.
    try await body.drain()
    #expect(body.isAtEnd)
  }
}
