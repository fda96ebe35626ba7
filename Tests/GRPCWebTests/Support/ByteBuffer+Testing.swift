import NIOCore

extension ByteBuffer {
  /// The readable bytes.
  var bytes: [UInt8] {
    Array(self.readableBytesView)
  }

  /// The readable bytes as text.
  var text: String {
    String(buffer: self)
  }

  /// The address of the readable bytes, equal for buffers that share their storage.
  var address: UInt {
    self.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
  }
}
