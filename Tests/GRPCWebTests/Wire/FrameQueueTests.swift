import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Frame queue")
struct FrameQueueTests {
  @Test("Small frames leave as one buffer")
  @available(GRPCWeb 1.0, *)
  func small() {
    var queue = FrameQueue()
    #expect(queue.isEmpty)
    for number in 0 ..< 100 as Range<UInt8> {
      queue.append(ByteBuffer(bytes: [number]))
    }
    #expect(!queue.isEmpty)
    #expect(queue.byteCount == 100)
    let taken = queue.take()
    #expect(taken.map(\.bytes) == [Array(0 ..< 100)])
    #expect(queue.isEmpty)
    #expect(queue.byteCount == 0)
    #expect(queue.take().isEmpty)
  }

  @Test("Large frames aren't copied, and keep their place")
  @available(GRPCWeb 1.0, *)
  func large() {
    var queue = FrameQueue()
    let large = ByteBuffer(repeating: 7, count: FrameQueue.largestCopiedFrame + 1)
    for frame in [[1], [2]] as [[UInt8]] {
      queue.append(ByteBuffer(bytes: frame))
    }
    queue.append(large)
    queue.append(large)
    for frame in [[3], [4]] as [[UInt8]] {
      queue.append(ByteBuffer(bytes: frame))
    }
    #expect(queue.byteCount == 4 + 2 * large.readableBytes)

    let taken = queue.take()
    #expect(taken.count == 4)
    #expect(taken.map(\.readableBytes) == [2, large.readableBytes, large.readableBytes, 2])
    #expect(taken.first?.bytes == [1, 2])
    #expect(taken.last?.bytes == [3, 4])
    #expect(taken.dropFirst().first?.address == large.address)
  }

  @Test("What has been taken stays as it was")
  @available(GRPCWeb 1.0, *)
  func reuse() {
    var queue = FrameQueue()
    queue.append(ByteBuffer(bytes: [1]))
    let first = queue.take()
    queue.append(ByteBuffer(bytes: [2]))
    let second = queue.take()
    #expect(first.map(\.bytes) == [[1]])
    #expect(second.map(\.bytes) == [[2]])
  }

  @Test("A frame that was appended isn't changed by the next")
  @available(GRPCWeb 1.0, *)
  func copies() {
    var queue = FrameQueue()
    let frame = ByteBuffer(bytes: [1, 2])
    queue.append(frame)
    queue.append(ByteBuffer(bytes: [3]))
    #expect(frame.bytes == [1, 2])
    #expect(queue.take().flatMap(\.bytes) == [1, 2, 3])
  }
}
