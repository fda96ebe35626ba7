import GRPCWeb
import GRPCWebNIO
import GRPCWebTestSupport
import HTTPTypes
import SwiftProtobuf
import Testing

/// Connections that break HTTP/2's rules, or use them in unusual ways.
@Suite(.timeLimit(.minutes(3)))
struct HTTP2FaultTests {
  @Test("Requirement 32: an error of the connection closes it, and cancels its calls")
  @available(GRPCWeb 1.0, *)
  func connectionError() async throws {
    let service = WaitingService()
    try await TestServer.run(service.service) { server in
      let http2 = try await RawHTTP2Connection(to: server)
      try await http2.send(try http2.wholeCall("x", stream: 1))
      try await service.isRunning.pass()
      // A PING frame has to have eight bytes.
      try await http2.send(RawHTTP2Connection.frame(.ping, [0]))
      try await eventually("the connection is closed", within: .seconds(20)) {
        http2.connection.isClosedByServer
      }
      #expect(http2.frames.contains { $0.type == .goAway })
      try await service.isTaskCancelled.pass()
    }
  }

  @Test("Many more streams at once than are allowed cost the connection nothing")
  @available(GRPCWeb 1.0, *)
  func manyStreams() async throws {
    try await TestServer.run { server in
      let http2 = try await RawHTTP2Connection(to: server)
      let message = RawHTTP2Connection.frame(
        .data,
        flags: RawHTTP2Connection.endStream,
        stream: 1,
        try TestFrame(EchoMessage.with { $0.text = "first" }).bytes
      )
      let heads = try (0 ..< 1000).flatMap { try http2.call(stream: 2 * $0 + 1) }
      try await http2.send(heads)
      try await eventually("those beyond the limit are refused") {
        http2.frames.filter { $0.type == .reset }.count == 900 || http2.connection.isClosedByServer
      }
      try await http2.send(message)
      #expect(try await http2.response(on: 1).status == 200)
      try await http2.send(try http2.wholeCall("next", stream: 2001))
      #expect(try await http2.response(on: 2001).status == 200)
    }
  }

  @Test("A client may measure its connection by many PINGs, and cancel many calls")
  @available(GRPCWeb 1.0, *)
  func manyControlFrames() async throws {
    try await TestServer.run { server in
      let http2 = try await RawHTTP2Connection(to: server)
      let ping = RawHTTP2Connection.frame(.ping, Array(repeating: 0, count: 8))
      try await http2.send(Array(repeatElement(ping, count: 1000).joined()))
      try await eventually("each PING is answered") {
        http2.frames.filter { $0.type == .ping }.count == 1000 || http2.connection.isClosedByServer
      }
      for stream in 0 ..< 500 {
        try await http2.send(
          try http2.call(stream: 2 * stream + 1)
            + RawHTTP2Connection.frame(.reset, stream: 2 * stream + 1, [0, 0, 0, 8])
        )
      }
      try await http2.send(try http2.wholeCall("next", stream: 1001))
      #expect(try await http2.response(on: 1001).status == 200)
    }
  }

  @Test("A head that is too large is refused on its stream; other calls go on")
  @available(GRPCWeb 1.0, *)
  func largeHead() async throws {
    try await TestServer.run { server in
      let http2 = try await RawHTTP2Connection(to: server)
      try await http2.send(try http2.call(stream: 1))
      let large = String(repeating: ",", count: 100 * 1024)
      try await http2.send(try http2.call(fields: [("x-a-bin", large)], stream: 3))
      let refusal = try await http2.response(on: 3)
      #expect(refusal.status == 431)
      try await eventually("the stream is reset, without an error") {
        http2.frames(of: 3).contains { $0.type == .reset && $0.payload == [0, 0, 0, 0] }
      }
      let allowed = String(repeating: "y", count: 60 * 1024)
      try await http2.send(
        try http2.call(fields: [("x-a", allowed)], stream: 5)
          + RawHTTP2Connection.frame(
            .data,
            flags: RawHTTP2Connection.endStream,
            stream: 5,
            try TestFrame(EchoMessage()).bytes
          )
      )
      #expect(try await http2.response(on: 5).status == 200)
      try await http2.send(
        RawHTTP2Connection.frame(
          .data,
          flags: RawHTTP2Connection.endStream,
          stream: 1,
          try TestFrame(EchoMessage()).bytes
        )
      )
      #expect(try await http2.response(on: 1).status == 200)
    }
  }

  @Test("What isn't found is answered before the request has ended")
  @available(GRPCWeb 1.0, *)
  func notFoundAtOnce() async throws {
    let config = GRPCWebNIOServerTransport.Config.defaults {
      $0.calls.limits.requestReadTimeout = .milliseconds(300)
    }
    try await TestServer.run(config: config) { server in
      let http2 = try await RawHTTP2Connection(to: server)
      try await http2.send(try http2.head(path: "/none", stream: 1))
      #expect(try await http2.response(on: 1).status == 404)
      // The server ends the stream.
      try await eventually("the stream is reset") {
        http2.frames(of: 1).contains { $0.type == .reset }
      }
    }
  }
}
