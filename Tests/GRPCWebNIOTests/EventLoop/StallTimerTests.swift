import NIOCore
import NIOEmbedded
import Testing

@testable import GRPCWebNIO

@Suite
struct StallTimerTests {
  @Test("A timer fires once when there is no progress for its timeout")
  @available(GRPCWeb 1.0, *)
  func stalls() {
    let loop = EmbeddedEventLoop()
    var stalls = 0
    var timer = StallTimer(TimeoutQueue(timeout: .seconds(10), eventLoop: loop))
    let onStall = { stalls += 1 }
    loop.advanceTime(by: .seconds(100))
    #expect(stalls == 0)
    timer.restart(onStall)
    loop.advanceTime(by: .seconds(9))
    #expect(stalls == 0)
    loop.advanceTime(by: .seconds(1))
    #expect(stalls == 1)
    loop.advanceTime(by: .seconds(100))
    #expect(stalls == 1)
  }

  @Test("A timer doesn't fire while there is progress, however long it takes")
  @available(GRPCWeb 1.0, *)
  func moves() {
    let loop = EmbeddedEventLoop()
    var stalls = 0
    var timer = StallTimer(TimeoutQueue(timeout: .seconds(10), eventLoop: loop))
    let onStall = { stalls += 1 }
    for _ in 0 ..< 20 {
      timer.restart(onStall)
      loop.advanceTime(by: .seconds(9))
    }
    #expect(stalls == 0)
    loop.advanceTime(by: .seconds(1))
    #expect(stalls == 1)
  }

  @Test("Starting a timer that waits already is no progress")
  @available(GRPCWeb 1.0, *)
  func starts() {
    let loop = EmbeddedEventLoop()
    var stalls = 0
    var timer = StallTimer(TimeoutQueue(timeout: .seconds(10), eventLoop: loop))
    let onStall = { stalls += 1 }
    timer.start(onStall)
    loop.advanceTime(by: .seconds(6))
    timer.start(onStall)
    loop.advanceTime(by: .seconds(4))
    #expect(stalls == 1)
  }

  @Test("A cancelled timer doesn't fire, and counts from its next start")
  @available(GRPCWeb 1.0, *)
  func stops() {
    let loop = EmbeddedEventLoop()
    var stalls = 0
    var timer = StallTimer(TimeoutQueue(timeout: .seconds(10), eventLoop: loop))
    let onStall = { stalls += 1 }
    timer.restart(onStall)
    timer.cancel()
    loop.advanceTime(by: .seconds(9))
    timer.start(onStall)
    loop.advanceTime(by: .seconds(9))
    #expect(stalls == 0)
    loop.advanceTime(by: .seconds(1))
    #expect(stalls == 1)
    timer.restart(onStall)
    timer.cancel()
    loop.advanceTime(by: .seconds(100))
    #expect(stalls == 1)
  }

  @Test("A timer without a timeout never fires")
  @available(GRPCWeb 1.0, *)
  func unlimited() {
    let loop = EmbeddedEventLoop()
    var stalls = 0
    var timer = StallTimer(nil)
    timer.start { stalls += 1 }
    timer.restart { stalls += 1 }
    loop.advanceTime(by: .hours(1))
    #expect(stalls == 0)
    timer.cancel()
  }
}
