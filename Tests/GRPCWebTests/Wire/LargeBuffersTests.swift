import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Memory of large messages")
struct LargeBuffersTests {
  @available(GRPCWeb 1.0, *)
  private func makeBuffer(_ count: Int, byte: UInt8 = 0) -> ByteBuffer {
    ByteBuffer(repeating: byte, count: count)
  }

  @available(GRPCWeb 1.0, *)
  private func address(_ buffer: ByteBuffer) -> UnsafeRawPointer? {
    buffer.withVeryUnsafeBytes { $0.baseAddress }
  }

  @Test("A buffer is lent when nobody else has it any more, and to one at a time")
  @available(GRPCWeb 1.0, *)
  func lendsWhenFree() throws {
    let buffers = LargeBuffers()
    #expect(buffers.take(capacity: 1 << 20) == nil)

    var sent: ByteBuffer? = self.makeBuffer(1 << 20, byte: 1)
    let memory = sent.flatMap { self.address($0) }
    buffers.keep(try #require(sent))
    #expect(buffers.take(capacity: 1 << 20) == nil, "It is still being sent.")

    sent = nil
    let taken = try #require(buffers.take(capacity: 1 << 20))
    #expect(self.address(taken) == memory)
    #expect(taken.readableBytes == 0)
    #expect(buffers.take(capacity: 1 << 20) == nil)
  }

  @Test("What doesn't fit isn't lent: too small, or far too large")
  @available(GRPCWeb 1.0, *)
  func fits() {
    let buffers = LargeBuffers()
    buffers.keep(self.makeBuffer(1 << 20))
    #expect(buffers.take(capacity: (1 << 20) + 1) == nil)
    #expect(buffers.take(capacity: 1 << 17) == nil)
    #expect(buffers.take(capacity: 1 << 18) != nil)
  }

  @Test("Small and very large buffers aren't kept", arguments: [1, 1 << 16, 1 << 23])
  @available(GRPCWeb 1.0, *)
  func sizes(count: Int) {
    let buffers = LargeBuffers()
    buffers.keep(self.makeBuffer(count))
    #expect(buffers.take(capacity: count) == nil)
  }

  @Test("No more is kept than the bound, and what was free for long makes room")
  @available(GRPCWeb 1.0, *)
  func bound() throws {
    let buffers = LargeBuffers()
    let size = LargeBuffers.capacities.upperBound
    let most = LargeBuffers.maximumBytes / size

    // All are being sent: there is no room for another.
    var sent = (0 ... most).map { _ in self.makeBuffer(size) }
    for buffer in sent {
      buffers.keep(buffer)
    }
    sent.removeAll()
    var taken: [ByteBuffer] = []
    while let buffer = buffers.take(capacity: size) {
      taken.append(buffer)
    }
    #expect(taken.count == most)

    // All are free: the first makes room.
    taken.removeAll()
    for _ in 0 ..< most {
      buffers.keep(self.makeBuffer(size))
    }
    let last = self.makeBuffer(size / 2)
    buffers.keep(last)
    while let buffer = buffers.take(capacity: size) {
      taken.append(buffer)
    }
    #expect(taken.count == most - 1)
  }

  @Test("A message in memory that was another's has nothing of that one")
  @available(GRPCWeb 1.0, *)
  func messageIsClean() throws {
    let count = 1 << 20
    for _ in 0 ..< 3 {
      // Whatever other tests keep meanwhile: some of these are written where others were.
      LargeBuffers.shared.keep(self.makeBuffer(count, byte: 7))
      let message = GRPCWebMessage(repeating: 0, count: count)
      #expect(message.count == count)
      #expect(message.withUnsafeBytes { bytes in bytes.allSatisfy { $0 == 0 } })
      let copied = GRPCWebMessage([1, 2, 3] as [UInt8])
      #expect(copied.withUnsafeBytes { Array($0) } == [1, 2, 3])
    }
  }
}
