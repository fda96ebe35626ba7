import GRPCCore
import GRPCWebTestSupport
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Message")
struct GRPCWebMessageTests {
  private struct Failure: Error {}

  @Test("Requirement 4: a message is a frame already", arguments: [0, 1, 5, 255, 256, 70_000])
  @available(GRPCWeb 1.0, *)
  func frame(count: Int) {
    var generator = SplitMix64(seed: UInt64(count))
    let bytes = generator.bytes(count: count)
    let message = GRPCWebMessage(bytes)
    #expect(message.count == count)
    #expect(message.frame.bytes == Fixture.frame(bytes))
    #expect(message.payload.bytes == bytes)
    #expect(message.withUnsafeBytes { Array($0) } == bytes)
  }

  @Test("A message of one byte, repeated")
  @available(GRPCWeb 1.0, *)
  func repeating() {
    let message = GRPCWebMessage(repeating: 7, count: 300)
    #expect(message.frame.bytes == Fixture.frame([UInt8](repeating: 7, count: 300)))
    #expect(GRPCWebMessage(repeating: 7, count: 0).frame.bytes == [0, 0, 0, 0, 0])
  }

  @Test("A sequence that doesn't know its length")
  @available(GRPCWeb 1.0, *)
  func lazySequence() {
    let bytes = sequence(first: UInt8(1)) { $0 < 200 ? $0 + 1 : nil }
    #expect(GRPCWebMessage(bytes).frame.bytes == Fixture.frame(Array(1 ... 200)))
  }

  @Test("A message is written in place, whatever the capacity said", arguments: [0, 3, 1000])
  @available(GRPCWeb 1.0, *)
  func writing(capacity: Int) throws {
    let message = GRPCWebMessage(capacity: capacity) { buffer in
      _ = buffer.writeBytes([1, 2])
      _ = buffer.writeBytes([3])
    }
    #expect(message.frame.bytes == Fixture.frame([1, 2, 3]))
  }

  @Test("An error while a message is written is passed on")
  @available(GRPCWeb 1.0, *)
  func failedWriting() {
    #expect(throws: Failure.self) {
      try GRPCWebMessage(capacity: 1) { (_: inout ByteBuffer) throws(Failure) in throw Failure() }
    }
  }

  @Test("A frame from the wire becomes a message without a copy, and goes back as it was")
  @available(GRPCWeb 1.0, *)
  func sharesStorage() {
    let frame = ByteBuffer(bytes: Fixture.frame([1, 2, 3]))
    let message = GRPCWebMessage(frame: frame)
    let copy = message
    #expect(message.frame.address == frame.address)
    #expect(copy.frame.address == frame.address)
    #expect(message.payload.address == frame.address + 5)
    #expect(message.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } == frame.address + 5)
  }

  @Test("A message may start anywhere in its storage")
  @available(GRPCWeb 1.0, *)
  func slice() {
    var buffer = ByteBuffer(bytes: [9, 9] + Fixture.frame([1, 2, 3]) + [9])
    buffer.moveReaderIndex(forwardBy: 2)
    buffer.moveWriterIndex(to: 10)
    var message = GRPCWebMessage(frame: buffer)
    #expect(message.count == 3)
    #expect(message.payload.bytes == [1, 2, 3])
    message.withUnsafeMutableBytes { $0[0] = 4 }
    #expect(message.frame.bytes == Fixture.frame([4, 2, 3]))
  }

  @Test("A change is seen in the frame, and not in copies")
  @available(GRPCWeb 1.0, *)
  func mutation() {
    let original = GRPCWebMessage([1, 2, 3])
    var changed = original
    let count = changed.withUnsafeMutableBytes { bytes in
      bytes[1] = 9
      return bytes.count
    }
    #expect(count == 3)
    #expect(changed.frame.bytes == Fixture.frame([1, 9, 3]))
    #expect(original.frame.bytes == Fixture.frame([1, 2, 3]))
  }

  @Test("Messages are equal when their bytes are, wherever these came from")
  @available(GRPCWeb 1.0, *)
  func hashable() {
    let messages = [
      GRPCWebMessage([1, 1]), GRPCWebMessage(repeating: 1, count: 2),
      GRPCWebMessage(frame: ByteBuffer(bytes: Fixture.frame([1, 1]))),
    ]
    #expect(Set(messages).count == 1)
    #expect(messages[0] != GRPCWebMessage([1]))
    #expect(messages[0] != GRPCWebMessage([1, 2]))
    #expect(GRPCWebMessage([]) == GRPCWebMessage(repeating: 0, count: 0))
    #expect(Set([GRPCWebMessage([]), GRPCWebMessage([0])]).count == 2)
  }

  @Test("An empty message has no bytes to read or to change")
  @available(GRPCWeb 1.0, *)
  func empty() {
    var message = GRPCWebMessage([])
    #expect(message.count == 0)
    #expect(message.withUnsafeBytes { $0.count } == 0)
    #expect(message.withUnsafeMutableBytes { $0.count } == 0)
  }
}
