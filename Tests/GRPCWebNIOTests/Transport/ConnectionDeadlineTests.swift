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
    let queue = TimeoutQueue(timeout: .seconds(10), eventLoop: channel.eventLoop)
    let deadline = ConnectionDeadline(queue, closing: channel)
    channel.embeddedEventLoop.advanceTime(by: .seconds(9))
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    #expect(!channel.isActive)
    #expect(queue.count == 0)
    deadline.meet()
  }

  @Test("A connection isn't closed when its client was in time, or has unlimited time")
  @available(GRPCWeb 1.0, *)
  func met() throws {
    let channel = try Self.connect()
    let queue = TimeoutQueue(timeout: .seconds(10), eventLoop: channel.eventLoop)
    let deadline = ConnectionDeadline(queue, closing: channel)
    deadline.meet()
    deadline.meet()
    _ = ConnectionDeadline(nil, closing: channel)
    channel.embeddedEventLoop.advanceTime(by: .hours(1))
    #expect(channel.isActive)
    _ = try channel.finish()
  }

  @Test("A connection that is closed leaves no timer")
  @available(GRPCWeb 1.0, *)
  func closed() throws {
    let channel = try Self.connect()
    let queue = TimeoutQueue(timeout: .seconds(10), eventLoop: channel.eventLoop)
    _ = ConnectionDeadline(queue, closing: channel)
    #expect(queue.count == 1)
    try channel.close().wait()
    channel.embeddedEventLoop.run()
    #expect(queue.count == 0)
  }
}
