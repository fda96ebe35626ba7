import NIOCore
import NIOEmbedded
import Testing

@testable import GRPCWebNIO

@Suite
struct TimeoutQueueTests {
  /// A queue of ten seconds, and what has fired.
  @available(GRPCWeb 1.0, *)
  private final class TestQueue {
    let loop = EmbeddedEventLoop()
    let queue: TimeoutQueue
    var fired: [String] = []

    init(timeout: Duration = .seconds(10)) {
      self.queue = TimeoutQueue(timeout: timeout, eventLoop: self.loop)
    }

    func start(_ name: String) -> TimeoutQueue.Timer {
      self.queue.start { self.fired.append(name) }
    }
  }

  @Test("Timers fire once each, in the order of their starts")
  @available(GRPCWeb 1.0, *)
  func order() {
    let test = TestQueue()
    for name in ["a", "b", "c"] {
      _ = test.start(name)
      test.loop.advanceTime(by: .seconds(3))
    }
    #expect(test.fired == [])
    test.loop.advanceTime(by: .seconds(1))
    #expect(test.fired == ["a"])
    test.loop.advanceTime(by: .seconds(3))
    #expect(test.fired == ["a", "b"])
    test.loop.advanceTime(by: .seconds(100))
    #expect(test.fired == ["a", "b", "c"])
    #expect(test.queue.count == 0)
  }

  @Test("A cancelled timer doesn't fire, wherever it is among others", arguments: 0 ..< 4)
  @available(GRPCWeb 1.0, *)
  func cancel(index: Int) {
    let test = TestQueue()
    let names = ["a", "b", "c", "d"]
    let timers = names.map { test.start($0) }
    test.queue.cancel(timers[index])
    #expect(!test.queue.isRunning(timers[index]))
    test.queue.cancel(timers[index])
    #expect(test.queue.count == 3)
    test.loop.advanceTime(by: .seconds(10))
    var expected = names
    expected.remove(at: index)
    #expect(test.fired == expected)
  }

  @Test("A restarted timer fires behind the others, at its new time", arguments: 0 ..< 3)
  @available(GRPCWeb 1.0, *)
  func restart(index: Int) {
    let test = TestQueue()
    let names = ["a", "b", "c"]
    let timers = names.map { test.start($0) }
    test.loop.advanceTime(by: .seconds(4))
    let isRunning = test.queue.restart(timers[index])
    #expect(isRunning)
    var others = names
    let name = others.remove(at: index)
    test.loop.advanceTime(by: .seconds(9))
    #expect(test.fired == others)
    test.loop.advanceTime(by: .seconds(1))
    #expect(test.fired == others + [name])
  }

  @Test("A timer that has ended doesn't stand for a later one")
  @available(GRPCWeb 1.0, *)
  func staleTimer() {
    let test = TestQueue()
    let first = test.start("a")
    test.queue.cancel(first)
    _ = test.start("b")
    test.queue.cancel(first)
    let isRunning = test.queue.restart(first)
    #expect(!isRunning)
    #expect(test.queue.count == 1)
    test.loop.advanceTime(by: .seconds(10))
    #expect(test.fired == ["b"])
  }

  @Test(
    "What fires may start, restart and cancel timers",
    arguments: [Duration.zero, .seconds(10)]
  )
  @available(GRPCWeb 1.0, *)
  func reentrancy(timeout: Duration) {
    let test = TestQueue(timeout: timeout)
    var others: [TimeoutQueue.Timer] = []
    _ = test.queue.start {
      test.fired.append("a")
      test.queue.cancel(others[0])
      _ = test.queue.restart(others[1])
      _ = test.start("d")
    }
    others = ["b", "c"].map { test.start($0) }
    test.loop.advanceTime(by: TimeAmount(timeout))
    test.loop.advanceTime(by: TimeAmount(timeout))
    #expect(test.fired == ["a", "c", "d"])
  }

  @Test("A timer that starts itself again without a timeout leaves others their turn")
  @available(GRPCWeb 1.0, *)
  func noTimeout() {
    let test = TestQueue(timeout: .zero)
    func repeatTimer() {
      _ = test.queue.start {
        test.fired.append("again")
        if test.fired.count < 100 {
          repeatTimer()
        }
      }
    }
    repeatTimer()
    test.loop.execute { test.fired.append("other") }
    test.loop.run()
    #expect(test.fired.prefix(2).contains("other"))
  }

  @Test("A queue holds nothing of timers that have ended")
  @available(GRPCWeb 1.0, *)
  func releases() {
    final class Target {}
    let test = TestQueue()
    var targets = (0 ..< 200).map { _ in Target() }
    let isGone = targets.map { target in { [weak target] in target == nil } }
    let timers = targets.map { target in test.queue.start { _ = target } }
    targets = []
    for timer in timers.prefix(100) {
      test.queue.cancel(timer)
    }
    let gone = isGone.map { $0() }
    #expect(gone == Array(repeating: true, count: 100) + Array(repeating: false, count: 100))
    test.loop.advanceTime(by: .seconds(10))
    #expect(isGone.allSatisfy { $0() })
    #expect(test.queue.count == 0)
  }

  @Test("Timers that start, restart and end at random fire when they should")
  @available(GRPCWeb 1.0, *)
  func random() {
    var generator = SystemRandomNumberGenerator()
    let test = TestQueue()
    var expected: [(name: String, deadline: Int, timer: TimeoutQueue.Timer)] = []
    for second in 0 ..< 2000 {
      for index in 0 ..< Int.random(in: 0 ..< 4, using: &generator) {
        let name = "\(second).\(index)"
        expected.append((name, second + 10, test.start(name)))
      }
      if let index = expected.indices.randomElement(using: &generator), Bool.random() {
        let entry = expected.remove(at: index)
        if Bool.random() {
          test.queue.cancel(entry.timer)
        } else {
          _ = test.queue.restart(entry.timer)
          expected.append((entry.name, second + 10, entry.timer))
        }
      }
      test.fired = []
      test.loop.advanceTime(by: .seconds(1))
      #expect(test.fired == expected.filter { $0.deadline <= second + 1 }.map(\.name))
      expected.removeAll { $0.deadline <= second + 1 }
      #expect(test.queue.count == expected.count)
    }
  }
}
