import FlyingFox
import FlyingSocks
import Foundation
import GRPCWebTestSupport
import Testing

@testable import GRPCWebFlyingFox

@Suite(.timeLimit(.minutes(1)))
struct NoDelaySocketPoolTests {
  @Test("A socket that waits in the pool sends at once from then on")
  @available(GRPCWeb 1.0, *)
  func option() async throws {
    let waited = Recorder<Bool>()
    let pool = NoDelaySocketPool.noDelay(SpyPool(waited: waited))
    let socket = try Socket(domain: Int32(AF_INET))
    defer { try? socket.close() }
    #expect(try !socket.getValue(for: NoDelaySocketPool.noDelay))
    try await pool.suspendSocket(socket, untilReadyFor: .read)
    #expect(waited.values == [true])
  }

  @Test("Sockets of other kinds wait without the option")
  @available(GRPCWeb 1.0, *)
  func otherSockets() async throws {
    let pool = NoDelaySocketPool.noDelay(SpyPool(waited: Recorder()))
    let socket = try Socket(domain: Int32(AF_UNIX))
    defer { try? socket.close() }
    try await pool.suspendSocket(socket, untilReadyFor: .read)
  }
}

/// Notes whether a socket that waits sends at once.
@available(GRPCWeb 1.0, *)
private struct SpyPool: AsyncSocketPool {
  let waited: Recorder<Bool>

  func prepare() async throws {}

  func run() async throws {}

  func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
    if let isSet = try? socket.getValue(for: NoDelaySocketPool.noDelay) {
      self.waited.append(isSet)
    }
  }
}
