internal import GRPCCore
internal import NIOCore

#if canImport(CZlib)
internal import CZlib
#endif

#if canImport(CZlib)
/// A stream of the system's zlib, which either compresses or decompresses.
///
/// No other file knows zlib. A platform without it leaves compression out: messages are sent as they are, and
/// `grpc-accept-encoding` lists `identity` alone.
@available(GRPCWeb 1.0, *)
struct ZlibStream: ~Copyable {
  /// Whether this platform has zlib.
  static var isAvailable: Bool { true }

  // zlib keeps a pointer to its stream, so that the stream must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let finish: @Sendable (UnsafeMutablePointer<z_stream>) -> Void

  /// Creates a stream that compresses.
  ///
  /// - Throws: `resourceExhausted` when there is no memory for it.
  init(deflating format: ZlibFormat) throws(RPCError) {
    self.stream = try Self.make(to: "compress") {
      CZlib_deflateInit2($0, Z_DEFAULT_COMPRESSION, format.windowBits)
    }
    self.finish = { _ = deflateEnd($0) }
  }

  /// Creates a stream that decompresses.
  ///
  /// - Throws: `resourceExhausted` when there is no memory for it.
  init(inflating format: ZlibFormat) throws(RPCError) {
    self.stream = try Self.make(to: "decompress") {
      CZlib_inflateInit2($0, format.windowBits)
    }
    self.finish = { _ = inflateEnd($0) }
  }

  private static func make(
    to purpose: String,
    _ initialize: (UnsafeMutablePointer<z_stream>) -> Int32
  ) throws(RPCError) -> UnsafeMutablePointer<z_stream> {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard initialize(stream) == Z_OK else {
      stream.deallocate()
      // The only cause there is: no memory for the window.
      throw RPCError(code: .resourceExhausted, message: "No memory to \(purpose) a message.")
    }
    return stream
  }

  deinit {
    self.finish(self.stream)
    self.stream.deallocate()
  }

  /// Compresses a whole message and appends it to a buffer.
  ///
  /// - Returns: Whether zlib did.
  mutating func deflate(_ message: ByteBuffer, into output: inout ByteBuffer) -> Bool {
    deflateReset(self.stream)
    let bound = Int(deflateBound(self.stream, UInt(message.readableBytes)))
    var result = Z_OK
    message.withUnsafeReadableBytes { source in
      _ = self.run(source, into: &output, room: bound) { result = CZlib.deflate($0, Z_FINISH) }
    }
    return result == Z_STREAM_END
  }

  /// Begins a new message to decompress.
  mutating func resetInflation() {
    inflateReset(self.stream)
  }

  /// Decompresses what is left of a message, as far as there is room.
  ///
  /// - Parameters:
  ///   - input: The compressed bytes; those that were read are removed.
  ///   - output: Where the decompressed bytes are appended.
  ///   - room: How many bytes may be appended.
  /// - Returns: How far it got, and how many bytes were appended.
  mutating func inflate(
    _ input: inout ByteBuffer,
    into output: inout ByteBuffer,
    room: Int
  ) -> (progress: ZlibProgress, written: Int) {
    var result = Z_OK
    var written = 0
    input.readWithUnsafeReadableBytes { source in
      let (consumed, appended) = self.run(source, into: &output, room: room) {
        result = CZlib.inflate($0, Z_NO_FLUSH)
      }
      written = appended
      return consumed
    }

    switch result {
    case Z_STREAM_END:
      return (.end, written)
    case Z_OK, Z_BUF_ERROR:
      return (.unfinished, written)
    default:
      return (.faulty, written)
    }
  }

  /// Points zlib at its input and at room for its output while it runs once.
  private func run(
    _ source: UnsafeRawBufferPointer,
    into output: inout ByteBuffer,
    room: Int,
    _ step: (UnsafeMutablePointer<z_stream>) -> Void
  ) -> (consumed: Int, written: Int) {
    let stream = self.stream
    let consumable = UInt32(clamping: source.count)
    // zlib only reads its input: its header lacks a `const`.
    stream.pointee.next_in = source.baseAddress.map {
      UnsafeMutablePointer(mutating: $0.assumingMemoryBound(to: UInt8.self))
    }
    stream.pointee.avail_in = consumable

    let written = output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
      stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(clamping: room)
      step(stream)
      return room - Int(stream.pointee.avail_out)
    }

    stream.pointee.next_in = nil
    stream.pointee.next_out = nil
    return (Int(consumable - stream.pointee.avail_in), written)
  }
}
#else
/// What stands in for a stream of zlib on a platform without: there is none.
@available(GRPCWeb 1.0, *)
struct ZlibStream: ~Copyable {
  /// Whether this platform has zlib.
  static var isAvailable: Bool { false }

  private let none: Never

  /// - Throws: `unimplemented`.
  init(deflating format: ZlibFormat) throws(RPCError) {
    throw RPCError(code: .unimplemented, message: "This platform can't compress messages.")
  }

  /// - Throws: `unimplemented`.
  init(inflating format: ZlibFormat) throws(RPCError) {
    throw RPCError(code: .unimplemented, message: "This platform can't decompress messages.")
  }

  mutating func deflate(_ message: ByteBuffer, into output: inout ByteBuffer) -> Bool {}

  mutating func resetInflation() {}

  mutating func inflate(
    _ input: inout ByteBuffer,
    into output: inout ByteBuffer,
    room: Int
  ) -> (progress: ZlibProgress, written: Int) {}
}
#endif

/// How far the decompression of a message got.
enum ZlibProgress: Sendable {
  /// The message is whole.
  case end
  /// Room for output is missing, or input where there is room.
  case unfinished
  /// The input isn't of the format.
  case faulty
}
