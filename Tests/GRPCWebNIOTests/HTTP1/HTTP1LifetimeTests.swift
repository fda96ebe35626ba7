import Testing

@testable import GRPCWebNIO

@Suite
struct HTTP1LifetimeTests {
  @Test("A connection isn't closed before shutdown begins, whatever ends")
  func open() {
    var lifetime = HTTP1Lifetime()
    lifetime.requestBegan()
    #expect(!lifetime.isIdle)
    #expect(!lifetime.isLastResponse)
    let attempts = [lifetime.requestEnded(), lifetime.responseEnded()]
    #expect(attempts == [nil, nil])
    #expect(lifetime.isIdle)
    #expect(lifetime.state == .open)
  }

  @Test("An idle connection is closed when shutdown begins")
  func idle() {
    var lifetime = HTTP1Lifetime()
    let attempt = lifetime.shutdownBegan()
    #expect(attempt == 1)
    #expect(lifetime.state == .closing(attempt: 1))
  }

  @Test(
    "A request and its response both end before the connection is closed",
    arguments: [true, false]
  )
  func inProgress(isResponseFirst: Bool) {
    var lifetime = HTTP1Lifetime()
    lifetime.requestBegan()
    let atShutdown = lifetime.shutdownBegan()
    #expect(atShutdown == nil)
    #expect(lifetime.isLastResponse)
    let first = isResponseFirst ? lifetime.responseEnded() : lifetime.requestEnded()
    #expect(first == nil)
    #expect(lifetime.state == .draining(attempts: 0))
    let second = isResponseFirst ? lifetime.requestEnded() : lifetime.responseEnded()
    #expect(second == 1)
  }

  @Test("Only the last of several responses ends the connection")
  func pipelined() {
    var lifetime = HTTP1Lifetime()
    lifetime.requestBegan()
    _ = lifetime.requestEnded()
    lifetime.requestBegan()
    _ = lifetime.requestEnded()
    _ = lifetime.shutdownBegan()
    #expect(!lifetime.isLastResponse)
    let first = lifetime.responseEnded()
    #expect(first == nil)
    #expect(lifetime.isLastResponse)
    let last = lifetime.responseEnded()
    #expect(last == 1)
  }

  @Test(
    "A request that comes meanwhile calls the close off, and the next attempt has another number"
  )
  func lateRequest() {
    var lifetime = HTTP1Lifetime()
    _ = lifetime.shutdownBegan()
    lifetime.requestBegan()
    #expect(lifetime.state == .draining(attempts: 1))
    _ = lifetime.requestEnded()
    let attempt = lifetime.responseEnded()
    #expect(attempt == 2)
    #expect(lifetime.state == .closing(attempt: 2))
  }

  @Test("A response to what was no request leaves the connection idle, and begins another attempt")
  func unaskedResponse() {
    var lifetime = HTTP1Lifetime()
    _ = lifetime.shutdownBegan()
    let attempt = lifetime.responseEnded()
    #expect(attempt == 2)
    #expect(lifetime.isIdle)
  }
}
