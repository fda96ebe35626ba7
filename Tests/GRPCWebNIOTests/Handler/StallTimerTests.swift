import NIOCore
import NIOEmbedded
import Testing

@testable import GRPCWebNIO

@Suite
struct StallTimerTests {
  @Test("What doesn't move for so long is told, once")
  @available(GRPCWeb 1.0, *)
  func stalls() {
    let loop = EmbeddedEventLoop()
    var stalls = 0
    let timer = StallTimer(timeout: .seconds(10), eventLoop: loop) { stalls += 1 }
    loop.advanceTime(by: .seconds(100))
    #expect(stalls == 0)
    timer.restart()
    loop.advanceTime(by: .seconds(9))
    #expect(stalls == 0)
    loop.advanceTime(by: .seconds(1))
    #expect(stalls == 1)
    loop.advanceTime(by: .seconds(100))
    #expect(stalls == 1)
  }

  @Test("What moves isn't, however long it takes")
  @available(GRPCWeb 1.0, *)
  func moves() {
    let loop = EmbeddedEventLoop()
    var stalls = 0
    let timer = StallTimer(timeout: .seconds(10), eventLoop: loop) { stalls += 1 }
    for _ in 0 ..< 20 {
      timer.restart()
      loop.advanceTime(by: .seconds(9))
    }
    #expect(stalls == 0)
    loop.advanceTime(by: .seconds(1))
    #expect(stalls == 1)
  }

  @Test("To start again while it waits is no movement")
  @available(GRPCWeb 1.0, *)
  func starts() {
    let loop = EmbeddedEventLoop()
    var stalls = 0
    let timer = StallTimer(timeout: .seconds(10), eventLoop: loop) { stalls += 1 }
    timer.start()
    loop.advanceTime(by: .seconds(6))
    timer.start()
    loop.advanceTime(by: .seconds(4))
    #expect(stalls == 1)
  }

  @Test("What isn't waited for any more isn't told, and counts from when it is waited for anew")
  @available(GRPCWeb 1.0, *)
  func stops() {
    let loop = EmbeddedEventLoop()
    var stalls = 0
    let timer = StallTimer(timeout: .seconds(10), eventLoop: loop) { stalls += 1 }
    timer.restart()
    timer.stop()
    loop.advanceTime(by: .seconds(9))
    timer.start()
    loop.advanceTime(by: .seconds(9))
    #expect(stalls == 0)
    loop.advanceTime(by: .seconds(1))
    #expect(stalls == 1)
    timer.restart()
    timer.cancel()
    loop.advanceTime(by: .seconds(100))
    #expect(stalls == 1)
  }
}
