internal import Foundation
internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Invalid bodies: each gets a status, and the next request is served.
  static let badFrames: [[ContractCase]] = [
    .each(["Get", "Collect"], "Requirement 6: a body that ends inside a frame is an error") {
      adapter,
      method in
      let frame = try TestFrame(EchoMessage.with { $0.text = "hello" })
      for length in [1, 4, 5, 8] {
        let body = Array(frame.bytes.prefix(length))
        _ = try await adapter.expect(.internalError, for: .call(method, body: body))
      }
    },

    .each(
      [UInt8(0x02), 0x40, 0x80, 0x81, 0xff],
      "Requirement 4: unknown flags are an error"
    ) { adapter, flags in
      let frame = TestFrame(flags: flags, payload: [0x0a, 0x01, 0x61])
      _ = try await adapter.expect(.internalError, for: .call(body: frame.bytes))
    },

    .one("Requirement 19: a length over the limit is refused") { adapter in
      try await adapter.serve(
        config: .defaults { $0.limits.maximumRequestMessageSize = 1000 }
      ) { app in
        let connection = try await app.connect()
        let largest = try RawRequest.call(texts: [String(repeating: "x", count: 997)])
        #expect(try await connection.answer(largest).status == 0)
        let tooLarge = try RawRequest.call(texts: [String(repeating: "x", count: 998)])
        let answer = try await connection.answer(tooLarge)
        #expect(answer.status == Status.Code.resourceExhausted.rawValue)
        try await app.expectGoodCall(on: connection)
      }
    },

    .one("Requirement 19: a length of 4 GiB is refused at once, while the body is still open") {
      adapter in
      try await adapter.serve { app in
        let connection = try await app.connect()
        let header = TestFrame.header(length: .max)
        try await connection.send(RawRequest.call(body: header).framed(.unfinished))
        let answer = try await connection.readResponse()
        #expect(answer.status == Status.Code.resourceExhausted.rawValue)

        try await connection.send(RawRequest.chunk(Array(repeating: 0, count: 100_000)))
        try await connection.send(RawRequest.lastChunk)
        try await app.expectGoodCall(on: connection)
      }
    },

    .each(
      ["Get", "Expand"],
      "Requirement 6: a second message on a unary call is refused"
    ) { adapter, method in
      _ = try await adapter.expect(.unimplemented, for: .call(method, texts: ["a", "b"]))
    },

    .each(
      ["Get", "Expand"],
      "Requirement 6: no message on a unary call is refused"
    ) { adapter, method in
      _ = try await adapter.expect(.unimplemented, for: .call(method, body: []))
    },

    .one("Invalid UTF-8 in a string field fails the call") { adapter in
      let frame = TestFrame(payload: [0x0a, 0x02, 0xc3, 0x28])
      _ = try await adapter.expect(.invalidArgument, for: .call(body: frame.bytes))
    },

    .each(
      ["????", "AAAA====", "A===", "AAAAAAN!", "AAAAAAMK\nAWE="],
      "Requirement 17: base64 that isn't is an error"
    ) { adapter, body in
      _ = try await adapter.expect(
        .internalError,
        for: .call(contentType: Self.text, body: Array(body.utf8))
      )
    },

    .one("Requirement 17: a remainder at the end of base64 is an error") { adapter in
      let frame = try TestFrame(EchoMessage.with { $0.text = "a" })
      let body = TestBase64.encode(frame.bytes)
      for length in 1 ... 3 {
        let cut = Array(body.utf8.dropLast(length))
        _ = try await adapter.expect(.internalError, for: .call(contentType: Self.text, body: cut))
      }
    },

    .one("Requirement 18: an unknown encoding is refused, with those that are known") { adapter in
      let answer = try await adapter.expect(
        .unimplemented,
        for: .call(fields: [("grpc-encoding", "br")], texts: ["hello"])
      )
      #expect(answer.header("grpc-accept-encoding") == ["identity,gzip,deflate"])
    },

    .one("Requirement 18: a compressed message without an encoding is an error") { adapter in
      let frame = TestFrame(flags: 1, payload: [1, 2, 3])
      _ = try await adapter.expect(.internalError, for: .call(body: frame.bytes))
    },

    .each(
      ["gzip", "deflate"],
      "Compressed garbage is an error"
    ) { adapter, encoding in
      let frame = TestFrame(flags: 1, payload: (0 ..< 100).map { $0 })
      _ = try await adapter.expect(
        .internalError,
        for: .call(fields: [("grpc-encoding", encoding)], body: frame.bytes)
      )
    },

    .one("A compressed message that is cut is an error") { adapter in
      let payload = TestGzip.compress(Array(repeating: 0, count: 1000)).dropLast(9)
      _ = try await adapter.expect(
        .internalError,
        for: .call(
          fields: [("grpc-encoding", "gzip")],
          body: TestFrame(flags: 1, payload: Array(payload)).bytes
        )
      )
    },

    .one("Requirement 19: a decompression bomb costs no more memory than the limit") { adapter in
      let bomb = Self.bomb(size: 4 * 1024 * 1024)
      // The bytes are a bomb: they decompress to more than 150 times their size.
      let piece = Array(bomb.prefix(64 * 1024))
      #expect(TestGzip.decompress(piece, upTo: 200 * piece.count).count > 150 * piece.count)

      try await adapter.serve { app in
        let connection = try await app.connect()
        let before = Self.peakMemory()
        let answer = try await connection.answer(
          .call(
            fields: [("grpc-encoding", "gzip")],
            body: TestFrame(flags: 1, payload: bomb).bytes
          )
        )
        #expect(answer.status == Status.Code.resourceExhausted.rawValue)
        if let before = before, let after = Self.peakMemory() {
          #expect(after - before < 300 * 1024 * 1024)
        }
        try await app.expectGoodCall(on: connection)
      }
    },
  ]

  /// The start of a gzip stream of zeros: a header, then a block with fixed codes that has a zero
  /// and as many "repeat the last byte 258 times" as fit, of 13 bits each.
  private static func bomb(size: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    var bits: [Bool] = [true, true, false]
    bits += [false, false, true, true, false, false, false, false]
    let repetition: [Bool] = [
      true, true, false, false, false, true, false, true, false, false, false, false, false,
    ]
    // The pattern of bits repeats every 13 bytes, after the first two.
    while bits.count < 8 * 13 + 16 {
      bits += repetition
    }
    let packed = stride(from: 0, to: bits.count / 8 * 8, by: 8).map { start in
      (0 ..< 8).reduce(UInt8(0)) { bits[start + $1] ? $0 | 1 << $1 : $0 }
    }
    bytes += packed.prefix(2)
    let period = Array(packed[2 ..< 15])
    bytes.reserveCapacity(size)
    while bytes.count + period.count <= size {
      bytes += period
    }
    return bytes
  }

  /// The largest resident memory that the process has had, in bytes; `nil` where the system doesn't
  /// report it.
  private static func peakMemory() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
      return nil
    }
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }
}

@available(GRPCWeb 1.0, *)
extension TestedAdapter {
  /// Sends an invalid request, checks its status, and makes a valid call on the same connection.
  func expect(
    _ code: Status.Code,
    for request: RawRequest,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> TestAnswer {
    var answers: [TestAnswer] = []
    try await self.serve { app in
      let connection = try await app.connect()
      for framing in [request.framing, .chunked(1)] {
        let answer = try await connection.answer(request.framed(framing))
        #expect(answer.httpStatus == 200, sourceLocation: sourceLocation)
        #expect(answer.status == code.rawValue, sourceLocation: sourceLocation)
        #expect(answer.frames.isEmpty, sourceLocation: sourceLocation)
        answers.append(answer)
        try await app.expectGoodCall(on: connection, sourceLocation: sourceLocation)
      }
    }
    return try #require(answers.first)
  }
}
