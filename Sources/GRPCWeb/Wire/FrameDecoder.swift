internal import GRPCCore
internal import NIOCore

/// Cuts a stream of bytes into frames, whatever the chunks it arrives in.
///
/// The length of a frame is checked against its limit before any of its payload is kept. An error
/// is final: the decoder must not be used after one.
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

  /// Whether ``next()`` would return a frame or throw: the bytes received start with a whole frame,
  /// or with a header that isn't accepted.
  var hasWholeFrame: Bool {
    guard let header = self.header else { return false }
    return self.hasFaultyHeader
      || self.buffer.readableBytes >= FrameHeader.size + Int(header.length)
  }

  /// Whether the bytes received start with a whole frame of trailers.
  var startsWithTrailers: Bool {
    self.header?.isTrailers == true && self.hasWholeFrame
  }

  /// Whether the bytes received go on after their first frame.
  var hasMoreThanFrame: Bool {
    guard let header = self.header else { return false }
    return self.buffer.readableBytes > FrameHeader.size + Int(header.length)
  }

  /// Whether the bytes received start with the header of a frame that isn't accepted.
  var hasFaultyHeader: Bool {
    guard let header = self.header else { return false }
    return self.fault(of: header) != nil
  }

  /// The header that the bytes received start with, or `nil` until all of it is there.
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
      // Fast path: the chunk usually consists of whole frames, which become slices of it without a
      // copy.
      self.buffer = bytes
    } else {
      // Without discarding, the buffer would keep all frames of a stream whose chunks never end
      // where a frame ends.
      self.buffer.discardReadBytes()
      self.reserveFrame()
      self.buffer.writeImmutableBuffer(bytes)
    }
  }

  /// Makes room for the rest of a large frame, so that its bytes are copied once and not each time that
  /// the buffer grows.
  ///
  /// Memory is reserved only after some of the frame was received: a peer that sends nothing but a
  /// header costs none.
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

  /// The number of bytes of a frame that must be received before memory is reserved for all of it.
  private static let reservingSize = 32 * 1024

  /// Removes and returns the next frame.
  ///
  /// - Returns: A frame, or `nil` when more bytes are needed.
  /// - Throws: `internalError` for a frame that may not stand where it does, `resourceExhausted`
  ///   for a length over its limit.
  mutating func next() throws(RPCError) -> Frame? {
    guard let header = self.header else { return nil }
    if let fault = self.fault(of: header) {
      throw fault.error
    }

    guard let frame = self.buffer.readSlice(length: FrameHeader.size + Int(header.length)) else {
      return nil
    }

    if self.buffer.readableBytes == 0 {
      // The frame shares the buffer's storage. Appending to the buffer would copy it, so the buffer
      // lets go of it.
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

  /// Why a header isn't accepted, or `nil` when it is.
  private func fault(of header: FrameHeader) -> Fault? {
    if header.hasUnknownFlags {
      return .unknownFlags(header)
    } else if header.isTrailers && self.maximumTrailersSize == nil {
      return .misplacedTrailers
    } else {
      let limit = self.limit(for: header)
      return header.length > limit ? .oversized(header, limit: limit) : nil
    }
  }

  /// The largest payload accepted behind a header.
  private func limit(for header: FrameHeader) -> Int {
    if header.isTrailers {
      return self.maximumTrailersSize ?? 0
    } else if header.isCompressed {
      // The limit applies to the decompressed message. Compression makes data that it can't shrink
      // slightly longer: by five bytes for every 16 KiB, a header and a checksum.
      return self.maximumMessageSize + self.maximumMessageSize / 1024 + 64
    } else {
      return self.maximumMessageSize
    }
  }

  /// Checks that the stream doesn't end inside a frame.
  ///
  /// - Throws: `internalError` when the stream ends inside a frame.
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

@available(GRPCWeb 1.0, *)
extension FrameDecoder {
  /// Why the header of a frame isn't accepted.
  private enum Fault {
    case unknownFlags(FrameHeader)
    /// Trailers in a request.
    case misplacedTrailers
    /// The payload is longer than the limit, in bytes.
    case oversized(FrameHeader, limit: Int)

    /// The error that the call fails with.
    var error: RPCError {
      switch self {
      case .unknownFlags(let header):
        return RPCError(
          code: .internalError,
          message: "Received a frame with unknown flags (\(header.flags))."
        )

      case .misplacedTrailers:
        return RPCError(code: .internalError, message: "Received trailers in a request.")

      case .oversized(let header, let limit):
        let subject = header.isTrailers ? "trailers" : "a message"
        return RPCError(
          code: .resourceExhausted,
          message: """
            Received \(subject) of \(header.length) bytes, which exceeds the limit of \(limit) bytes.
            """
        )
      }
    }
  }
}
