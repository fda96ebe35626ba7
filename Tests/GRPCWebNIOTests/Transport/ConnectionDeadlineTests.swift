import NIOCore
import NIOEmbedded
import Testing

@testable import GRPCWebNIO

@Suite
struct ConnectionDeadlineTests {
  @available(GRPCWeb 1.0, *)
  private static func connect() throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    try channel.connect(to: .init(unixDomainSocketPath: "/test")).wait()
    return channel
  }

  @Test("A connection is closed when its time is over")
  @available(GRPCWeb 1.0, *)
  func closes() throws {
    let channel = try Self.connect()
    let deadline = ConnectionDeadline(in: .seconds(10), closing: channel)
    channel.embeddedEventLoop.advanceTime(by: .seconds(9))
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    #expect(!channel.isActive)
    deadline.meet()
  }

  @Test("It isn't when the client was in time, however often that is told, or has any time")
  @available(GRPCWeb 1.0, *)
  func met() throws {
    let channel = try Self.connect()
    let deadline = ConnectionDeadline(in: .seconds(10), closing: channel)
    deadline.meet()
    deadline.meet()
    _ = ConnectionDeadline(in: nil, closing: channel)
    channel.embeddedEventLoop.advanceTime(by: .hours(1))
    #expect(channel.isActive)
    _ = try channel.finish()
  }
}
