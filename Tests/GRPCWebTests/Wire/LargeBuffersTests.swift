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

    // All buffers are still referenced, so another one isn't kept.
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

    // All buffers are free, so a new one replaces the first.
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

  @Test("A message a little larger than half of the smallest capacity gets back what it left")
  @available(GRPCWeb 1.0, *)
  func roundedCapacity() {
    let buffers = LargeBuffers()
    var buffer = ByteBuffer()
    buffer.reserveCapacity(100 * 1024)
    buffers.keep(buffer)
    buffer = ByteBuffer()
    #expect(buffers.take(capacity: 100 * 1024) != nil)
  }

  @Test("A message that is sent again and again is kept once")
  @available(GRPCWeb 1.0, *)
  func sameMessage() {
    let buffers = LargeBuffers()
    var message = self.makeBuffer(1 << 20)
    for _ in 0 ..< 20 {
      buffers.keep(message)
    }
    message = ByteBuffer()
    #expect(buffers.take(capacity: 1 << 20) != nil)
    #expect(buffers.take(capacity: 1 << 20) == nil)
  }

  @Test("A message in memory that was another's has nothing of that one")
  @available(GRPCWeb 1.0, *)
  func messageIsClean() throws {
    // No other test sends messages of these sizes, so the memory is mostly that of the buffer
    // before.
    let count = 3 << 19
    for round in 1 ... 3 {
      GRPCWebMessage.keepMemory(of: self.makeBuffer(count, byte: 7))
      let message = GRPCWebMessage(repeating: 0, count: count - 100 * round)
      #expect(message.count == count - 100 * round)
      #expect(message.withUnsafeBytes { bytes in bytes.allSatisfy { $0 == 0 } })

      GRPCWebMessage.keepMemory(of: self.makeBuffer(count, byte: 7))
      let ones = [UInt8](repeating: 1, count: count - 100 * round)
      let copied = GRPCWebMessage(ones)
      #expect(copied.withUnsafeBytes { $0.elementsEqual(ones) })
    }
  }
}
