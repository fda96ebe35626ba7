internal import NIOCore
internal import Synchronization

/// Reuses the memory of large messages that have been sent.
///
/// The allocator returns freed memory of such a size to the system at once, and the system fills
/// each page of newly allocated memory with zeros when it is first written: for a message of 1 MiB
/// that takes longer than reading and parsing it.
///
/// A buffer is kept from the moment it is queued to be sent, and handed out again when no other
/// reference to its memory is left. ``GRPCWebMessage`` owns the buffers of the process.
@available(GRPCWeb 1.0, *)
final class LargeBuffers: Sendable {
  /// The capacities of the buffers kept, in bytes; the allocator itself keeps memory of smaller
  /// sizes.
  static let capacities = 128 * 1024 ... 4 * 1024 * 1024
  /// The number of bytes kept in all.
  static let maximumBytes = 8 * 1024 * 1024

  private let buffers = Mutex<[ByteBuffer]>([])

  /// Removes and returns an empty buffer with room for `capacity` bytes, or `nil` if no kept one is
  /// free and fits.
  func take(capacity: Int) -> ByteBuffer? {
    // Capacities are rounded up to powers of two: a request for a little more than half of one is
    // given all of it.
    guard capacity > Self.capacities.lowerBound / 2, capacity <= Self.capacities.upperBound else {
      return nil
    }
    return self.buffers.withLock { buffers in
      // A buffer much larger than needed is left for a larger message.
      let fits = buffers.indices.first { index in
        (capacity ... 4 * capacity).contains(buffers[index].capacity) && buffers[index].isUnshared
      }
      guard let index = fits else { return nil }
      var buffer = buffers.remove(at: index)
      buffer.clear()
      return buffer
    }
  }

  /// Keeps the memory of a buffer, to be reused once it has been sent.
  func keep(_ buffer: ByteBuffer) {
    guard Self.capacities.contains(buffer.capacity) else { return }
    self.buffers.withLock { buffers in
      // A message that is sent several times has its memory kept once.
      guard !buffers.contains(where: { $0.hasSameMemory(as: buffer) }) else { return }
      var bytes = buffers.reduce(into: buffer.capacity) { $0 += $1.capacity }
      while bytes > Self.maximumBytes {
        // A full pool makes room by dropping a buffer that has been free and that no message
        // needed.
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

  /// Whether this is the only reference to the buffer's memory.
  fileprivate var isUnshared: Bool {
    mutating get {
      self.modifyIfUniquelyOwned { _ in true } ?? false
    }
  }
}
