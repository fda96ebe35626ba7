import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import GRPCWebNIO

@Suite
struct HTTP2AdmissionHandlerTests {
  /// Opens a stream of a connection.
  @available(GRPCWeb 1.0, *)
  private static func openStream(
    of streams: HTTP2AdmissionHandler.OpenStreams
  ) throws -> EmbeddedChannel {
    let handler = HTTP2AdmissionHandler(
      openStreams: streams,
      maximumHeadSize: 100,
      date: DateCache()
    )
    return EmbeddedChannel(handler: handler)
  }

  /// Receives the head of a request, and returns whether it was passed on.
  private static func isAdmitted(on stream: EmbeddedChannel) throws -> Bool {
    try stream.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: [":path": "/"])))
    return try stream.readInbound(as: HTTP2Frame.FramePayload.self) != nil
  }

  @Test("A stream too many is refused, and another has room once one is closed")
  @available(GRPCWeb 1.0, *)
  func limit() throws {
    let streams = HTTP2AdmissionHandler.OpenStreams(maximum: 1)
    let first = try Self.openStream(of: streams)
    #expect(try Self.isAdmitted(on: first))
    let second = try Self.openStream(of: streams)
    #expect(try !Self.isAdmitted(on: second))
    _ = try second.finish()
    _ = try first.finish()
    let third = try Self.openStream(of: streams)
    #expect(try Self.isAdmitted(on: third))
    _ = try third.finish()
  }

  @Test("A stream that is closed leaves room at once, before its handlers are removed")
  @available(GRPCWeb 1.0, *)
  func closedInRead() throws {
    let streams = HTTP2AdmissionHandler.OpenStreams(maximum: 1)
    let first = try Self.openStream(of: streams)
    #expect(try Self.isAdmitted(on: first))
    first.pipeline.fireChannelInactive()
    let second = try Self.openStream(of: streams)
    #expect(try Self.isAdmitted(on: second))
    _ = try first.finish()
    let third = try Self.openStream(of: streams)
    #expect(try !Self.isAdmitted(on: third), "The first stream was counted twice.")
    _ = try second.finish()
    _ = try third.finish()
  }
}
