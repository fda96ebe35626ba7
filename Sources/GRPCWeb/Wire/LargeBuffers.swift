internal import NIOCore
internal import Synchronization

/// Memory of large messages that have been sent, for the next ones to be written into.
///
/// What is freed of such a size goes back to the system at once, and each page of what is allocated next is
/// then filled with zeros by the system when it is first written: for a message of 1 MiB that takes longer than
/// to read and to parse it.
///
/// Buffers are kept while they are still being sent, and lent when nobody else has them any more.
@available(GRPCWeb 1.0, *)
final class LargeBuffers: Sendable {
  /// Those of this process.
  static let shared = LargeBuffers()

  /// The capacities that are kept, in bytes: of smaller ones the allocator keeps the memory itself.
  static let capacities = 128 * 1024 ... 4 * 1024 * 1024
  /// How many bytes are kept in all.
  static let maximumBytes = 8 * 1024 * 1024

  private let buffers = Mutex<[ByteBuffer]>([])

  /// Takes an empty buffer that has room for some bytes, if one is free.
  func take(capacity: Int) -> ByteBuffer? {
    // Capacities are powers of two: what asks for a little more than half of one is given all of it.
    guard capacity > Self.capacities.lowerBound / 2, capacity <= Self.capacities.upperBound else {
      return nil
    }
    return self.buffers.withLock { buffers in
      // Not one that is far too large, which another message may want.
      let fits = buffers.indices.first { index in
        (capacity ... 4 * capacity).contains(buffers[index].capacity) && buffers[index].isUnshared
      }
      guard let index = fits else { return nil }
      var buffer = buffers.remove(at: index)
      buffer.clear()
      return buffer
    }
  }

  /// Keeps the memory of a buffer for when it has been sent.
  func keep(_ buffer: ByteBuffer) {
    guard Self.capacities.contains(buffer.capacity) else { return }
    self.buffers.withLock { buffers in
      // A message that is sent again and again is one.
      guard !buffers.contains(where: { $0.hasSameMemory(as: buffer) }) else { return }
      var bytes = buffers.reduce(into: buffer.capacity) { $0 += $1.capacity }
      while bytes > Self.maximumBytes {
        // Those that nobody took when they were free make room.
        guard let unused = buffers.indices.first(where: { buffers[$0].isUnshared }) else { return }
        bytes -= buffers.remove(at: unused).capacity
      }
      buffers.append(buffer)
    }
  }
}

extension ByteBuffer {
  /// Whether another buffer begins in the same memory.
  fileprivate func hasSameMemory(as other: ByteBuffer) -> Bool {
    self.withVeryUnsafeBytes { $0.baseAddress } == other.withVeryUnsafeBytes { $0.baseAddress }
  }

  /// Whether no other buffer has the same memory.
  fileprivate var isUnshared: Bool {
    mutating get {
      self.modifyIfUniquelyOwned { _ in true } ?? false
    }
  }
}
