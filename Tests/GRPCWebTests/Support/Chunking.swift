import GRPCWebTestSupport
import NIOCore

/// Ways to split an input into chunks, between which no decoder may see a difference.
enum Chunking {
  /// Returns the input whole, byte by byte, and in every two parts, empty ones included.
  static func all(of bytes: [UInt8]) -> [[ByteBuffer]] {
    var chunkings = [
      [ByteBuffer(bytes: bytes)],
      [Self.insideOfLarger(bytes)],
      bytes.map { ByteBuffer(bytes: [$0]) },
    ]
    for index in 0 ... bytes.count {
      chunkings.append([ByteBuffer(bytes: bytes[..<index]), ByteBuffer(bytes: bytes[index...])])
    }
    return chunkings
  }

  /// Returns the input in parts of random sizes, empty ones included.
  static func random(of bytes: [UInt8], using generator: inout SplitMix64) -> [ByteBuffer] {
    let largest = Int.random(in: 1 ... max(1, bytes.count), using: &generator)
    var chunks: [ByteBuffer] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let size = Int.random(in: 0 ... largest, using: &generator)
      chunks.append(ByteBuffer(bytes: rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return chunks
  }

  /// A buffer with the bytes, stored between other bytes.
  private static func insideOfLarger(_ bytes: [UInt8]) -> ByteBuffer {
    var buffer = ByteBuffer(bytes: [0xff, 0xff, 0xff] + bytes + [0xff])
    buffer.moveReaderIndex(forwardBy: 3)
    buffer.moveWriterIndex(to: buffer.writerIndex - 1)
    return buffer
  }
}
