internal import GRPCCore
internal import NIOCore

/// Cuts a stream of bytes into frames, whatever the chunks it arrives in.
///
/// A length is checked against its limit before anything of the payload is kept. An error is
/// final: after one the decoder must not be used again.
@available(GRPCWeb 1.0, *)
struct FrameDecoder: Sendable {
  /// A frame taken from the stream.
  enum Frame: Hashable {
    /// An uncompressed message.
    case message(GRPCWebMessage)
    /// The bytes of a message as compressed by the sender.
    case compressedMessage(ByteBuffer)
    /// The block of trailers, with whether it is compressed.
    case trailers(ByteBuffer, isCompressed: Bool)
  }

  private var buffer: ByteBuffer
  private let maximumMessageSize: Int
  private let maximumTrailersSize: Int?

  /// Creates a decoder.
  ///
  /// - Parameters:
  ///   - maximumMessageSize: The largest message accepted, in bytes.
  ///   - maximumTrailersSize: The largest block of trailers accepted, in bytes; `nil` where
  ///     trailers have no place, as in a request.
  init(maximumMessageSize: Int, maximumTrailersSize: Int? = nil) {
    self.buffer = ByteBuffer()
    self.maximumMessageSize = FrameHeader.limit(maximumMessageSize)
    self.maximumTrailersSize = maximumTrailersSize
  }

  /// The number of bytes received that aren't part of a frame taken yet.
  var bufferedBytes: Int {
    self.buffer.readableBytes
  }

  /// Whether a whole frame is among the bytes received, or what can't become one.
  var hasWholeFrame: Bool {
    guard let header = self.header else { return false }
    return self.hasFaultyHeader
      || self.buffer.readableBytes >= FrameHeader.size + Int(header.length)
  }

  /// Whether the bytes received start with a whole frame of trailers.
  var startsWithTrailers: Bool {
    self.header?.isTrailers == true && self.hasWholeFrame
  }

  /// Whether there are bytes behind a whole frame.
  var hasMoreThanFrame: Bool {
    guard let header = self.header else { return false }
    return self.buffer.readableBytes > FrameHeader.size + Int(header.length)
  }

  /// Whether the bytes received start with the header of a frame that isn't accepted.
  var hasFaultyHeader: Bool {
    guard let header = self.header else { return false }
    return header.length > self.limit(for: header) || header.hasUnknownFlags
      || header.isTrailers && self.maximumTrailersSize == nil
  }

  /// The header that the bytes received start with, once it is whole.
  private var header: FrameHeader? {
    guard
      let flags = self.buffer.getInteger(at: self.buffer.readerIndex, as: UInt8.self),
      let length = self.buffer.getInteger(at: self.buffer.readerIndex + 1, as: UInt32.self)
    else {
      return nil
    }
    return FrameHeader(flags: flags, length: length)
  }

  /// Adds bytes from the stream.
  mutating func append(_ bytes: ByteBuffer) {
    if self.buffer.readableBytes == 0 {
      // The usual case, a chunk of whole frames: they are slices of the chunk itself.
      self.buffer = bytes
    } else {
      // A stream whose chunks never end with a frame would keep all of its frames otherwise.
      self.buffer.discardReadBytes()
      self.reserveFrame()
      self.buffer.writeImmutableBuffer(bytes)
    }
  }

  /// Makes room for the rest of a large frame, so that its bytes are copied once and not each time that
  /// the buffer grows.
  ///
  /// Only for a sender that has sent some of it: a header costs nothing.
  private mutating func reserveFrame() {
    guard self.buffer.readableBytes >= Self.reservingSize, !self.hasFaultyHeader,
      let header = self.header
    else {
      return
    }
    let missing = FrameHeader.size + Int(header.length) - self.buffer.readableBytes
    if missing > 0 {
      self.buffer.reserveCapacity(minimumWritableBytes: missing)
    }
  }

  /// How much of a frame must have come until memory is reserved for all of it, in bytes.
  private static let reservingSize = 32 * 1024

  /// Takes the next frame.
  ///
  /// - Returns: A frame, or `nil` when more bytes are needed.
  /// - Throws: `internalError` for a frame that may not stand where it does, `resourceExhausted`
  ///   for a length over its limit.
  mutating func next() throws(RPCError) -> Frame? {
    guard let header = self.header else { return nil }
    try self.validate(header)

    guard let frame = self.buffer.readSlice(length: FrameHeader.size + Int(header.length)) else {
      return nil
    }

    if self.buffer.readableBytes == 0 {
      // Give up the storage, which the frame shares: appending to it would copy it.
      self.buffer = ByteBuffer()
    }

    if !header.isTrailers && !header.isCompressed {
      return .message(GRPCWebMessage(frame: frame))
    }

    var payload = frame
    payload.moveReaderIndex(forwardBy: FrameHeader.size)
    return header.isTrailers
      ? .trailers(payload, isCompressed: header.isCompressed)
      : .compressedMessage(payload)
  }

  private func validate(_ header: FrameHeader) throws(RPCError) {
    if header.hasUnknownFlags {
      throw RPCError(
        code: .internalError,
        message: "Received a frame with unknown flags (\(header.flags))."
      )
    }

    if header.isTrailers && self.maximumTrailersSize == nil {
      throw RPCError(code: .internalError, message: "Received trailers in a request.")
    }

    let limit = self.limit(for: header)
    if header.length > limit {
      let subject = header.isTrailers ? "trailers" : "a message"
      throw RPCError(
        code: .resourceExhausted,
        message: """
          Received \(subject) of \(header.length) bytes, which exceeds the limit of \(limit) bytes.
          """
      )
    }
  }

  /// The largest payload accepted behind a header.
  private func limit(for header: FrameHeader) -> Int {
    if header.isTrailers {
      return self.maximumTrailersSize ?? 0
    } else if header.isCompressed {
      // The limit is that of the inflated message. Compression makes what it can't shrink a
      // little longer: by five bytes for every 16 KiB, a header and a checksum.
      return self.maximumMessageSize + self.maximumMessageSize / 1024 + 64
    } else {
      return self.maximumMessageSize
    }
  }

  /// Checks that the stream may end here.
  ///
  /// - Throws: `internalError` when it ends inside a frame.
  func finish() throws(RPCError) {
    if self.buffer.readableBytes > 0 {
      throw RPCError(
        code: .internalError,
        message: """
          The stream ended inside a frame, \(self.buffer.readableBytes) bytes after its start.
          """
      )
    }
  }
}
